/** Series of metrics: their order and their sums, whatever the points are. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { encodePoints } from '../../../src/core/runs/metric-points.ts'
import { inOrder, joinBlocks, totalsOf } from '../../../src/core/runs/metric-series.ts'
import { anyPoint, columnsOf, pointsOf } from './any-points.ts'

const anySeries = fc.array(anyPoint, { maxLength: 60 })

test('points are ordered by step, then time, then as they were logged', () => {
  fc.assert(
    fc.property(anySeries, (points) => {
      const expected = points.toSorted((a, b) => a.step - b.step || a.time - b.time)
      assert.deepEqual(pointsOf(inOrder(columnsOf(points))), expected)
    }),
  )
})

test('a series that is in order is taken as it is', () => {
  const series = columnsOf([1, 2, 2, 3].map((step) => ({ value: 0, step, time: 0 })))
  assert.equal(inOrder(series), series)
})

test('blocks stand one behind the other, wherever their bytes lie', () => {
  fc.assert(
    fc.property(fc.array(anySeries, { maxLength: 6 }), fc.nat({ max: 8 }), (blocks, shift) => {
      const shifted = blocks.map((points) => {
        const bytes = encodePoints(points)
        const around = Buffer.alloc(shift + bytes.length)
        bytes.copy(around, shift)
        return around.subarray(shift)
      })
      assert.deepEqual(pointsOf(joinBlocks(shifted)), blocks.flat())
    }),
  )
})

test('a series in numbers: its last point in order, its lowest and its highest number', () => {
  fc.assert(
    fc.property(anySeries, (points) => {
      const last = points.toSorted((a, b) => a.step - b.step || a.time - b.time).at(-1)
      const numbers = points.map(({ value }) => value).filter((value) => !Number.isNaN(value))
      const isEmpty = numbers.length === 0
      assert.deepEqual(
        plusZero(totalsOf(columnsOf(points))),
        last && {
          count: points.length,
          last: last.value,
          lastStep: last.step,
          lastTime: last.time,
          min: isEmpty ? Number.NaN : Math.min(...numbers) + 0,
          max: isEmpty ? Number.NaN : Math.max(...numbers) + 0,
        },
      )
    }),
  )
})

/** Of -0 and 0 either may be the lowest. */
function plusZero<Totals extends { readonly min: number; readonly max: number }>(
  totals: Totals | undefined,
): Totals | undefined {
  return totals && { ...totals, min: totals.min + 0, max: totals.max + 0 }
}

test('orders a million points that two processes logged by turns', () => {
  const points = Array.from({ length: 500_000 }, (_, i) => ({ value: i, step: i, time: 0 }))
  const both = joinBlocks([encodePoints(points), encodePoints(points)])
  const ordered = inOrder(both)
  assert.deepEqual([...ordered.steps.subarray(0, 4)], [0, 0, 1, 1])
  assert.equal(ordered.values.at(-1), 499_999)
})
