/** What a zstd frame says about itself is read without decoding it, and only if it is whole. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { zstdContentSize } from '../../../src/core/pack/zstd-frame.ts'
import { beginnings } from '../../support/damage.ts'

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')

const lastRawBlock = '29 00 00 68656c6c6f'
const frames: readonly (readonly [string, string, number])[] = [
  ['one byte of size', `28b52ffd 20 05 ${lastRawBlock}`, 5],
  ['two bytes of size, which count from 256', `28b52ffd 60 0100 ${lastRawBlock}`, 257],
  ['four bytes of size', `28b52ffd a0 00000100 ${lastRawBlock}`, 65_536],
  ['eight bytes of size', `28b52ffd e0 0000000001000000 ${lastRawBlock}`, 2 ** 32],
  ['a window', `28b52ffd 80 58 05000000 ${lastRawBlock}`, 5],
  ['a checksum', `28b52ffd 24 05 ${lastRawBlock} 01020304`, 5],
  ['a dictionary', `28b52ffd 23 01020304 05 ${lastRawBlock}`, 5],
  ['two blocks, one of them a repeated byte', `28b52ffd 20 08 1a0000 61 ${lastRawBlock}`, 8],
]

for (const [what, hex, sizeBytes] of frames) {
  test(`reads a frame with ${what}, and none of its beginnings`, () => {
    assert.equal(zstdContentSize(bytes(hex)), sizeBytes)
    for (const beginning of beginnings(bytes(hex))) {
      assert.equal(zstdContentSize(beginning), undefined)
    }
    assert.equal(zstdContentSize(bytes(`${hex} 00`)), undefined)
  })
}

test('refuses what does not say its size, or is no frame', () => {
  const refused = [
    `28b52ffd 00 58 ${lastRawBlock}`,
    `28b52ffe 20 05 ${lastRawBlock}`,
    `28b52ffd 28 05 ${lastRawBlock}`,
    `28b52ffd e0 ffffffffffffffff ${lastRawBlock}`,
    '28b52ffd 20 05 2f0000 68656c6c6f',
    `28b52ffd 20 05 ${lastRawBlock} 28b52ffd 20 05 ${lastRawBlock}`,
    '502a4d18 05000000 0102030405',
  ]
  for (const hex of refused) assert.equal(zstdContentSize(bytes(hex)), undefined, hex)
})

test('never fails, whatever the bytes', () => {
  const anyTail = fc.uint8Array({ maxLength: 60 })
  fc.assert(
    fc.property(anyTail, (tail) => {
      zstdContentSize(tail)
      zstdContentSize(Buffer.concat([bytes('28b52ffd'), tail]))
    }),
    { numRuns: 2000 },
  )
})
