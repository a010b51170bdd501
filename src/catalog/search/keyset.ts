/**
 * Keyset paging: a page begins behind the last row of the one before, named by what it is sorted
 * by and not by its number, so that rows which come in meanwhile move nothing.
 */

import type { SqlValue } from '../database.ts'
import type { Parameters } from './parameters.ts'

/** What rows are sorted by, first by the first column. */
export type OrderColumn = {
  readonly sql: string
  readonly isDescending: boolean
  /** It is the same in every row of the statement: a number that needs no sorting, or NULL. */
  readonly constant?: number | null
}

/** Of one row, a value for each column. */
export type SortKey = readonly SqlValue[]

/** `ORDER BY` what. */
export function orderBy(columns: readonly OrderColumn[]): string {
  return columns
    .filter(({ constant }) => constant === undefined)
    .map(({ sql, isDescending }) => `${sql} ${isDescending ? 'DESC' : 'ASC'}`)
    .join(', ')
}

/** Without columns that repeat an earlier one, which could not change the order. */
export function withoutRepeats(columns: readonly OrderColumn[]): OrderColumn[] {
  const seen = new Set<string>()
  return columns.filter(({ sql }) => !seen.has(sql) && seen.add(sql))
}

/**
 * SQL: the row comes after the one with these values; `undefined` if no row of the statement does.
 *
 * `parameters` takes the values. What columns are constant decides first, and here, so that a
 * statement all of whose rows come before is not run at all.
 */
export function isAfter(
  columns: readonly OrderColumn[],
  key: SortKey,
  parameters: Parameters,
): string | undefined {
  const first = columns.findIndex(({ constant }) => constant === undefined)
  for (const [i, { constant, isDescending }] of columns.slice(0, first).entries()) {
    const sign = Math.sign(Number(constant) - Number(key[i] ?? 0)) * (isDescending ? -1 : 1)
    if (sign !== 0) return sign > 0 ? '1' : undefined
  }
  const rest = columns.slice(first)
  const values = rest.map((_, i) => parameters.add(key[first + i] ?? null))
  const [column, value] = [rest[0]?.sql ?? '0', values[0] ?? 'NULL']
  // The first condition says nothing new, and lets SQLite begin at the place in an index.
  const bound = `${column} ${rest[0]?.isDescending === true ? '<=' : '>='} ${value}`
  return `(${bound} AND ${lexicographic(rest, values)})`
}

/** `a > x OR a = x AND (b > y OR b = y AND (…))` */
function lexicographic(columns: readonly OrderColumn[], values: readonly string[]): string {
  const [column, ...others] = columns
  const [value = 'NULL', ...rest] = values
  if (column === undefined) return '0'
  const { sql, isDescending } = column
  const beyond = `coalesce(${sql} ${isDescending ? '<' : '>'} ${value}, 0)`
  return `(${beyond} OR (${sql} IS ${value} AND ${lexicographic(others, rest)}))`
}
