/** Times come out as `Date` writes them, whatever came before them. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { TimeTexts } from '../../../src/core/runs/time-texts.ts'

const last = 8.64e15
const near = (time: number): fc.Arbitrary<number> =>
  fc.integer({ min: -2500, max: 2500 }).map((shift) => time + shift)
const anyTime = fc.oneof(
  fc.integer({ min: -last, max: last }),
  near(0),
  near(Date.UTC(2026, 10, 21)),
  near(Date.UTC(9999, 11, 31, 23, 59, 59)),
)

test('writes every time as Date does', () => {
  fc.assert(
    fc.property(fc.array(anyTime), (times) => {
      const texts = new TimeTexts()
      assert.deepEqual(
        times.map((time) => texts.of(time)),
        times.map((time) => new Date(time).toISOString()),
      )
    }),
  )
})

test('writes the nearest time that there is for one that no calendar has', () => {
  const texts = new TimeTexts()
  assert.equal(texts.of(Number.MAX_SAFE_INTEGER), new Date(last).toISOString())
  assert.equal(texts.of(-Number.MAX_SAFE_INTEGER), new Date(-last).toISOString())
})
