/** Times, durations and sizes as people write them in a query. */

import { type Literal, queryError } from '../../core/query/query.ts'
import type { MlstoreError } from '../../errors.ts'

/** ISO 8601 texts between which a time lies, both included. */
export type TimeRange = { readonly first: string; readonly last: string }

/** The same in milliseconds since 1970. */
export type InstantRange = { readonly first: number; readonly last: number }

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
  throw notATime(query, literal, text)
}

/**
 * What a time literal covers, for times that are kept as milliseconds since 1970.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT`
 */
export function instantRangeOf(query: string, literal: Literal): InstantRange {
  const { first: text } = timeRangeOf(query, literal)
  const first = Date.parse(`${text}${earliest.slice(text.length)}`)
  if (Number.isNaN(first)) throw notATime(query, literal, text)
  return { first, last: endOf(first, text.length) }
}

/** What a time that is cut short goes on with. */
const earliest = '0000-01-01T00:00:00.000Z'

/** By the length of a time's text: how many months, or milliseconds, it covers. */
const months: ReadonlyMap<number, number> = new Map([
  ['2026'.length, 12],
  ['2026-11'.length, 1],
])
const milliseconds: ReadonlyMap<number, number> = new Map([
  ['2026-11-21'.length, 86_400_000],
  ['2026-11-21T04'.length, 3_600_000],
  ['2026-11-21T04:44'.length, 60_000],
  ['2026-11-21T04:44:50'.length, 1000],
  ['2026-11-21T04:44:50.1'.length, 100],
  ['2026-11-21T04:44:50.12'.length, 10],
])

/** The last millisecond of the year, the month, … that begins at `first`. */
function endOf(first: number, length: number): number {
  const count = months.get(length)
  if (count === undefined) return first + (milliseconds.get(length) ?? 1) - 1
  const date = new Date(first)
  return date.setUTCMonth(date.getUTCMonth() + count) - 1
}

function notATime(query: string, literal: Literal, text: string): MlstoreError {
  return queryError(query, literal.at, `${JSON.stringify(text)} is no time`, 'Write 2026-11-21.')
}

/** The last millisecond a Date can be. */
const millisecondsMax = 8.64e15

const sizeUnits: Readonly<Record<string, number>> = {
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

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** `10MiB` in bytes; `undefined` if the text is no size. */
export function sizeOf(text: string): number | undefined {
  return amountOf(text, sizeUnits)
}

/** `90s`, `1.5h` in milliseconds; `undefined` if the text is no duration. */
export function durationOf(text: string): number | undefined {
  return amountOf(text, durationUnits)
}

function amountOf(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/i.exec(text) ?? []
  const name = unit.toLowerCase()
  const factor = Object.hasOwn(units, name) ? units[name] : undefined
  return count === undefined || factor === undefined ? undefined : Number(count) * factor
}
