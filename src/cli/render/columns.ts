/** Aligned text: rows of cells whose columns line up on a terminal. */

import type { Paint } from './paint.ts'

export type Column<Row> = {
  readonly title: string
  /** What the cell shows, already safe to print. */
  readonly cell: (row: Row) => string
  readonly align?: 'right'
}

/** A header and a line a row; the last column is not padded. No rows: no text. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  paint: Paint,
): string {
  if (rows.length === 0) return ''
  const header = columns.map((column) => column.title)
  const body = rows.map((row) => columns.map((column) => column.cell(row)))
  const alignments = columns.map((column) => column.align)
  const [first = '', ...rest] = aligned([header, ...body], alignments)
  return [paint('dim', first), ...rest].join('\n')
}

/** Lines of cells padded to common widths, two spaces apart. */
export function aligned(
  rows: readonly (readonly string[])[],
  alignments: readonly ('right' | undefined)[] = [],
): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell))
    })
  }
  return rows.map((row) =>
    row
      .map((cell, index) => padded(cell, widths[index] ?? 0, alignments[index]))
      .join('  ')
      .trimEnd(),
  )
}

function padded(cell: string, width: number, alignment: 'right' | undefined): string {
  const gap = ' '.repeat(Math.max(0, width - displayWidth(cell)))
  return alignment === 'right' ? gap + cell : cell + gap
}

const zeroWidth = /\p{M}/u
const doubleWidth =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

/** Terminal cells that the text takes, near enough for alignment. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const character of text) {
    if (zeroWidth.test(character)) continue
    width += doubleWidth.test(character) ? 2 : 1
  }
  return width
}
