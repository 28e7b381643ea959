// The house's own rules for its files. A rule takes a file's path and text and returns what is wrong with it, as
// [{line, message}]; `applies` says which files it looks at. rules.test.js plants a violation of each.

const rooms = ['base', 'contract', 'domain', 'store', 'request', 'access', 'records', 'changes', 'import', 'api', 'http', 'cli'];
const sqliteFile = /^src\/store\/sqlite\/\w+\.[ch]$/;
const tlsFile = 'src/http/tls.c';
const calendarFile = 'src/domain/calendar.c';

const inSource = (path) => /^src\/.*\.[ch]$/.test(path);
const isC = (path) => /^(src|tests)\/.*\.[ch]$/.test(path);
const isCode = (path) => isC(path) || /^(tests|web|mk)\/.*\.(js|sh|css|mk)$/.test(path);

const lineAt = (text, index) => text.slice(0, index).split('\n').length;

function* matches(text, expression) {
  for (const match of text.matchAll(expression)) yield { match, line: lineAt(text, match.index) };
}

// Comments and the insides of strings as blanks of the same length, so that lines and places stay.
export function blank(text, { strings }) {
  const blanks = (piece) => piece.replace(/[^\n]/g, ' ');
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (piece) =>
    piece.startsWith('/') ? blanks(piece) : strings ? piece[0] + blanks(piece.slice(1, -1)) + piece[0] : piece,
  );
}

// A folder includes itself and those above it; four libraries are known in one place each.
const includes = {
  name: 'rooms',
  applies: inSource,
  check(path, text) {
    const room = path.split('/').length > 2 ? path.split('/')[1] : 'cli';
    const floor = rooms.indexOf(room);
    const found = [];
    if (floor < 0) found.push({ line: 1, message: `src/${room}/ is none of the rooms of ARCHITECTURE.md` });
    for (const { match, line } of matches(text, /^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]/gm)) {
      const [, kind, name] = match;
      if (name === 'sqlite3.h' && !sqliteFile.test(path)) found.push({ line, message: 'only src/store/sqlite/ may include sqlite3.h' });
      if (name === 'microhttpd.h' && room !== 'http') found.push({ line, message: 'only src/http/ may include microhttpd.h' });
      if (name.startsWith('gnutls/') && path !== tlsFile) found.push({ line, message: `only ${tlsFile} may include GnuTLS` });
      if (name.startsWith('libical/') && path !== calendarFile) found.push({ line, message: `only ${calendarFile} may include libical` });
      if (kind === '<') continue;
      if (/^store\/sqlite\//.test(name) && !sqliteFile.test(path)) found.push({ line, message: `${name} is private to src/store/sqlite/` });
      const target = rooms.indexOf(name.split('/')[0]);
      if (!name.includes('/') || target < 0) found.push({ line, message: `"${name}" must be named from src/: "room/file.h"` });
      else if (target > floor) found.push({ line, message: `${room} may not include ${name}: it stands above it` });
    }
    return found;
  },
};

// SQL is written in sql/, or composed in src/store/ from words in the source and names of the contract; values are bound.
const sqlWords =
  /"[^"\n]*\b(SELECT\s|INSERT\s+INTO\b|UPDATE\s+\S+\s+SET\b|DELETE\s+FROM\b|REPLACE\s+INTO\b|(CREATE|DROP|ALTER)\s+(TABLE|VIEW|INDEX|TEMP)|ORDER\s+BY\b|PRAGMA\s|ATTACH\s|SAVEPOINT\s)[^"\n]*"/g;
const sqlElsewhere = {
  name: 'sql stays in the store',
  applies: (path) => inSource(path) && !path.startsWith('src/store/'),
  check(path, text) {
    const code = blank(text, { strings: false });
    const found = [];
    for (const { line } of matches(code, sqlWords)) found.push({ line, message: 'SQL outside src/store/ and sql/' });
    for (const { line } of matches(code, /\b(db_query|sqlite3_\w+)\s*\(/g))
      found.push({ line, message: 'statements are prepared in src/store/ only; use db_named' });
    return found;
  },
};

// What callers without a token see is hidden by temporary views of the tables' own names: a statement that names the file reaches past.
const pastTheViews = {
  name: 'tables go by their bare names',
  applies: (path) => (/^src\/store\/.*\.c$/.test(path) && path !== 'src/store/public_views.c') || /^sql\/\w+\/(views\/.*|queries)\.sql$/.test(path),
  check(path, text) {
    return [...matches(text, /\bmain\.[\\"\w]/g)].map(({ line }) => ({ line, message: 'only src/store/public_views.c names the file that a table lies in' }));
  },
};

// The arguments of the call whose opening parenthesis stands at `open`, split at its own commas.
function callArguments(text, open) {
  const list = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '"') {
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if ('([{'.includes(text[at])) depth++;
    else if (')]}'.includes(text[at])) depth--;
    if (depth === 0 || (depth === 1 && text[at] === ',')) {
      list.push(text.slice(start, at).trim().replace(/\s+/g, ' '));
      start = at + 1;
      if (depth === 0) break;
    }
  }
  return list;
}

// What may stand for a %s in a statement: a name of the contract, or words of the source.
const contractName = /^\w+(\[\w+\])?((->|\.)(request|resource|schema|selection|sort|filter|tree|shape|member|public_by))*(->|\.)(table|column|view|name|reference|public_value|type|kind|kind_column|search)$/;
const literal = /^("(?:[^"\\]|\\.)*"\s*)+$/;
// Made of the two above in the same file; a name that comes here from elsewhere needs a look at its callers.
const composed = /^(table|column|condition|own_columns|own_column|path|link|separator|than|direction|below|alias|signs\[condition->op\]|order|walk->(order|pk)|statement\.values->data)$/;
const isWords = (argument) => {
  const choice = argument.match(/^[^?]+ \? (.+) : (.+)$/);
  return choice
    ? isWords(choice[1]) && isWords(choice[2])
    : contractName.test(argument) || literal.test(argument) || composed.test(argument);
};
const statementText = /^(literal|sql|sql->data|sql\.text->data|statement\.sql->data|pragma|key)$/;

const sqlFromInput = {
  name: 'sql holds no input',
  applies: (path) => /^src\/store\/.*\.c$/.test(path),
  check(path, text) {
    const code = blank(text, { strings: false });
    const found = [];
    for (const { match, line } of matches(code, /\b(snprintf|text_addf|memory_print)(?=\()/g)) {
      const list = callArguments(code, match.index + match[0].length);
      const at = match[1] === 'snprintf' ? 2 : 1;
      if (!/^((\w+[.>-]*)*sql((->|\.)text)?|statement\.\w+|values|column|mark|copy)$/.test(list[0].replace(/^\(.*\)->/, ''))) continue;
      const conversions = (list[at].match(/%[-\d.*]*(ll|z)?[a-z]/g) ?? []).filter((one) => one !== '%%');
      if (!literal.test(list[at])) found.push({ line, message: 'the text of a statement must begin with a literal' });
      conversions.forEach((one, i) => {
        const argument = list[at + 1 + i] ?? '';
        if (one.endsWith('s') && !isWords(argument))
          found.push({ line, message: `${argument} is no name of the contract: bind it` });
      });
    }
    for (const { match, line } of matches(code, /\btext_add(_bytes)?(?=\()/g)) {
      const [target, added] = callArguments(code, match.index + match[0].length);
      if (/sql((->|\.)text)?$|values$/.test(target) && !isWords(added) && !/^before$/.test(added))
        found.push({ line, message: `${added} is no name of the contract: bind it` });
    }
    for (const { match, line } of matches(code, /\bdb_query(?=\()/g)) {
      const argument = callArguments(code, match.index + match[0].length)[1] ?? '';
      if (!literal.test(argument) && !statementText.test(argument) && !/const char \*/.test(argument))
        found.push({ line, message: `a statement must be a literal or composed as \`sql\`, not ${argument}` });
    }
    return found;
  },
};

const fileLength = {
  name: 'files of at most 600 lines',
  applies: isCode,
  check(path, text) {
    const lines = text.split('\n').length - 1;
    return lines > 600 ? [{ line: 601, message: `${lines} lines: a file has at most 600` }] : [];
  },
};

// Rows of a table do not count. clang-format's layout makes this simple: a function's signature begins, and its body ends, at the start of a line.
const functionLength = {
  name: 'functions of at most 60 lines',
  applies: isC,
  check(path, text) {
    const found = [];
    let signature = -1;
    let body = -1;
    const all = text.split('\n');
    all.forEach((content, i) => {
      if (body < 0 && /^\w.*\(.*[^;]$/.test(content)) signature = i;
      else if (body < 0 && !/^ {2,}\S/.test(content)) signature = -1;
      if (body < 0 && signature >= 0 && /\) \{$/.test(content)) body = signature;
      if (body >= 0 && /^\}/.test(content)) {
        const lines = all.slice(body, i + 1).filter((one) => !/^\s+\{.*\},?$/.test(one)).length;
        if (lines > 60) found.push({ line: body + 1, message: `a function of ${lines} lines: it has at most 60` });
        signature = body = -1;
      }
    });
    return found;
  },
};

// Nothing depends on, or tells of, the machine that it was written on.
const machinePaths = new RegExp(
  String.raw`(^|[^\w.$/-])/(${['work', 'home', 'Users', 'root', 'mnt'].join('|')})/[\w.]|/tmp/bash_|[A-Z]:\\Users`,
  'g',
);
const registryHosts = new RegExp(
  [
    String.raw`registry\.(npmjs|yarnpkg)\.`,
    String.raw`\b(deb|security|ftp\.\w+|snapshot)\.debian\.org`,
    'files\\.pythonhosted',
    String.raw`\bproxy\.golang\.org`,
    String.raw`"resolved"\s*:`,
    String.raw`\b(verdaccio|artifactory|nexus)\b`,
  ].join('|'),
  'gi',
);
const foreignWords = {
  name: 'no machine paths, no registry hosts',
  applies: (path) => !/^tests\/lint\/rules(\.test)?\.js$/.test(path) && !/^LICENSE/.test(path),
  check(path, text) {
    const found = [];
    for (const { match, line } of matches(text, machinePaths)) found.push({ line, message: `a machine's path: ${match[0].trim()}` });
    for (const { match, line } of matches(text, registryHosts)) found.push({ line, message: `a package registry's host or URL: ${match[0]}` });
    if (path.endsWith('package-lock.json'))
      for (const { match, line } of matches(text, /https?:\/\/[^"\s]*/g)) found.push({ line, message: `a URL in a lock file: ${match[0]}` });
    return found;
  },
};

// What a record says is text to the page, whatever is written in it.
const markup = {
  name: 'the page writes no markup',
  applies: (path) => /^web\/.*\.js$/.test(path),
  check(path, text) {
    const found = [];
    for (const { match, line } of matches(text, /\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe|document\.write(ln)?|DOMParser|srcdoc|eval|new Function)\b/g))
      found.push({ line, message: `${match[0]}: use textContent` });
    return found;
  },
};

// A secret that a function makes on its stack is wiped before the function is left, on every path.
const secretsWiped = {
  name: 'secrets are wiped',
  applies: (path) => /^src\/.*\.c$/.test(path),
  check(path, text) {
    const found = [];
    const plain = blank(text, { strings: true });
    for (const { match, line } of matches(plain, /^\s+[^\n]*\b(?:(?:token|session|ticket)_make|webhook_secret|derive_csrf)\((?:[^,()]*,\s*)?(\w+)\)/gm)) {
      const start = plain.lastIndexOf('\n}', match.index) + 1;
      const end = plain.indexOf('\n}', match.index);
      if (!new RegExp(`^\\s+char\\b[^;]*\\b${match[1]}\\[`, 'm').test(plain.slice(start, match.index))) continue;
      const after = plain.slice(match.index, end);
      const wiped = after.indexOf(`sodium_memzero(${match[1]},`);
      const left = after.search(/\breturn\b/);
      if (wiped < 0) found.push({ line, message: `${match[1]} is not wiped` });
      else if (left >= 0 && left < wiped) found.push({ line, message: `${match[1]} is not wiped on a path that returns early` });
    }
    return found;
  },
};

const looseWords = new RegExp(String.raw`\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\b`, 'g');
const looseEnds = {
  name: 'no loose ends',
  applies: isCode,
  check(path, text) {
    const found = [];
    for (const { match, line } of matches(text, looseWords)) found.push({ line, message: `${match[0]}: do it, or write an issue` });
    if (/\.test\.js$/.test(path))
      for (const { line } of matches(blank(text, { strings: true }), /\b(test|it|describe)\.(skip|only|todo)\b|\b(skip|todo):\s*(true|['"`])/g))
        found.push({ line, message: 'a test is skipped, or runs alone' });
    return found;
  },
};

const mergeMarks = {
  name: 'no conflict is left',
  applies: () => true,
  check(path, text) {
    return [...matches(text, /^(<{7}|>{7}) /gm)].map(({ line }) => ({ line, message: 'a conflict that was not solved' }));
  },
};

export const rules = [mergeMarks, includes, sqlElsewhere, pastTheViews, sqlFromInput, fileLength, functionLength, foreignWords, markup, secretsWiped, looseEnds];
