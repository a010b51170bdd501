/** Arbitrary series of metric points. */

import * as fc from 'fast-check'

import {
  decodePoints,
  encodePoints,
  type MetricColumns,
  type MetricPoint,
} from '../../../src/core/runs/metric-points.ts'

/** Values of all kinds; steps and times that often repeat. */
export const anyPoint: fc.Arbitrary<MetricPoint> = fc.record(
  {
    value: fc.oneof(fc.double(), fc.integer({ min: -9, max: 9 }), fc.constant(Number.NaN)),
    step: fc.integer({ min: -3, max: 20 }),
    time: fc.integer({ min: 0, max: 3 }),
  },
  { noNullPrototype: true },
)

export function columnsOf(points: readonly MetricPoint[]): MetricColumns {
  return decodePoints(encodePoints(points), 'points')
}

export function pointsOf({ values, steps, times }: MetricColumns): MetricPoint[] {
  return [...values].map((value, i) => ({ value, step: steps[i] ?? 0, time: times[i] ?? 0 }))
}
