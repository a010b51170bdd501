/** Names are ordered by their UTF-8 bytes, paths name by name. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { compareNames, comparePaths } from '../../../src/core/tree/name-order.ts'
import { anyName } from '../../support/tree-arbitraries.ts'

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

test('puts characters beyond U+FFFF behind all others, unlike JavaScript', () => {
  const names = ['😀', '\ufffd']
  assert.deepEqual(names.toSorted(), names)
  assert.deepEqual(names.toSorted(compareNames), names.toReversed())
})

test('orders names as their bytes are ordered', () => {
  fc.assert(
    fc.property(anyName, anyName, (a, b) => {
      assert.equal(Math.sign(compareNames(a, b)), byBytes(a, b))
    }),
    { numRuns: 1000 },
  )
})

test('keeps what is in a directory together and right behind it', () => {
  const paths = ['a b', 'a-b', 'a/z', 'a', 'a/b/c', 'a.b', 'b', 'a/b']
  assert.deepEqual(paths.toSorted(comparePaths), [
    'a',
    'a/b',
    'a/b/c',
    'a/z',
    'a b',
    'a-b',
    'a.b',
    'b',
  ])
})

test('orders paths as the lists of their names', () => {
  const anyNames = fc.array(anyName, { minLength: 1, maxLength: 3 })
  const byNames = (a: readonly string[], b: readonly string[]): number => {
    const differing = a.findIndex((name, i) => name !== b[i])
    if (differing < 0 || differing >= b.length) return a.length - b.length
    return byBytes(a[differing] ?? '', b[differing] ?? '')
  }
  fc.assert(
    fc.property(anyNames, anyNames, (a, b) => {
      assert.equal(Math.sign(comparePaths(a.join('/'), b.join('/'))), Math.sign(byNames(a, b)))
    }),
    { numRuns: 1000 },
  )
})
