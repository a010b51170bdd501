/** A misspelt word leads to the one that was meant, an unknown word to none. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { editDistance, nearest } from '../../src/cli/nearest.ts'

const commands = ['init', 'add', 'get', 'log', 'status', 'checkout', 'push', 'pull']

test('finds the word with a letter missing, swapped or wrong', () => {
  assert.equal(nearest('psuh', commands), 'push')
  assert.equal(nearest('chekout', commands), 'checkout')
  assert.equal(nearest('stauts', commands), 'status')
  assert.equal(nearest('ad', commands), 'add')
})

test('suggests nothing for a word that is like none', () => {
  assert.equal(nearest('frobnicate', commands), undefined)
  assert.equal(nearest('', commands), undefined)
})

test('counts edits like the plain recursive definition', () => {
  const word = fc.string({ maxLength: 5, unit: fc.constantFrom('a', 'b', 'c') })
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.equal(editDistance(a, b), slowDistance(a, b))
      assert.equal(editDistance(a, b), editDistance(b, a))
    }),
  )
})

/** Optimal string alignment, as it is defined. */
function slowDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  const [headA, headB] = [a.slice(0, -1), b.slice(0, -1)]
  const swaps =
    a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1)
      ? slowDistance(a.slice(0, -2), b.slice(0, -2)) + 1
      : Infinity
  return Math.min(
    slowDistance(headA, b) + 1,
    slowDistance(a, headB) + 1,
    slowDistance(headA, headB) + (a.at(-1) === b.at(-1) ? 0 : 1),
    swaps,
  )
}
