/** Down-sampling loses no peak, no gap and no end of a series. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { downsample } from '../../../src/core/runs/downsample.ts'
import type { MetricColumns } from '../../../src/core/runs/metric-points.ts'
import { anyPoint, columnsOf, pointsOf } from './any-points.ts'

/** One point a step, so that a point can be told by its step. */
function seriesOf(values: readonly number[]): MetricColumns {
  return columnsOf(values.map((value, step) => ({ value, step, time: 0 })))
}

test('keeps the peaks of each stretch, and both ends', () => {
  const values = [5, 1, 9, 4, 5, -7, 3, 3, 5]
  assert.deepEqual([...downsample(seriesOf(values), 6).values], [5, 1, 9, 5, -7, 5])
})

test('leaves a series alone that is short enough', () => {
  const series = seriesOf([3, 1, 2])
  assert.equal(downsample(series, 3), series)
  assert.deepEqual([...downsample(seriesOf([]), 1).values], [])
})

test('keeps the ends where no more fits', () => {
  const series = seriesOf([1, 2, 3, 4, 5])
  assert.deepEqual([...downsample(series, 1).values], [5])
  assert.deepEqual([...downsample(series, 3).values], [1, 5])
})

test('keeps a gap that lies between numbers', () => {
  const values = Array.from({ length: 100 }, (_, i) => (i === 41 ? Number.NaN : i))
  const kept = downsample(seriesOf(values), 17)
  assert.ok(kept.steps.includes(41))
  assert.ok(kept.values.length <= 17)
})

test('gives a part of the points in their order, no more than asked for, with all that matters', () => {
  fc.assert(
    fc.property(
      fc.array(anyPoint, { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 5, max: 80 }),
      (points, pointsMax) => {
        const values = points.map(({ value }) => value)
        const kept = pointsOf(downsample(seriesOf(values), pointsMax))
        assert.ok(kept.length <= Math.max(pointsMax, 0))
        assert.deepEqual(
          kept.map(({ step }) => values[step]),
          kept.map(({ value }) => value),
        )
        const steps = kept.map(({ step }) => step)
        assert.deepEqual(
          steps,
          [...new Set(steps)].toSorted((a, b) => a - b),
        )
        assert.deepEqual([steps[0], steps.at(-1)], [0, values.length - 1])
        assert.deepEqual(extremes(kept.map(({ value }) => value)), extremes(values))
      },
    ),
  )
})

function extremes(values: readonly number[]): unknown {
  const numbers = values.filter((value) => !Number.isNaN(value))
  // -0 and 0 are the same height.
  return {
    lowest: Math.min(...numbers) + 0,
    highest: Math.max(...numbers) + 0,
    hasGap: numbers.length < values.length,
  }
}

test('down-samples a million points at once', () => {
  const values = Array.from({ length: 1_000_000 }, (_, i) => Math.sin(i / 1000))
  values[777_777] = 3
  const kept = downsample(seriesOf(values), 1000)
  assert.ok(kept.values.length <= 1000 && kept.values.length > 900)
  assert.ok(kept.values.includes(3))
})
