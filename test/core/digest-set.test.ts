/** DigestSet behaves as a Set of digests does, and is small. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Digest, digestFromBytes, digestOf } from '../../src/core/digest.ts'
import { DigestSet } from '../../src/core/digest-set.ts'

const digest = (n: number): Digest => digestOf(Buffer.from(String(n)))

/** Digests that share their first bytes, so that they meet in the table. */
const colliding = (n: number): Digest => {
  const bytes = Buffer.alloc(32)
  bytes.writeUInt32BE(n, 28)
  return digestFromBytes(bytes)
}

test('knows what was added, once', () => {
  const set = new DigestSet()
  assert.equal(set.has(digest(1)), false)
  assert.equal(set.add(digest(1)), true)
  assert.equal(set.add(digest(1)), false)
  assert.equal(set.has(digest(1)), true)
  assert.equal(set.has(digest(2)), false)
  assert.equal(set.size, 1)
})

test('numbers digests in the order they came', () => {
  const set = new DigestSet([digest(7), digest(8), digest(7), digest(9)])
  assert.deepEqual([...set], [digest(7), digest(8), digest(9)])
  assert.equal(set.ordinalOf(digest(9)), 2)
  assert.equal(set.at(2), digest(9))
  assert.equal(set.ordinalOf(digest(1)), undefined)
})

test('is a set for any digests, those that collide too', () => {
  const anyDigest = fc.oneof(fc.nat({ max: 300 }).map(digest), fc.nat({ max: 300 }).map(colliding))
  fc.assert(
    fc.property(fc.array(anyDigest, { maxLength: 700 }), fc.array(anyDigest), (added, asked) => {
      const set = new DigestSet(added)
      const model = new Set(added)
      assert.deepEqual([...set], [...model])
      for (const one of asked) assert.equal(set.has(one), model.has(one))
    }),
  )
})

test('holds a million digests in less than 80 MB', () => {
  const before = process.memoryUsage()
  const set = new DigestSet()
  const bytes = Buffer.alloc(32)
  for (let n = 0; n < 1_000_000; n++) {
    bytes.writeUInt32LE(Math.imul(n, 0x9e3779b1) >>> 0, 0)
    bytes.writeUInt32LE(n, 8)
    set.add(digestFromBytes(bytes))
  }
  const after = process.memoryUsage()
  assert.equal(set.size, 1_000_000)
  const grownBytes = after.arrayBuffers + after.external - before.arrayBuffers - before.external
  assert.ok(grownBytes / 2 < 80e6, `${grownBytes / 2} bytes`)
})
