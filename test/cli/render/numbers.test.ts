/** Numbers as people read them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { renderNumber, renderNumbered, renderNumbers } from '../../../src/cli/render/numbers.ts'

const at = '2026-11-21T04:44:50.123Z'
const numbered = {
  series: 'TES-TEST',
  number: 102,
  subject: `run:${'0'.repeat(32)}`,
  name: 'model/m@v1',
  provisional: false,
}

test('says what has a number, and whether that may change', () => {
  assert.equal(renderNumbered(numbered), 'TES-TEST-102 is model/m@v1')
  assert.equal(
    renderNumbered({ ...numbered, name: null, provisional: true }),
    `TES-TEST-102 is run:${'0'.repeat(32)} (provisional until it is pushed)`,
  )
})

test('says what a number was before, and that it was taken', () => {
  const history = [101, 102].map((number) => ({ number, at, by: 'anna' }))
  assert.equal(
    renderNumber({ ...numbered, taken: false, history }),
    'TES-TEST-102 is model/m@v1; it was 101 before',
  )
  const taken = { ...numbered, provisional: true, taken: true, history: history.slice(1) }
  assert.equal(
    renderNumbers([taken]),
    'TES-TEST-102 was model/m@v1, and somebody else pushed it first: the next push finds another',
  )
})
