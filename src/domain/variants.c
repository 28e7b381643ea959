/* Variants are groups of characters, of which the first stands for all; they are brought into a table when the program
 * starts. Characters that merely were simplified to one that means something else, too (後 to 后, 裏 to 里), are left
 * apart. */
#include "domain/variants.h"

#include <utf8proc.h>

enum { PLANE = 0x10000 };

static const char groups[] = "台臺 湾灣 国國圀 覚覺觉 学學斈 薬藥药 医醫 産產产 業业 会會 団團团 財财 関關关 発發发 "
                             "体體 電电 資资 経經经 済濟济 区區 園园 県縣县 広廣广 東东 竜龍龙 沢澤泽 辺邊邉边 斎齋斋 "
                             "斉齊齐 高髙 崎﨑 桜櫻樱 栄榮荣 鉄鐵铁 気氣气 実實实 図圖图 書书 真眞 与與 応應应 営營营 "
                             "術术 研硏 開开 連连聯联 協协 議议 約约 備备 録錄录 双雙 両兩两 条條 総總总 銀银 農农 "
                             "環环 衛衞卫 療疗 験驗验 試试 数數 据據拠 専專专 権權权 転轉转 譲讓让 変變变 続續续 "
                             "処處处 庁廳厅 館馆舘 円圓圆 塩鹽盐 浜濱滨 滝瀧 戦戰战 歴歷历 帰歸归 残殘 党黨 当當 点點 "
                             "仏佛 伝傳传 価價价 児兒 単單单 労勞劳 剣劍剑 参參 号號 圧壓压 宝寶 対對对 属屬 弾彈弹 "
                             "徳德 恵惠 悪惡 払拂 担擔 択擇择 拡擴扩 収收 断斷 昼晝 暁曉 楽樂乐 様樣样 検檢检 欧歐 "
                             "毎每 浅淺 渓溪 満滿满 湿濕 焼燒烧 灯燈 為爲为 状狀 独獨 奨獎奖 画畫 畳疊 尽盡 礼禮 "
                             "称稱 穏穩 粋粹 緑綠绿 縁緣缘 縦縱纵 繊纖纤 絵繪绘 声聲 聴聽听 旧舊 芸藝艺 荘莊庄 万萬 "
                             "虚虛 虫蟲 装裝 覧覽览 観觀观 触觸 証證证 訳譯译 読讀读 豊豐 売賣卖 頼賴赖 軽輕轻 辞辭 "
                             "郷鄕鄉乡 釈釋释 銭錢钱 鉱鑛矿 随隨 険險险 隠隱 静靜 顕顯显 駅驛驿 駆驅驱 黄黃 黒黑 黙默 "
                             "歯齒齿 齢齡龄 亀龜龟 門门 間间 長长 馬马 華华 貿贸 際际 動动 務务 進进 運运 達达 網网 "
                             "軟软 設设 計计 認认 識识 話话 語语 課课 調调 貢贡 負负 責责 貨货 貴贵 費费 車车 軌轨 "
                             "較较 載载 輸输 適适 選选 銷销 鎖锁 鍵键 鎮镇 陽阳 陸陆 陳陈 階阶 頁页 項项 順顺 須须 "
                             "預预 領领 題题 風风 飛飞 飲饮 養养 創创 側侧 則则 剤劑剂 勢势 師师 帯帶带 庫库 張张 "
                             "強强 従從从 撃擊击 撮攝摄摂 標标 橋桥 歓歡欢 決决 況况 測测 準准 潔洁 無无 熱热 牆墙 "
                             "現现 瑠璃 異异 盤盘 積积 種种 窓窗 競竞 筆笔 節节 簡简 糧粮 納纳 級级 紙纸 線线 結结 "
                             "給给 統统 絡络 継繼继 維维 編编 練练 績绩 織织 羅罗 義义 習习 職职 腸肠 腦脳脑 臨临 "
                             "興兴 蔵藏 衆眾众 補补 規规 視视 親亲 訂订 訓训 記记 許许 評评 詞词 詢询 誌志 誠诚 "
                             "説說说 諾诺 諸诸 謝谢 護护 貝贝 販贩 貫贯 質质 賞赏 購购 贈赠 軍军 遺遗 鋼钢 鑑鑒鉴 "
                             "閣阁 隊队 難难 雑雜杂 離离 雲云 韓韩 響响 頓顿 願愿 類类 飾饰 騒騷 髪髮 魚鱼 鮮鲜 "
                             "鳥鸟 麗丽 麦麥";

/* Letters, small, that have no decomposition; and Arabic letters that are written one for the other. */
static const char letters[] =
    "aæⱥ bƀɓƃ cƈȼ dđðɖɗƌ eəǝɛɇ fƒ gǥɠɣ hħⱨ iıɨɩ jɉȷ kƙĸⱪ lłƚɫɬⱡ mɱ nŋƞɲ oœøɵɔ pƥᵽ rɍɽ sȿ tþŧƭʈⱦ uʉʊ vʋ wⱳ yɏƴ "
    "zƶȥʒⱬɀ гґғҕ кқҝҟҡ нңҥ оөӧ уұүў хҳһ чҷҹ зҙ сҫ аә жҗ "
    "هةەھہۃ يىیې كکڪ وۆۇۈۋ اٱ "
    "0٠۰ 1١۱ 2٢۲ 3٣۳ 4٤۴ 5٥۵ 6٦۶ 7٧۷ 8٨۸ 9٩۹";

static uint16_t variants[PLANE]; /* 0: itself */

static int32_t next_character(const char **at) {
  utf8proc_int32_t character = 0;
  *at += utf8proc_iterate((const utf8proc_uint8_t *)*at, -1, &character);
  return character;
}

static void fill_from(const char *at) {
  while (*at != '\0') {
    int32_t first = next_character(&at);
    while (*at != '\0' && *at != ' ') {
      int32_t other = next_character(&at);
      variants[other] = other == first ? 0 : (uint16_t)first;
    }
    at += *at == ' ';
  }
}

__attribute__((constructor)) static void fill_table(void) {
  fill_from(groups);
  fill_from(letters);
}

int32_t variant_of(int32_t character) {
  uint16_t variant = character >= 0 && character < PLANE ? variants[character] : 0;
  return variant == 0 ? character : variant;
}

int32_t second_of(int32_t character) {
  switch (character) {
  case 0xE6:  /* æ */
  case 0x153: /* œ */
    return 'e';
  case 0xFE: /* þ */
    return 'h';
  default:
    return 0;
  }
}
