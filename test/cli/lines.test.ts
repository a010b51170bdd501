/** `linesOf` gives the same lines however the stream is cut. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { linesOf } from '../../src/cli/lines.ts'
import { stream } from './fake-shell.ts'

async function lines(...pieces: readonly (string | Uint8Array)[]): Promise<string[]> {
  const found: string[] = []
  for await (const line of linesOf(stream(...pieces.map((piece) => Buffer.from(piece))))) {
    found.push(line)
  }
  return found
}

test('ends lines at line breaks and at the end', async () => {
  assert.deepEqual(await lines('a\nb', 'c\n\nd'), ['a', 'bc', '', 'd'])
  assert.deepEqual(await lines('a\n'), ['a'])
  assert.deepEqual(await lines(), [])
})

test('gives back any text, cut anywhere, also within a character', async () => {
  const text = fc.array(fc.constantFrom('a', 'ä', '€', '😀', '\n'), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(100), { maxLength: 5 }), async (letters, cuts) => {
      const whole = letters.join('')
      const bytes = Buffer.from(whole)
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
        (a, b) => a - b,
      )
      const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
      const expected = whole.endsWith('\n') ? whole.slice(0, -1).split('\n') : whole.split('\n')
      assert.deepEqual(await lines(...pieces), whole === '' ? [] : expected)
    }),
  )
})
