// Files that call each other in a circle: read from the compiler's own output, so that no call hides behind a macro.
//
//   node circles.js OBJECT...        (as `make lint` calls it)
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// `nm` of one object: the names that it defines for others, and those that it takes from others.
export function symbols(text) {
  const defines = [];
  const takes = [];
  for (const line of text.split('\n')) {
    const match = line.match(/^[0-9a-f]*\s+([A-Z])\s+(\S+)$/i);
    if (match && 'TDBRVW'.includes(match[1])) defines.push(match[2]);
    if (match && match[1] === 'U') takes.push(match[2]);
  }
  return { defines, takes };
}

// A Map of file to Map of file to names that it takes from there.
export function graphOf(files) {
  const home = new Map(files.flatMap(({ name, defines }) => defines.map((symbol) => [symbol, name])));
  return new Map(
    files.map(({ name, takes }) => {
      const edges = new Map();
      for (const symbol of takes) {
        const target = home.get(symbol);
        if (target !== undefined && target !== name) edges.set(target, [...(edges.get(target) ?? []), symbol]);
      }
      return [name, edges];
    }),
  );
}

// The strongly connected parts of more than one file (Tarjan 1972).
export function circlesIn(graph) {
  const seen = new Map();
  const stack = [];
  const found = [];
  function visit(name) {
    const own = { index: seen.size, low: seen.size, open: true };
    seen.set(name, own);
    stack.push(name);
    for (const next of graph.get(name)?.keys() ?? []) {
      if (!seen.has(next)) own.low = Math.min(own.low, visit(next).low);
      else if (seen.get(next).open) own.low = Math.min(own.low, seen.get(next).index);
    }
    if (own.low === own.index) {
      const circle = stack.splice(stack.indexOf(name));
      for (const one of circle) seen.get(one).open = false;
      if (circle.length > 1) found.push(circle.sort());
    }
    return own;
  }
  for (const name of graph.keys()) if (!seen.has(name)) visit(name);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const objects = process.argv.slice(2);
  const files = objects.map((object) => ({
    name: object.replace(/^.*\bsrc\//, '').replace(/\.o$/, ''),
    ...symbols(execFileSync('nm', [object], { encoding: 'utf8' })),
  }));
  const graph = graphOf(files);
  const circles = circlesIn(graph);
  for (const circle of circles) {
    console.error(`these files call each other in a circle: ${circle.join(', ')}`);
    for (const from of circle) {
      for (const [to, names] of graph.get(from)) if (circle.includes(to)) console.error(`  ${from} -> ${to}: ${names.join(', ')}`);
    }
  }
  console.log(`  CIRCLES ${files.length} files, ${circles.length} circles`);
  process.exitCode = circles.length > 0 || files.length === 0 ? 1 : 0;
}
