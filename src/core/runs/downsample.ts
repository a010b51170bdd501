/**
 * Fewer points that draw the same curve.
 *
 * The series is cut into stretches of equally many points, and of each the lowest and the highest
 * stay, so that no peak is lost; so do the first and the last point of all. Where a stretch has
 * NaN, one of them stays too, and the gap can be seen.
 */

import type { MetricColumns } from './metric-points.ts'
import { pick } from './metric-series.ts'

/**
 * At most `pointsMax` of the points, in their order; all of them if there are no more.
 *
 * @param points In the order of the series.
 * @param pointsMax At least 1. Of 1 the last point is left, of few the first and the last.
 */
export function downsample(points: MetricColumns, pointsMax: number): MetricColumns {
  const count = points.values.length
  if (count <= pointsMax) return points
  if (pointsMax < 2) return pick(points, [count - 1])
  return pick(points, chosenPlaces(points.values, pointsMax))
}

/** The first, the last, and of each stretch between them what must stay. */
function chosenPlaces(values: Float64Array, pointsMax: number): number[] {
  const inner = values.length - 2
  const keptMax = values.includes(Number.NaN) ? 3 : 2
  const stretches = Math.floor((pointsMax - 2) / keptMax)
  const places = [0]
  for (let i = 0; i < stretches; i++) {
    const start = 1 + Math.floor((i * inner) / stretches)
    const end = 1 + Math.floor(((i + 1) * inner) / stretches)
    places.push(...extremesOf(values, start, end))
  }
  places.push(values.length - 1)
  return places
}

/** Places of the first lowest, the first highest and the first NaN, in order, each once. */
function extremesOf(values: Float64Array, start: number, end: number): number[] {
  let lowest = -1
  let highest = -1
  let gap = -1
  for (let i = start; i < end; i++) {
    const value = values[i] ?? Number.NaN
    if (Number.isNaN(value)) {
      if (gap < 0) gap = i
    } else {
      if (lowest < 0 || value < (values[lowest] ?? 0)) lowest = i
      if (highest < 0 || value > (values[highest] ?? 0)) highest = i
    }
  }
  return [...new Set([lowest, highest, gap])].filter((i) => i >= 0).sort((a, b) => a - b)
}
