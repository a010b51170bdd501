/** Content of DVC is checked, also where a line end is cut in two. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { checked, readFolderList } from '../../../src/foreign/dvc/content.ts'

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

async function* pieces(text: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes)
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const piece of bytes) all.push(piece)
  return Buffer.concat(all).toString()
}

const anyText = fc
  .array(fc.constantFrom('a', '\r', '\n', '\r\n', 'é'))
  .map((characters) => characters.join(''))

test('bytes come as they are, under their md5 or the one that DVC 2 took of text', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, fc.integer({ min: 1, max: 4 }), async (text, sizeBytes) => {
      for (const name of [md5(text), md5(text.replaceAll('\r\n', '\n'))]) {
        const bytes = checked(pieces(text, sizeBytes), 'x', { md5: name, isLegacy: true })
        assert.equal(await textOf(bytes), text)
      }
    }),
  )
})

test('other bytes fail at their end; DVC 3 takes text as it is', async () => {
  const wrong = checked(pieces('b', 1), 'x', { md5: md5('a'), isLegacy: true })
  await assert.rejects(textOf(wrong), { code: 'DIGEST_MISMATCH' })
  const text = checked(pieces('a\r\n', 9), 'x', { md5: md5('a\n'), isLegacy: false })
  await assert.rejects(textOf(text), { code: 'DIGEST_MISMATCH' })
})

test('a list that is none is refused', () => {
  for (const text of ['', '{}', '[1]', '[{"md5": "x", "relpath": "a"}]', '[{"relpath": "a"}]']) {
    assert.throws(() => readFolderList(Buffer.from(text), 'x'), { code: 'CORRUPT' })
  }
})
