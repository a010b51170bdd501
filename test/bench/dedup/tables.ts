/** Tables for the terminal and for docs/decisions/001-chunking.md, and the words for sizes. */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const page = fileURLToPath(new URL('../../../docs/decisions/001-chunking.md', import.meta.url))

export type Table = {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Columns of equal width; numbers to the right. */
export function textTable({ header, rows }: Table): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  )
  const pad = (cell: string, column: number): string =>
    /^\d/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
  return all.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}

/**
 * Puts a table between `<!-- NAME:begin -->` and `<!-- NAME:end -->` of the page.
 *
 * @param lines What stands above the table.
 */
export function writeTable(name: string, lines: readonly string[], table: Table): void {
  const text = readFileSync(page, 'utf8')
  const begin = `<!-- ${name}:begin -->`
  const start = text.indexOf(begin)
  const end = text.indexOf(`<!-- ${name}:end -->`)
  if (start < 0 || end < start) throw new Error(`the page has no place for ${name}`)
  const content = [...lines, '', ...markdownTable(table)].join('\n')
  const before = text.slice(0, start + begin.length)
  writeFileSync(page, `${before}\n\n${content}\n\n${text.slice(end)}`)
}

function markdownTable({ header, rows }: Table): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)]
}

export function mebibytes(bytes: number): string {
  const amount = bytes / 1024 ** 2
  return amount.toFixed(amount < 10 ? 2 : 1)
}

export function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '-'
}
