/**
 * Pages of a search: statements that find keys in order, and where the next page begins.
 *
 * One search may take several statements, of which each finds rows that come after all rows of
 * those before it. Rows are found by key first: sorting a hundred thousand of them is cheap as long
 * as nothing but what they are sorted by goes along.
 */

import type { Query } from '../../core/query/query.ts'
import type { Database, SqlValue } from '../database.ts'
import { isAfter, orderBy, type OrderColumn } from './keyset.ts'
import {
  decodePageToken,
  encodePageToken,
  type PagePlace,
  type SearchIdentity,
} from './page-token.ts'
import type { Parameters } from './parameters.ts'

export type PageRequest = {
  /** Rows of the page. Default: all. */
  readonly limit?: number | undefined
  /** `next` of the page before. */
  readonly after?: string | undefined
}

export type Page<Row> = {
  readonly rows: readonly Row[]
  /** Token of the next page; `null` if this is the last one. */
  readonly next: string | null
}

/** A statement that finds some of the rows. */
export type Pass = {
  /** SQL of the rows' key. */
  readonly key: string
  /** SQL between FROM and WHERE. */
  readonly from: string
  readonly where: readonly string[]
  /** The same number of columns in every pass of a search. */
  readonly order: readonly OrderColumn[]
}

export type PagedSearch = {
  readonly query: Query
  readonly request: PageRequest
  readonly identity: SearchIdentity
  readonly parameters: Parameters
  /** In order: what a pass finds comes before what the next one does. */
  readonly passes: readonly Pass[]
}

type KeyRow = { readonly key: number } & Readonly<Record<string, SqlValue>>

/**
 * The keys of one page.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a token of another search.
 */
export function findPage(db: Database, search: PagedSearch): Page<number> {
  const { query, request, identity } = search
  const place = request.after === undefined ? undefined : decodePageToken(identity, request.after)
  const left = place === undefined ? (query.limit ?? null) : place.left
  const wanted = Math.min(left ?? Infinity, request.limit ?? Infinity)
  // One more than wanted says whether there is a next page.
  const rows = findRows(db, search, { place, limit: wanted + 1 })
  const given = rows.slice(0, wanted)
  const last = given.at(-1)
  const stays = left === null ? null : left - given.length
  const isLast = rows.length <= wanted || stays === 0 || last === undefined
  const next = isLast ? null : encodePageToken(identity, { key: sortKey(last), left: stays })
  return { rows: given.map((row) => row.key), next }
}

function findRows(
  db: Database,
  { parameters, passes }: PagedSearch,
  { place, limit }: { readonly place: PagePlace | undefined; readonly limit: number },
): KeyRow[] {
  const rows: KeyRow[] = []
  for (const pass of passes) {
    const { order } = pass
    if (rows.length >= limit) break
    const begin = place === undefined ? '1' : isAfter(order, place.key, parameters)
    if (begin === undefined) continue
    const conditions = [...pass.where, begin].filter((condition) => condition !== '1')
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const sorted = order.map(({ sql }, i) => `, ${sql} AS o${i}`).join('')
    const most = Number.isFinite(limit) ? `LIMIT ${parameters.add(limit - rows.length)}` : ''
    const sql = `SELECT ${pass.key} AS key${sorted} FROM ${pass.from} ${where}
      ORDER BY ${orderBy(order)} ${most}`
    rows.push(...db.query<KeyRow>(sql).all(parameters.values))
  }
  return rows
}

/** The columns behind the key. */
function sortKey(row: KeyRow): SqlValue[] {
  return Object.values(row).slice(1)
}
