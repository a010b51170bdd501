/** The points of a metric. */

import { downsample } from '../../core/runs/downsample.ts'
import { TimeTexts } from '../../core/runs/time-texts.ts'
import { invalidArgument, notFound } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import type { HistoryRequest } from './requests.ts'
import { resolveRun } from './resolve-run.ts'
import type { MetricHistory } from './results.ts'

/** @throws {MlstoreError} `NOT_FOUND` if the run has no such metric. */
export function metricHistory(
  parts: Pick<StoreParts, 'catalog'>,
  { run, key, points: pointsMax }: HistoryRequest,
): MetricHistory {
  if (pointsMax !== undefined && (!Number.isSafeInteger(pointsMax) || pointsMax < 1)) {
    throw invalidArgument(`The number of points is a whole number from 1 on, not ${pointsMax}.`)
  }
  const row = resolveRun(parts, run)
  const all = parts.catalog.metrics.history(row.id, key)
  const count = all.values.length
  if (count === 0) throw noMetric(parts, row, key)
  const { values, steps, times } = pointsMax === undefined ? all : downsample(all, pointsMax)
  const texts = new TimeTexts()
  const points = Array.from(values, (value, i) => ({
    step: steps[i] ?? 0,
    value,
    at: texts.of(times[i] ?? 0),
  }))
  return { run: row.id, key, count, points }
}

function noMetric(
  { catalog }: Pick<StoreParts, 'catalog'>,
  { id, name }: { readonly id: string; readonly name: string },
  key: string,
): Error {
  const keys = [...catalog.metrics.of(id).keys()].slice(0, 10)
  const hint = keys.length > 0 ? `It has: ${keys.join(', ')}.` : 'It has none.'
  return notFound(`Run ${name} has no metric ${JSON.stringify(key)}.`, hint)
}
