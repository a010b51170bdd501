/** A look at a sample tells noise from what shrinks. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'

import { looksIncompressible } from '../../../src/core/pack/compressibility.ts'
import { between, seededBytes, seededNumbers } from '../../support/seeded-data.ts'

const KiB = 1024
const chunkBytes = 64 * KiB
const random = seededNumbers('compressibility')

const csv = Buffer.from(
  Array.from({ length: 4000 }, (_, row) => `${row},${random()},${row % 7},label`).join('\n'),
)
const floats = (values: number): Buffer =>
  Buffer.from(Float32Array.from({ length: values }, () => (random() - 0.5) * 0.1).buffer)

/** The upper halves of 32-bit floats: sign, exponent and 7 bits of mantissa. */
const bfloats = (values: number): Buffer => {
  const wide = floats(values)
  return Buffer.from(wide.filter((_, at) => at % 4 >= 2))
}

const noise: readonly (readonly [string, Buffer])[] = [
  ['random bytes', seededBytes('noise', chunkBytes)],
  ['random bytes of a small file', seededBytes('noise', 1500)],
  ['an odd number of random bytes', seededBytes('noise', 70_001)],
  ['compressed bytes', deflateSync(csv.subarray(0, chunkBytes * 2))],
  ['32-bit floats', floats(chunkBytes / 4)],
]

const shrinking: readonly (readonly [string, Buffer])[] = [
  ['zeros', Buffer.alloc(chunkBytes)],
  ['a table', csv.subarray(0, chunkBytes)],
  ['a small table', csv.subarray(0, 2000)],
  ['base64', Buffer.from(seededBytes('noise', chunkBytes).toString('base64'))],
  [
    'integers',
    Buffer.from(Int32Array.from({ length: 16 * KiB }, () => between(random, 0, 9999)).buffer),
  ],
  ['16-bit brain floats', bfloats(chunkBytes / 2)],
  ['the same random kilobyte over and over', Buffer.alloc(chunkBytes, seededBytes('block', 1024))],
  ['doubles of few values', Buffer.alloc(chunkBytes, seededBytes('values', 800))],
  [
    'half noise, half zeros',
    Buffer.concat([seededBytes('a', chunkBytes / 2), Buffer.alloc(chunkBytes / 2)]),
  ],
]

for (const [what, bytes] of noise) {
  test(`${what} look incompressible`, () => {
    assert.equal(looksIncompressible(bytes), true)
  })
}

for (const [what, bytes] of shrinking) {
  test(`${what} do not look incompressible`, () => {
    assert.equal(looksIncompressible(bytes), false)
  })
}

test('too few bytes to judge are not called incompressible', () => {
  for (const sizeBytes of [0, 1, 100, 1023]) {
    assert.equal(looksIncompressible(seededBytes('few', sizeBytes)), false)
  }
})
