/** Ways to damage bytes, and what a decoder may do about it: throw `CORRUPT`, or find no fault. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'

import { isMlstoreError } from '../../src/errors.ts'

/** Every beginning of `bytes` but the whole. */
export function* beginnings(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length++) yield bytes.slice(0, length)
}

/** `bytes` with one bit changed, for every bit. */
export function* bitFlips(bytes: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    yield flipped
  }
}

/** `bytes` with a few random changes. */
export function anyDamageOf(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat({ max: bytes.length - 1 }), to: fc.nat({ max: 255 }) })
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const damaged = Uint8Array.from(bytes)
    for (const { at, to } of changes) damaged[at] = to
    return damaged
  })
}

export function assertCorrupt(decode: () => unknown): void {
  assert.throws(decode, { code: 'CORRUPT' })
}

/** Runs `decode`, which may succeed or throw `CORRUPT`. */
export function assertSafe(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    assert.ok(isMlstoreError(error, 'CORRUPT'), String(error))
  }
}
