/** `pointsToSay` is the difference of two heaps of points, in whatever order they are. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  decodePoints,
  encodePoints,
  type MetricPoint,
} from '../../../src/core/runs/metric-points.ts'
import { inOrder } from '../../../src/core/runs/metric-series.ts'
import { pointsToSay } from '../../../src/store/import/said-before.ts'

const anyPoint = fc.record({
  value: fc.constantFrom(0, -0, 1, Number.NaN, Infinity),
  step: fc.constantFrom(0, 1),
  time: fc.constantFrom(5, 6),
})
const anyPoints = fc.array(anyPoint, { maxLength: 12 })
const columns = (points: readonly MetricPoint[]): ReturnType<typeof inOrder> =>
  inOrder(decodePoints(encodePoints(points), 'test'))
const texts = (points: readonly MetricPoint[]): string[] =>
  points
    .map(({ value, ...rest }) => `${Object.is(value, -0) ? '-0' : value} ${JSON.stringify(rest)}`)
    .sort()

test('says nothing of what is known, and all of what is new', () => {
  fc.assert(
    fc.property(anyPoints, anyPoints, (known, added) => {
      assert.deepEqual(texts(pointsToSay(columns(known), [...added, ...known])), texts(added))
      assert.deepEqual(texts(pointsToSay(columns(known), [...known, ...added])), texts(added))
    }),
  )
})

test('what is known and not wanted is no reason to say anything', () => {
  fc.assert(
    fc.property(anyPoints, anyPoints, (wanted, more) => {
      assert.deepEqual(pointsToSay(columns([...more, ...wanted]), wanted), [])
    }),
  )
})
