/** A pack's footer says what the pack holds, and nothing that does not fit together is believed. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { digestOf } from '../../../src/core/digest.ts'
import {
  type PackFooter,
  readFooter,
  readPackIndex,
  readTrailer,
} from '../../../src/core/pack/footer-reader.ts'
import { type Frame, FooterWriter, buildPackBytes } from '../../../src/core/pack/footer-writer.ts'
import {
  type PackFile,
  type PackKind,
  checkPackHeader,
  frameSizeBytesMax,
  packEncoding,
  packKind,
} from '../../../src/core/pack/format.ts'
import { anyDamageOf, assertCorrupt, beginnings, bitFlips } from '../../support/damage.ts'

const packId = '00112233445566778899aabbccddeeff'
const digest = (text: string): ReturnType<typeof digestOf> => digestOf(Buffer.from(text))

const rawFrame = (text: string, kind: PackKind = packKind.blob): Frame => {
  const bytes = Buffer.from(text)
  return {
    kind,
    encoding: packEncoding.raw,
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    bytes,
  }
}
const zstdFrame = (text: string, sizeBytes: number): Frame => ({
  ...rawFrame(text),
  encoding: packEncoding.zstd,
  kind: packKind.treeNode,
  sizeBytes,
})

const frames = [rawFrame('hello'), zstdFrame('tree', 1000), rawFrame('x', packKind.locator)]
const files: PackFile[] = [{ file: digest('f'), recipe: digest('r'), sizeBytes: 2 ** 40 }]
const pack = buildPackBytes(packId, frames, files)
const footerBytes = 3 * 42 + 72

const anyFrame: fc.Arbitrary<Frame> = fc
  .record({
    bytes: fc.uint8Array({ minLength: 1 }),
    kind: fc.constantFrom(...Object.values(packKind)),
    saved: fc.nat({ max: 10_000 }),
  })
  .map(({ bytes, kind, saved }) => ({
    kind,
    encoding: saved > 0 ? packEncoding.zstd : packEncoding.raw,
    digest: digestOf(bytes),
    sizeBytes: bytes.length + saved,
    bytes,
  }))
const anyFile: fc.Arbitrary<PackFile> = fc
  .tuple(fc.string().map(digest), fc.string().map(digest), fc.maxSafeNat())
  .map(([file, recipe, sizeBytes]) => ({ file, recipe, sizeBytes }))

/** Puts a hash that fits into a trailer, as a hostile writer would. */
function rehashed(bytes: Uint8Array): Uint8Array {
  const forged = Buffer.from(bytes)
  const trailer = forged.length - 72
  const counts = forged.readUInt32LE(trailer + 16) * 42 + forged.readUInt32LE(trailer + 20) * 72
  const hashed = forged.subarray(Math.max(trailer - counts, 0), trailer + 32)
  forged.set(createHash('sha256').update(hashed).digest(), trailer + 32)
  return forged
}

/** The pack with bytes from `at` on replaced and the hash made right again. */
function forged(at: number, hex: string): Uint8Array {
  const bytes = Buffer.from(pack)
  bytes.write(hex, at < 0 ? bytes.length + at : at, 'hex')
  return rehashed(bytes)
}

const read = (bytes: Uint8Array): PackFooter => readFooter(bytes, packId, bytes.length)
const readAll = (footer: PackFooter): unknown[] => [...footer.entries(), ...footer.files()]

test('a pack is the bytes that docs/format.md says', () => {
  const entry = (kind: string, encoding: string, text: string, sizes: string): string =>
    `${kind} ${encoding} ${digest(text)} ${sizes}`
  const footer = [
    entry('01', '00', 'hello', '05000000 05000000'),
    entry('02', '01', 'tree', '04000000 e8030000'),
    entry('04', '00', 'x', '01000000 01000000'),
    `${digest('f')} ${digest('r')} 0000000000010000`,
  ].join('')
  const fields = `${packId} 03000000 01000000 1200000000000000`
  const hashed = Buffer.from(`${footer}${fields}`.replaceAll(' ', ''), 'hex')
  const hash = createHash('sha256').update(hashed).digest('hex')
  const header = Buffer.from('MLPACK\0\u0001').toString('hex')
  const trailer = `${fields} ${hash} ${Buffer.from('MLPKEND\u0001').toString('hex')}`
  const data = Buffer.from('hellotreex').toString('hex')
  assert.equal(
    Buffer.from(pack).toString('hex'),
    `${header}${data}${footer}${trailer}`.replaceAll(' ', ''),
  )
})

test('reading gives back frames with their offsets, and files', () => {
  fc.assert(
    fc.property(fc.array(anyFrame), fc.array(anyFile), (frames, files) => {
      const bytes = buildPackBytes(packId, frames, files)
      checkPackHeader(bytes, packId)
      const footer = read(bytes)
      const entries = [...footer.entries()]
      assert.deepEqual([...footer.files()], files)
      assert.equal(entries.length, frames.length)
      for (const [index, frame] of frames.entries()) {
        const { offset, storedBytes, ...entry } = entries[index] ?? assert.fail()
        assert.deepEqual(
          Buffer.from(bytes.subarray(offset, offset + storedBytes)),
          Buffer.from(frame.bytes),
        )
        const { bytes: _, ...described } = frame
        assert.deepEqual(entry, described)
      }
    }),
  )
})

test('the end of a pack is enough to read its footer', () => {
  const tail = pack.subarray(-footerBytes - 72)
  assert.equal(readTrailer(pack.subarray(-72), packId, pack.length).footerBytes, footerBytes)
  assert.deepEqual(readAll(readFooter(tail, packId, pack.length)), readAll(read(pack)))
  assert.deepEqual(readAll(readPackIndex(tail, packId)), readAll(read(pack)))
  assertCorrupt(() => readFooter(tail.subarray(1), packId, pack.length))
  assertCorrupt(() => readPackIndex(pack, packId))
})

test('the same frames stand under another id with a fresh footer', () => {
  const otherId = 'ff'.repeat(16)
  const index = read(pack).encodeAs(otherId)
  assert.deepEqual(
    Buffer.concat([pack.subarray(0, 18), index]),
    buildPackBytes(otherId, frames, files),
  )
  assertCorrupt(() => readPackIndex(index, packId))
})

test('the writer says where the next frame goes and how long its footer is', () => {
  const writer = new FooterWriter()
  const offsets = frames.map((frame) => writer.add({ ...frame, storedBytes: frame.bytes.length }))
  assert.deepEqual(offsets, [8, 13, 17])
  assert.equal(writer.endOfFrames, 18)
  assert.equal(writer.entryCount, 3)
  assert.equal(writer.encode(packId).length, writer.encodedBytes)
})

test('the writer refuses frames that no reader would take', () => {
  const add = (frame: Frame): unknown => buildPackBytes(packId, [frame])
  const refused = { code: 'INVALID_ARGUMENT' }
  assert.throws(() => add(rawFrame('')), refused)
  assert.throws(() => add(zstdFrame('four', 4)), refused)
  assert.throws(() => add(zstdFrame('four', frameSizeBytesMax + 1)), refused)
  assert.throws(() => add({ ...rawFrame('four'), sizeBytes: 5 }), refused)
})

test('any damage to footer or trailer is found', () => {
  const readTail = (tail: Uint8Array): unknown => readAll(readPackIndex(tail, packId))
  const tail = pack.slice(-footerBytes - 72)
  for (const flipped of bitFlips(tail)) assertCorrupt(() => readTail(flipped))
  for (const beginning of beginnings(pack)) assertCorrupt(() => readAll(read(beginning)))
  assertCorrupt(() => readTail(Buffer.concat([Buffer.of(0), tail])))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => assertCorrupt(() => readTail(noise))),
  )
})

test('a footer with the right hash is still checked', () => {
  const end = -72 - footerBytes
  assert.deepEqual(
    readAll(read(forged(end, '01'))),
    readAll(read(pack)),
    'the forging itself works',
  )
  assertCorrupt(() => read(forged(end, '00')))
  assertCorrupt(() => read(forged(end, '05')))
  assertCorrupt(() => read(forged(end + 1, '02')))
  assertCorrupt(() => read(forged(end + 34, '06000000')))
  assertCorrupt(() => read(forged(end + 34, '0600000006000000')))
  assertCorrupt(() => read(forged(end + 38, '06000000')))
  assertCorrupt(() => read(forged(end + 34, '0000000000000000')))
  assertCorrupt(() => read(forged(end + 42 + 38, 'ffffffff')))
  assertCorrupt(() => readAll(read(forged(-72 - 8, 'ffffffffffffffff'))))
})

test('counts beyond the bytes are refused before anything is allocated', () => {
  for (const counts of [
    'ffffffffffffffff',
    'ffffffff01000000',
    '0400000001000000',
    '0300000000000000',
  ]) {
    assertCorrupt(() => read(forged(-72 + 16, counts)))
    assertCorrupt(() => readPackIndex(forged(-72 + 16, counts), packId))
  }
  assertCorrupt(() => read(forged(-72 + 24, 'ffffffffffffffff')))
})

test('no forged footer makes the reader fail in another way', () => {
  const tail = pack.slice(-footerBytes - 72)
  fc.assert(
    fc.property(anyDamageOf(tail), (damaged) => {
      const forged = rehashed(damaged)
      let read: unknown[] | undefined
      try {
        read = readAll(readPackIndex(forged, packId))
      } catch (error) {
        assert.equal(Reflect.get(Object(error), 'code'), 'CORRUPT')
      }
      if (read) assert.equal(read.length, 4)
    }),
    { numRuns: 2000 },
  )
})

test('a file that does not start as a pack is refused', () => {
  checkPackHeader(pack, packId)
  for (const flipped of bitFlips(pack.slice(0, 8)))
    assertCorrupt(() => checkPackHeader(flipped, packId))
  assertCorrupt(() => checkPackHeader(pack.subarray(0, 7), packId))
})

test('half a million frames are written and read within a second or two', () => {
  const writer = new FooterWriter()
  const [frame] = frames
  assert.ok(frame)
  for (let index = 0; index < 500_000; index++) writer.add({ ...frame, storedBytes: 5 })
  const footer = readPackIndex(writer.encode(packId), packId)
  let end = 8
  for (const { offset, storedBytes } of footer.entries()) {
    assert.ok(offset === end)
    end += storedBytes
  }
  assert.equal(end, footer.trailer.endOfFrames)
})
