/** Times and sizes as people write them in a query. */

import { type Literal, queryError } from '../../core/query/query.ts'

/** ISO 8601 texts between which a time lies, both included. */
export type TimeRange = { readonly first: string; readonly last: string }

const timePattern =
  /^\d{4}(?:-\d{2}(?:-\d{2}(?:[T ]\d{2}(?::\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?)?)?)?Z?$/

/**
 * What a time literal covers: `2026-11` the month, `2026-11-21T04` the hour, a number the
 * millisecond since 1970, all in UTC.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT`
 */
export function timeRangeOf(query: string, literal: Literal): TimeRange {
  const text = literal.kind === 'number' ? literal.text : String(literal.value)
  if (timePattern.test(text)) {
    const first = text.replace(' ', 'T').replace('Z', '')
    // Behind everything that a text of this time can go on with.
    return { first, last: `${first}~` }
  }
  if (literal.kind === 'number' && Math.abs(literal.value) <= millisecondsMax) {
    const time = new Date(literal.value).toISOString()
    return { first: time, last: time }
  }
  throw queryError(query, literal.at, `${JSON.stringify(text)} is no time`, 'Write 2026-11-21.')
}

/** The last millisecond a Date can be. */
const millisecondsMax = 8.64e15

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/** `10MiB` in bytes; `undefined` if the text is no size. */
export function sizeOf(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/i.exec(text) ?? []
  const factor = units[unit.toLowerCase()]
  return count === undefined || factor === undefined ? undefined : Number(count) * factor
}
