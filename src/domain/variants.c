/* Variants are groups of characters, of which the first stands for all; forms of companies are listed as people write
 * them. Both are brought into tables when the program
 * starts. Characters that merely were simplified to one
 * that means something else, too (後 to 后, 裏 to 里), are left apart. */
#include "domain/variants.h"

#include <string.h>
#include <utf8proc.h>

enum { PLANE = 0x10000, FORM_LENGTH = 12 };

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

/* The longer before those that they begin with. */
static const char *const forms[] = {"株式会社",
                                    "有限会社",
                                    "合同会社",
                                    "合資会社",
                                    "合名会社",
                                    "一般財団法人",
                                    "公益財団法人",
                                    "財団法人",
                                    "一般社団法人",
                                    "公益社団法人",
                                    "社団法人",
                                    "国立研究開発法人",
                                    "地方独立行政法人",
                                    "独立行政法人",
                                    "行政法人",
                                    "国立大学法人",
                                    "公立大学法人",
                                    "学校法人",
                                    "医療法人社団",
                                    "医療法人財団",
                                    "医療法人",
                                    "社会福祉法人",
                                    "特定非営利活動法人",
                                    "股份有限公司",
                                    "有限責任公司",
                                    "有限公司",
                                    "주식회사",
                                    "유한회사",
                                    "(株)",
                                    "(有)",
                                    "(同)",
                                    "(財)",
                                    "(公財)",
                                    "(一財)",
                                    "(社)",
                                    "(公社)",
                                    "(一社)",
                                    "(国研)",
                                    "(独)",
                                    "(주)",
                                    NULL};
enum { FORMS = sizeof forms / sizeof forms[0] - 1 };

static const char *const words[] = {"inc", "ltd", "corp", "gmbh", "llc", "llp", "plc",
                                    "kk",  "pte", "pty",  "sdn",  "bhd", NULL};
static const char *const last_words[] = {"limited", "incorporated", "corporation", "company", "co",  "ag", "kg",
                                         "sa",      "sas",          "sarl",        "srl",     "spa", "nv", "bv",
                                         "ab",      "oy",           "as",          "aps",     NULL};

static struct tables {
  uint16_t variants[PLANE]; /* 0: itself */
  bool begins[PLANE];       /* whether a form begins with it */
  int32_t forms[FORMS][FORM_LENGTH];
  size_t lengths[FORMS];
} tables;

static int32_t next_character(const char **at) {
  utf8proc_int32_t character = 0;
  *at += utf8proc_iterate((const utf8proc_uint8_t *)*at, -1, &character);
  return character;
}

__attribute__((constructor)) static void fill_tables(void) {
  for (const char *at = groups; *at != '\0';) {
    int32_t first = next_character(&at);
    while (*at != '\0' && *at != ' ') {
      int32_t other = next_character(&at);
      tables.variants[other] = other == first ? 0 : (uint16_t)first;
    }
    at += *at == ' ';
  }
  for (size_t i = 0; i < FORMS; i++) {
    for (const char *at = forms[i]; *at != '\0';) {
      tables.forms[i][tables.lengths[i]++] = variant_of(next_character(&at));
    }
    tables.begins[tables.forms[i][0]] = true;
  }
}

int32_t variant_of(int32_t character) {
  uint16_t variant = character >= 0 && character < PLANE ? tables.variants[character] : 0;
  return variant == 0 ? character : variant;
}

size_t form_at(const int32_t *text, size_t count) {
  if (count == 0 || text[0] < 0 || text[0] >= PLANE || !tables.begins[text[0]]) {
    return 0;
  }
  for (size_t i = 0; i < FORMS; i++) {
    size_t length = tables.lengths[i];
    if (length <= count && memcmp(text, tables.forms[i], length * sizeof *text) == 0) {
      return length;
    }
  }
  return 0;
}

static bool listed(const char *const *list, const char *word, size_t length) {
  for (; *list != NULL; list++) {
    if (strlen(*list) == length && memcmp(*list, word, length) == 0) {
      return true;
    }
  }
  return false;
}

bool form_is_word(const char *word, size_t length) {
  return listed(words, word, length);
}

bool form_is_last_word(const char *word, size_t length) {
  return listed(words, word, length) || listed(last_words, word, length);
}
