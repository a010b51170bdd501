/** `OutputTail` keeps the end of what it is given, whatever the pieces. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { OutputTail } from '../../../src/core/runs/output-tail.ts'

function tailOf(sizeBytesMax: number, pieces: readonly string[]): OutputTail {
  const tail = new OutputTail(sizeBytesMax)
  for (const piece of pieces) tail.add(Buffer.from(piece))
  return tail
}

test('keeps everything while there is room', () => {
  assert.equal(tailOf(8, ['ab', 'cd\n', '']).text(), 'abcd\n')
  assert.equal(tailOf(5, ['abcde']).text(), 'abcde')
  assert.equal(tailOf(8, []).text(), '')
})

test('begins at a line where the beginning is missing', () => {
  assert.equal(tailOf(8, ['first\nsecond\nlast\n']).text(), 'last\n')
  assert.equal(tailOf(4, ['one long line']).text(), 'line')
  assert.equal(tailOf(4, ['abcdef\n']).text(), 'def\n')
})

test('knows how much there was', () => {
  assert.equal(tailOf(4, ['abc', 'def']).sizeBytes, 6)
})

test('keeps the last bytes of any pieces', () => {
  const letters = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 }))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), letters, (sizeBytesMax, pieces) => {
      assert.equal(tailOf(sizeBytesMax, pieces).text(), pieces.join('').slice(-sizeBytesMax))
    }),
  )
})
