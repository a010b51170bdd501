/** The chunker cuts as docs/format.md says, however the bytes arrive. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Chunker } from '../../../src/core/chunking/chunker.ts'
import { gearTable } from '../../../src/core/chunking/gear-table.ts'
import { digestOf } from '../../../src/core/digest.ts'
import { seededBytes } from '../../support/seeded-data.ts'
import { hasZeroTop, referenceChunkSizes, rolled } from './reference-chunker.ts'

const KiB = 1024

/** Reads `file` in pieces of at most `readBytes` and returns copies of its chunks. */
function chunksOf(file: Uint8Array, readBytes = file.length, chunker = new Chunker()): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < file.length;) {
    const room = chunker.room()
    const piece = file.subarray(at, at + Math.min(readBytes, room.length))
    room.set(piece)
    chunks.push(...chunker.push(piece.length).map((chunk) => Buffer.from(chunk)))
    at += piece.length
  }
  return [...chunks, ...chunker.end().map((chunk) => Buffer.from(chunk))]
}

const sizesOf = (file: Uint8Array): number[] => chunksOf(file).map((chunk) => chunk.length)

/** Random, repetitive and constant stretches, in turn. */
const anyFile = fc
  .array(
    fc.record({
      seed: fc.string(),
      sizeBytes: fc.noBias(fc.nat({ max: 300 * KiB })),
      period: fc.constantFrom(Infinity, Infinity, Infinity, 5000, 64, 7, 1),
    }),
    { maxLength: 3, size: 'max' },
  )
  .map((stretches) =>
    Buffer.concat(
      stretches.map(({ seed, sizeBytes, period }) =>
        Buffer.alloc(sizeBytes, seededBytes(seed, Math.min(period, Math.max(sizeBytes, 1)))),
      ),
    ),
  )

test('the gear table is the one of the format', () => {
  assert.equal(
    digestOf(gearTable()),
    'cf6ce1e665497c7c83bda21443d3be5052d890f7db2ac3e0b206d0b4338e1da8',
  )
})

test('cuts a known file at known points', () => {
  assert.deepEqual(
    sizesOf(seededBytes('golden', 1024 * KiB)),
    [
      27323, 73895, 72169, 66969, 74631, 76535, 71067, 95363, 69345, 48620, 33020, 84564, 80325,
      69913, 72762, 32075,
    ],
  )
})

test('cuts where the reference cuts', () => {
  fc.assert(
    fc.property(anyFile, (file) => {
      assert.deepEqual(sizesOf(file), referenceChunkSizes(file))
    }),
    { numRuns: 150 },
  )
})

test('gives every byte once, in order, whatever the sizes of the reads', () => {
  const readBytes = fc.oneof(
    fc.integer({ min: 500, max: 5000 }),
    fc.integer({ min: 5000, max: 2 ** 20 }),
  )
  fc.assert(
    fc.property(anyFile, readBytes, (file, readBytes) => {
      const chunks = chunksOf(file, readBytes, new Chunker(512 * KiB))
      assert.ok(Buffer.concat(chunks).equals(file))
      assert.deepEqual(
        chunks.map((chunk) => chunk.length),
        sizesOf(file),
      )
    }),
    { numRuns: 150 },
  )
})

test('keeps a file of at most the minimum size whole', () => {
  assert.deepEqual(sizesOf(Buffer.alloc(0)), [])
  assert.deepEqual(sizesOf(Buffer.alloc(1)), [1])
  assert.deepEqual(sizesOf(seededBytes('small', 16 * KiB)), [16 * KiB])
})

test('cuts constant bytes at the maximum size', () => {
  assert.deepEqual(sizesOf(Buffer.alloc(600 * KiB)), [256 * KiB, 256 * KiB, 88 * KiB])
})

test('takes the strict mask up to 64 KiB and the loose one from the next byte on', () => {
  const loose = blockThatEndsLoosely()
  const after = Buffer.alloc(300 * KiB)
  const file = (length: number): Buffer =>
    Buffer.concat([Buffer.alloc(length - loose.length), loose, after])
  assert.notEqual(sizesOf(file(64 * KiB))[0], 64 * KiB)
  assert.equal(sizesOf(file(64 * KiB + 1))[0], 64 * KiB + 1)
})

test('finds its cuts again behind an inserted byte', () => {
  const file = seededBytes('insertion', 4096 * KiB)
  const edited = Buffer.concat([
    file.subarray(0, 1_000_000),
    Buffer.of(1),
    file.subarray(1_000_000),
  ])
  const before = new Set(chunksOf(file).map(digestOf))
  const changed = chunksOf(edited).filter((chunk) => !before.has(digestOf(chunk)))
  assert.ok(changed.length <= 3, `${changed.length} chunks changed`)
})

test('is ready for another file after the end of one', () => {
  const chunker = new Chunker()
  const first = seededBytes('first', 700 * KiB)
  chunksOf(first, 100 * KiB, chunker)
  assert.deepEqual(chunksOf(first, 100 * KiB, chunker), chunksOf(first))
})

test('several chunkers work side by side', () => {
  const files = ['a', 'b', 'c'].map((seed) => seededBytes(seed, 400 * KiB))
  const chunkers = files.map(() => new Chunker())
  for (const [index, file] of files.entries()) chunkers[index]?.room().set(file)
  for (const [index, file] of files.entries()) {
    const chunker = chunkers[index]
    assert.ok(chunker)
    const chunks = [...chunker.push(file.length), ...chunker.end()]
    assert.deepEqual(
      chunks.map((chunk) => chunk.length),
      sizesOf(file),
    )
  }
})

test('hands out views, not copies', () => {
  const chunker = new Chunker()
  const room = chunker.room()
  const [chunk] = chunker.push(300 * KiB)
  assert.equal(chunk?.buffer, room.buffer)
})

test('refuses a window that two chunks do not fit in', () => {
  assert.throws(() => new Chunker(500 * KiB), { code: 'INVALID_ARGUMENT' })
})

test('refuses more bytes than there was room for', () => {
  const chunker = new Chunker()
  assert.throws(() => chunker.push(chunker.room().length + 1), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => chunker.push(-1), { code: 'INVALID_ARGUMENT' })
})

/** 64 bytes after which, behind zeros, 14 but not 18 top bits of the hash are zero for the first time. */
function blockThatEndsLoosely(): Buffer {
  const zeros = Buffer.alloc(64).reduce(rolled, 0n)
  for (let attempt = 0; ; attempt++) {
    const block = seededBytes(`block ${attempt}`, 64)
    let hash = zeros
    let cuts = 0
    for (const byte of block) {
      hash = rolled(hash, byte)
      if (hasZeroTop(hash, 14)) cuts++
    }
    if (cuts === 1 && hasZeroTop(hash, 14) && !hasZeroTop(hash, 18)) return block
  }
}
