/** Finding the best of several runs. */

import type { RunRow } from '../../catalog/runs/run-table.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { parseKey } from '../../core/names.ts'
import { parseQuery } from '../../core/query/parse.ts'
import type { Condition, Query } from '../../core/query/query.ts'
import { invalidArgument, type MlstoreError, notFound } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import { resolveExperiment } from '../runs/resolve-experiment.ts'
import { resolveRun } from '../runs/resolve-run.ts'
import type { ChooseWinnerRequest } from './requests.ts'
import type { Goal } from './results.ts'

type Parts = Pick<StoreParts, 'catalog'>

export type BestRun = {
  readonly run: string
  readonly metric?: string
  readonly goal?: Goal
  readonly value?: number
}

type Measured = ChooseWinnerRequest & { readonly metric: string }

/**
 * The run that is named, or the one with the best last value of a metric.
 *
 * Of runs with the same value, the newest.
 *
 * @throws {MlstoreError} As `chooseWinner` does.
 */
export function bestRun(parts: Parts, version: VersionRow, request: ChooseWinnerRequest): BestRun {
  const { run, metric, goal = 'max' } = request
  if (run === undefined) return best(parts, version, request)
  const { id } = resolveRun(parts, run)
  if (metric === undefined) return { run: id }
  return { run: id, metric, goal, value: lastValue(parts, id, metric) }
}

function best(parts: Parts, version: VersionRow, request: ChooseWinnerRequest): BestRun {
  const { metric, goal = 'max' } = request
  if (metric === undefined) {
    throw invalidArgument(
      'What makes a run the winner is missing.',
      'Give a metric by which the best is found, or the run itself.',
    )
  }
  parseKey('metric', metric)
  const { query, experiments } = choice(parts, version, { ...request, metric })
  const found = parts.catalog.searchRuns(query, { experiments, limit: 1 })
  const [run] = found.rows
  if (run === undefined) throw noneMeasured(metric)
  return { run: run.id, metric, goal, value: lastValue(parts, run.id, metric) }
}

/** What finds the runs to choose from, the best first. */
function choice(
  parts: Parts,
  version: VersionRow,
  request: Measured,
): { readonly query: Query; readonly experiments: readonly string[] | undefined } {
  const { metric, goal = 'max', experiments = [] } = request
  const isSaid = request.query !== undefined || experiments.length > 0
  const asked = parseQuery(request.query ?? '')
  if (asked.orderBy.length > 0 || asked.limit !== undefined) {
    throw invalidArgument('The metric says which run is best: the query has no order and limit.')
  }
  const field = { scope: 'metric', key: metric, at: 0 } as const
  // NaN is no measure: only what compares with a number is.
  const isMeasured: Condition = {
    kind: 'compare',
    field,
    operator: '>=',
    value: { kind: 'number', value: -Infinity, text: '-inf', at: 0 },
  }
  const among = isSaid ? asked.where : oneOf(family(parts, version))
  const conditions = among === undefined ? [isMeasured] : [isMeasured, among]
  const ids = experiments.map((text) => resolveExperiment(parts, text).id)
  return {
    query: {
      ...asked,
      where: { kind: 'and', conditions },
      orderBy: [{ field, isDescending: goal === 'max' }],
    },
    experiments: ids.length > 0 ? ids : undefined,
  }
}

function oneOf(ids: readonly string[]): Condition {
  return {
    kind: 'in',
    field: { scope: 'attribute', name: 'run', at: 0 },
    values: ids.map((value) => ({ kind: 'string', value, at: 0 })),
    isNegated: false,
  }
}

/** The run that made the version, those within it, and those within the same run. */
function family({ catalog: { runs, runLinks } }: Parts, version: VersionRow): string[] {
  const links = runLinks.runsOf(version.id).filter(({ direction }) => direction === 'output')
  const makers = [...new Set([version.run, ...links.map(({ run }) => run)])]
    .flatMap((id) => id ?? [])
    .flatMap((id) => runs.get(id) ?? [])
  if (makers.length === 0) throw noMaker()
  const childrenOf = (id: string): readonly RunRow[] => runs.children(id)
  const ids = makers.flatMap(({ id, parent }) => {
    const siblings = parent === null ? [] : [parent, ...childrenOf(parent).map((row) => row.id)]
    return [id, ...childrenOf(id).map((row) => row.id), ...siblings]
  })
  return [...new Set(ids)]
}

function lastValue({ catalog }: Parts, run: string, metric: string): number {
  const totals = catalog.metrics.of(run).get(metric)
  if (totals === undefined) throw notFound(`Run ${run} has no metric ${JSON.stringify(metric)}.`)
  return totals.last
}

function noneMeasured(metric: string): MlstoreError {
  return notFound(
    `None of the runs has a number for the metric ${JSON.stringify(metric)}.`,
    '`mlstore run list` shows which metrics runs have.',
  )
}

function noMaker(): MlstoreError {
  return invalidArgument(
    'No run is known to have made the version, so nothing says which runs to choose from.',
    'Name them by a query or an experiment.',
  )
}
