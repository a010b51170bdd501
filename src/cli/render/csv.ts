/** CSV as RFC 4180 has it, for spreadsheets and data frames: every value as it is, none shortened. */

/** `null` is an empty field. */
export type CsvValue = string | number | boolean | null

/** The header and the rows, each line with CRLF behind it. */
export function csv(header: readonly string[], rows: Iterable<readonly CsvValue[]>): string {
  const lines = [csvLine(header)]
  for (const row of rows) lines.push(csvLine(row))
  return lines.join('')
}

/** One line of it. */
export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(field).join(',')}\r\n`
}

function field(value: CsvValue): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
