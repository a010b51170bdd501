/** JSON objects are found wherever the pieces of the input end. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { objectsIn } from '../../../src/foreign/jsonl/objects.ts'

async function* pieces(text: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes)
}

const anyObject = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom('{', '}', '"', '\\', '\n', '[', 'é😀')),
  fc.oneof(fc.jsonValue(), fc.constantFrom('}{', '\\"', '\n')),
)

test('lines and arrays give the same objects, in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyObject, { maxLength: 5 }),
      fc.integer({ min: 1, max: 50 }),
      fc.constantFrom(undefined, 1),
      async (objects, sizeBytes, indent) => {
        const lines = objects.map((object) => `${JSON.stringify(object, undefined, indent)}\n`)
        for (const text of [lines.join(''), JSON.stringify(objects, undefined, indent)]) {
          const found: unknown[] = []
          for await (const each of objectsIn(pieces(text, sizeBytes), 'x')) {
            found.push(JSON.parse(each.text))
          }
          assert.deepEqual(found, JSON.parse(JSON.stringify(objects)))
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('each object knows the line it begins in', async () => {
  const found = []
  for await (const { line } of objectsIn(pieces('\n{}\n{"a":\n1}\n\n{}', 3), 'x')) found.push(line)
  assert.deepEqual(found, [2, 3, 6])
})
