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
const MiB = 1024 * KiB

/** Reads `file` into the blocks in turn, `readBytes` at a time, and returns copies of its chunks. */
function chunksOf(file: Uint8Array, chunker = new Chunker(), readBytes = MiB): Buffer[] {
  const chunks: Buffer[] = []
  let number = 0
  let filledBytes = 0
  for (let at = 0; at < file.length;) {
    const block = blockOf(chunker, number)
    const piece = file.subarray(at, at + Math.min(readBytes, block.length - filledBytes))
    const room = block.subarray(filledBytes, filledBytes + piece.length)
    room.set(piece)
    chunks.push(...copies(chunker.push(room)))
    at += piece.length
    filledBytes += piece.length
    if (filledBytes < block.length) continue
    filledBytes = 0
    number += 1
  }
  return [...chunks, ...copies(chunker.end())]
}

function blockOf(chunker: Chunker, number = 0): Uint8Array {
  return chunker.blocks[number % chunker.blocks.length] ?? assert.fail('a chunker without blocks')
}

const copies = (chunks: readonly Uint8Array[]): Buffer[] =>
  chunks.map((chunk) => Buffer.from(chunk))

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

test('gives every byte once, in order, whatever the sizes of blocks and reads', () => {
  const blocks = fc.record({
    count: fc.integer({ min: 2, max: 4 }),
    sizeBytes: fc.oneof(fc.integer({ min: 20_000, max: 60_000 }), fc.constant(512 * KiB)),
    readBytes: fc.oneof(fc.integer({ min: 500, max: 5000 }), fc.integer({ min: 5000, max: MiB })),
  })
  fc.assert(
    fc.property(anyFile, blocks, (file, { count, sizeBytes, readBytes }) => {
      const chunks = chunksOf(file, new Chunker(count, sizeBytes), readBytes)
      assert.ok(Buffer.concat(chunks).equals(file))
      assert.deepEqual(
        chunks.map((chunk) => chunk.length),
        sizesOf(file),
      )
    }),
    { numRuns: 150 },
  )
})

test('leaves chunks alone until their block is filled again', () => {
  const file = seededBytes('blocks', 4 * MiB)
  const chunker = new Chunker(4, MiB)
  const chunks = chunker.blocks.flatMap((block, number) => {
    block.set(file.subarray(number * MiB, (number + 1) * MiB))
    return chunker.push(block)
  })
  assert.ok(Buffer.concat([...chunks, ...chunker.end()]).equals(file))
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
  chunksOf(first, chunker, 100 * KiB)
  assert.deepEqual(chunksOf(first, chunker, 100 * KiB), chunksOf(first))
})

test('several chunkers work side by side', () => {
  const files = ['a', 'b', 'c'].map((seed) => seededBytes(seed, 400 * KiB))
  const chunkers = files.map(() => new Chunker())
  for (const [index, file] of files.entries()) chunkers[index]?.blocks[0]?.set(file)
  for (const [index, file] of files.entries()) {
    const chunker = chunkers[index] ?? assert.fail()
    const chunks = [...chunker.push(blockOf(chunker).subarray(0, file.length)), ...chunker.end()]
    assert.deepEqual(
      chunks.map((chunk) => chunk.length),
      sizesOf(file),
    )
  }
})

test('hands out views of memory that threads can share', () => {
  const chunker = new Chunker()
  const block = blockOf(chunker)
  const [chunk] = chunker.push(block.subarray(0, 300 * KiB))
  assert.equal(chunk?.buffer, block.buffer)
  assert.ok(block.buffer instanceof SharedArrayBuffer)
})

test('refuses bytes from elsewhere, and bytes with a gap in front of them', () => {
  const chunker = new Chunker()
  const block = blockOf(chunker)
  for (const bytes of [Buffer.alloc(10), block.subarray(1), block.subarray(10, 20)]) {
    assert.throws(() => chunker.push(bytes), { code: 'INVALID_ARGUMENT' })
  }
  chunker.push(block.subarray(0, 10))
  assert.throws(() => chunker.push(block.subarray(11)), { code: 'INVALID_ARGUMENT' })
  chunker.push(block.subarray(10, 20))
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
