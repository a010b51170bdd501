/** MLflow's endpoints for the points of metrics: whole series, of several runs, between steps. */

import { isId } from '../../core/ids.ts'
import { downsample } from '../../core/runs/downsample.ts'
import type { TrackedMetric } from '../../store/tracking/results.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import { type Endpoint, reading } from './endpoint.ts'
import type { Message } from './message.ts'
import { invalidParameter } from './mlflow-error.ts'
import { pageOf } from './paging.ts'
import { wireMetric } from './wire.ts'

const runsMax = 100
const bulkPointsMax = 25_000
const pointsOfRunMax = 2500

function history(message: Message, tracking: Tracking): object {
  const run = message.requiredText('run_id', 'run_uuid')
  const points = historyOf(tracking, run, message.requiredText('metric_key'))
  const limits = { most: Number.MAX_SAFE_INTEGER, usual: Math.max(1, points.length) }
  const { items, next } = pageOf(message, points, limits)
  return {
    ...(items.length > 0 && { metrics: items.map(wireMetric) }),
    ...(next !== undefined && { next_page_token: next }),
  }
}

function bulk(message: Message, tracking: Tracking): object {
  const runs = message.texts('run_id')
  if (runs.length === 0) {
    throw invalidParameter('GetMetricHistoryBulk request must specify at least one run_id.')
  }
  checkRuns('GetMetricHistoryBulk request cannot specify more than', runs)
  const key = message.text('metric_key')
  if (key === undefined) {
    throw invalidParameter('GetMetricHistoryBulk request must specify a metric_key.')
  }
  const most = Math.min(message.integer('max_results') ?? bulkPointsMax, bulkPointsMax)
  const metrics = runs.toSorted().flatMap((run) =>
    historyOf(tracking, run, key)
      .slice(0, most)
      .map((point) => ({ ...wireMetric(point), run_id: run })),
  )
  return { metrics: metrics.slice(0, most) }
}

function interval(message: Message, tracking: Tracking): object {
  const runs = message.texts('run_ids')
  if (runs.length === 0) message.requiredText('run_ids')
  checkRuns('GetMetricHistoryBulkInterval request must specify at most', runs)
  const key = message.requiredText('metric_key')
  const most = message.integer('max_results') ?? pointsOfRunMax
  if (most < 1 || most > pointsOfRunMax) {
    throw invalidParameter(`max_results must be between 1 and ${pointsOfRunMax}.`)
  }
  const isWanted = stepsOf(message)
  const metrics = runs.flatMap((run) => {
    const points = historyOf(tracking, run, key).filter(({ step }) => isWanted(step))
    return fewer(points, most).map((point) => ({ ...wireMetric(point), run_id: run }))
  })
  return metrics.length > 0 ? { metrics } : {}
}

function stepsOf(message: Message): (step: number) => boolean {
  const [start, end] = [message.integer('start_step'), message.integer('end_step')]
  if ((start === undefined) !== (end === undefined)) {
    throw invalidParameter(
      'If either start step or end step are specified, both must be specified.',
    )
  }
  if (start === undefined || end === undefined) return () => true
  if (start > end) {
    throw invalidParameter(
      `end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`,
    )
  }
  return (step) => step >= start && step <= end
}

/** Minima and maxima stay, so that a curve keeps its shape. */
function fewer(points: readonly TrackedMetric[], most: number): readonly TrackedMetric[] {
  const [first] = points
  if (first === undefined || points.length <= most) return points
  const columns = {
    values: Float64Array.from(points, ({ value }) => value),
    steps: Float64Array.from(points, ({ step }) => step),
    times: Float64Array.from(points, ({ timeMs }) => timeMs),
  }
  const { values, steps, times } = downsample(columns, most)
  return Array.from(values, (value, i) => {
    return { key: first.key, value, step: steps[i] ?? 0, timeMs: times[i] ?? 0 }
  })
}

/**
 * In the order in which MLflow gives them, and what was logged twice once, as a client that did not
 * hear the answer sends a point again. A run that nobody knows has no points.
 */
function historyOf(tracking: Tracking, run: string, key: string): TrackedMetric[] {
  const points = isId(run) ? byTime(tracking.metricHistory(run, key)) : []
  return points.filter((point, i) => !isSame(point, points[i - 1]))
}

function isSame(point: TrackedMetric, other: TrackedMetric | undefined): boolean {
  if (point.step !== other?.step || point.timeMs !== other.timeMs) return false
  return point.value === other.value || Object.is(point.value, other.value)
}

function checkRuns(what: string, runs: readonly string[]): void {
  if (runs.length <= runsMax) return
  throw invalidParameter(`${what} ${runsMax} run_ids. Received ${runs.length} run_ids.`)
}

function byTime(points: readonly TrackedMetric[]): TrackedMetric[] {
  return points.toSorted(
    (a, b) => a.timeMs - b.timeMs || a.step - b.step || compare(a.value, b.value),
  )
}

function compare(a: number, b: number): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

export const historyEndpoints: readonly Endpoint[] = [
  reading('GET', 'metrics/get-history', (message, { tracking }) => history(message, tracking)),
  reading('GET', 'metrics/get-history-bulk', (message, { tracking }) => bulk(message, tracking)),
  reading('GET', 'metrics/get-history-bulk-interval', (message, { tracking }) =>
    interval(message, tracking),
  ),
]
