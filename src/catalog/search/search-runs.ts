/**
 * Searching runs: the newest first unless the query orders them.
 *
 * There may be very many runs, so where to begin matters: at the runs that pass a test which few
 * pass, if there is one, for they are quickly tried and sorted; else in the order asked for, if an
 * index has it, since then the first that pass are the answer. SQLite cannot tell without having
 * counted, so the tests are counted first, up to a bound.
 */

import type { Query } from '../../core/query/query.ts'
import type { Database } from '../database.ts'
import type { View } from '../runs/experiment-table.ts'
import { type RunColumns, type RunRow, runRow, selectRuns } from '../runs/run-table.ts'
import { ConditionCompiler } from './condition-compiler.ts'
import { type OrderColumn, withoutRepeats } from './keyset.ts'
import { findPage, type Page, type PageRequest, type Pass } from './page.ts'
import { Parameters } from './parameters.ts'
import { keyOf, searchableRuns } from './run-fields.ts'

export type RunSearch = PageRequest & {
  /** Ids; default: all. */
  readonly experiments?: readonly string[] | undefined
  /** Default: `active`. */
  readonly view?: View | undefined
}

const views: Readonly<Record<View, string>> = {
  active: 'run.removed = 0',
  removed: 'run.removed = 1',
  all: 'run.removed IS NOT NULL',
}

/** By when they say they started; runs of one millisecond by id, so that the order is total. */
const newestFirst: readonly [OrderColumn, OrderColumn] = [
  { sql: 'run.started_at', isDescending: true },
  { sql: 'run.id', isDescending: true },
]

/** How many runs are tried and sorted rather than looked for along an index that has the order. */
const fewRunsMax = 5000

/** The same where no index has it, so that otherwise all runs would be. */
const unorderedRunsMax = 30_000

/** Counting takes time, too: after so many tests, others are not looked at. */
const countedTestsMax = 6

/**
 * Finds runs that have started.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` at a field that runs do not have, or a value it cannot
 * be compared with; for a page token of another search.
 */
export function searchRuns(db: Database, query: Query, request: RunSearch = {}): Page<RunRow> {
  const { view = 'active', experiments } = request
  const parameters = new Parameters({})
  const compiler = new ConditionCompiler(query, searchableRuns, parameters)
  const all: Pass = {
    key: 'run.key',
    from: 'run',
    where: [views[view], inExperiments(experiments, parameters), compiler.where()],
    order: withoutRepeats([...compiler.order(), ...newestFirst]),
  }
  const passes = passesFor(db, query, { all, compiler })
  const identity = ['runs', query.text, view, experiments?.toSorted() ?? null]
  const page = findPage(db, { query, request, identity, parameters, passes })
  return { ...page, rows: rowsOf(db, page.rows) }
}

type Compiled = { readonly all: Pass; readonly compiler: ConditionCompiler }

/** How to find what is found by `all`, faster. */
function passesFor(db: Database, query: Query, { all, compiler }: Compiled): Pass[] {
  const first = query.orderBy[0]?.field
  const isByIndex = first?.scope === 'metric' || all.order[0]?.sql === newestFirst[0].sql
  const few = fewest(db, compiler, isByIndex ? fewRunsMax : unorderedRunsMax)
  if (few !== undefined) return [within(all, few)]
  if (first?.scope !== 'metric') return [all]
  return byMetric(all, keyOf(compiler.parameters.add(first.key)))
}

/** One experiment's runs are found in order; those of several have to be sorted. */
function inExperiments(ids: readonly string[] | undefined, parameters: Parameters): string {
  if (ids === undefined) return '1'
  const wanted = `(SELECT unhex(value) FROM json_each(${parameters.add(JSON.stringify(ids))}))`
  const operator = ids.length === 1 ? '=' : 'IN'
  return `run.experiment ${operator} (SELECT canonical FROM experiment WHERE id IN ${wanted})`
}

/** The smallest of the sets that hold all there are to find, if it is of fewer than `most`. */
function fewest(db: Database, compiler: ConditionCompiler, most: number): string | undefined {
  let found: { readonly sql: string; readonly count: number } | undefined
  for (const sql of compiler.candidates().slice(0, countedTestsMax)) {
    const limit = found?.count ?? most
    const counted = db.query<{ count: number }>(
      `SELECT count(*) AS count FROM (SELECT 1 FROM (${sql}) LIMIT ${limit})`,
    )
    const count = counted.get(compiler.parameters.values)?.count ?? limit
    if (count < limit) found = { sql, count }
  }
  return found?.sql
}

/** Only runs of the set, each of which is in it once. */
function within(all: Pass, candidate: string): Pass {
  return { ...all, from: `(${candidate}) AS candidate CROSS JOIN run ON run.key = candidate.key` }
}

/**
 * First the runs that have a number for the metric the query sorts by, from the index, then those
 * that have NaN, or no value at all.
 */
function byMetric(all: Pass, key: string): Pass[] {
  const [, value, exists, ...rest] = all.order
  if (value === undefined || exists === undefined) return [all]
  const last = { sql: 'sorted.last', isDescending: value.isDescending }
  const numbers: Pass = {
    ...all,
    from: 'metric AS sorted CROSS JOIN run ON run.key = sorted.run',
    where: [`sorted.key = ${key}`, 'sorted.last IS NOT NULL', ...all.where],
    order: [constant(0), last, constant(1), ...rest],
  }
  const others: Pass = {
    ...all,
    where: [...all.where, `${value.sql} IS NULL`],
    order: [constant(1), constant(null), exists, ...rest],
  }
  return [numbers, others]
}

function constant(value: number | null): OrderColumn {
  return { sql: value === null ? 'NULL' : String(value), isDescending: false, constant: value }
}

function rowsOf(db: Database, keys: readonly number[]): RunRow[] {
  const rows = db.query<RunColumns>(
    `${selectRuns} JOIN json_each(?) AS found ON found.value = run.key ORDER BY found.key`,
  )
  return rows.all(JSON.stringify(keys)).map(runRow)
}
