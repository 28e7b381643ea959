// The table of figures, for a terminal and as Markdown.
import { readFileSync } from 'node:fs'
import os from 'node:os'

const WIDTH = 24

// A row holds how far it is from its limit as `ratio`: value over limit where more is better, limit over value where less is. The bar shows it
// with the limit, marked │, in the middle.
function bar(share) {
  const filled = Math.max(0, Math.min(WIDTH, Math.round((share * WIDTH) / 2)))
  const cells = [...'█'.repeat(filled).padEnd(WIDTH, '░')]
  cells.splice(WIDTH / 2, 0, '│')
  return cells.join('')
}

export const isMet = (row) => (row.most === undefined ? row.value >= row.least : row.value <= row.most)

function cells(row) {
  const share = row.most === undefined ? row.value / row.least : row.most / row.value
  const limit = row.most === undefined ? `≥ ${row.least}` : `≤ ${row.most}`
  const digits = row.value >= 100 ? 0 : row.value >= 10 ? 1 : 2
  return [row.figure, `${limit}${row.unit}`, `${row.value.toFixed(digits)}${row.unit}`, bar(share), isMet(row) ? 'met' : 'NOT MET', row.detail]
}

const HEAD = ['figure', 'limit', 'ratio', 'limit at │', '', 'measured']

export function printTable(rows) {
  const lines = [HEAD, ...rows.map(cells)]
  const widths = HEAD.map((_, i) => Math.max(...lines.map((line) => line[i].length)))
  return lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd()).join('\n')
}

export async function markdown(rows, libraries) {
  const cpu = /model name\s*:\s*(.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? os.arch()
  const memory = (os.totalmem() / 2 ** 30).toFixed(0)
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.map(cells)].map((line) => `| ${line.join(' | ')} |`)
  return `${lines.join('\n')}\n\nTaken on ${cpu}, ${os.cpus().length} cores, ${memory} GiB, ${os.type()} ${os.release()}; ${libraries}. ` +
    'Servers, baselines and load generator share the cores; every ratio is the median of interleaved rounds of one run.\n'
}
