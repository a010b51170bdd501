/** A sample is a fixed share: the same names every time, and more of them when it grows. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sampleOf } from '../../../src/store/maintenance/sample.ts'

const names = Array.from({ length: 2000 }, (_, index) => `pack ${index}`)

test('100 percent is everything', () => {
  assert.ok(names.every((name) => sampleOf().takes(name)))
})

test('a share takes about as many names as it says', () => {
  const taken = names.filter((name) => sampleOf(10).takes(name)).length
  assert.ok(taken > 140 && taken < 260, `${taken} of ${names.length}`)
})

test('a larger share takes everything that a smaller one does', () => {
  const anyShare = fc.double({ min: 0.01, max: 100, noNaN: true })
  fc.assert(
    fc.property(anyShare, anyShare, fc.string(), (a, b, name) => {
      const [small, large] = [sampleOf(Math.min(a, b)), sampleOf(Math.max(a, b))]
      assert.ok(!small.takes(name) || large.takes(name))
    }),
  )
})

test('no share is 0, negative, above 100 or no number', () => {
  for (const percent of [0, -1, 100.1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => sampleOf(percent), { code: 'INVALID_ARGUMENT' })
  }
})
