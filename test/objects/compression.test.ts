/** Frames come back as they were, or not at all; neither library decodes more than it is told to. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { before, test } from 'node:test'

import { frameSizeBytesMax } from '../../src/core/pack/format.ts'
import { zstdContentSize } from '../../src/core/pack/zstd-frame.ts'
import { type Codec, openCodec, openWasmCodec } from '../../src/objects/compression.ts'
import { anyDamageOf, assertCorrupt, assertSafe, beginnings, bitFlips } from '../support/damage.ts'
import { seededBytes } from '../support/seeded-data.ts'

const KiB = 1024
const table = Buffer.from(
  Array.from({ length: 20_000 }, (_, row) => `${row},${row % 7}\n`).join(''),
)

/** Random bytes of few values: shrinks, but not to nothing. */
const digits = (seed: string, sizeBytes: number): Buffer =>
  Buffer.from(seededBytes(seed, sizeBytes).map((byte) => 48 + (byte % 10)))

const codecs: Codec[] = []
before(async () => {
  codecs.push(await openCodec(), await openWasmCodec())
})

/** Runs a check on each library this Node has, writing and reading with every pair of them. */
function forEachPair(check: (writer: Codec, reader: Codec) => void): void {
  for (const writer of codecs) for (const reader of codecs) check(writer, reader)
}

function compressed(bytes: Uint8Array, codec = codecs[0]): Uint8Array {
  return codec?.compress(bytes) ?? assert.fail('was expected to shrink')
}

test('what shrinks comes back as it was', () => {
  forEachPair((writer, reader) => {
    for (const sizeBytes of [512, 4 * KiB, 64 * KiB, 200_001]) {
      const bytes = table.subarray(0, sizeBytes)
      const frame = compressed(bytes, writer)
      assert.ok(frame.length < sizeBytes / 2)
      assert.equal(zstdContentSize(frame), bytes.length)
      assert.ok(bytes.equals(reader.decompress(frame, bytes.length)))
      assert.ok(bytes.equals(reader.decompressUpTo(frame, frameSizeBytesMax)))
    }
  })
})

test('any bytes come back as they were, or are not compressed', () => {
  const anyStretch = fc.record({
    seed: fc.string(),
    sizeBytes: fc.noBias(fc.nat({ max: 100 * KiB })),
    kind: fc.constantFrom('noise', 'digits', 'zeros'),
  })
  const anyBytes = fc.array(anyStretch, { maxLength: 3 }).map((stretches) =>
    Buffer.concat(
      stretches.map(({ seed, sizeBytes, kind }) => {
        if (kind === 'zeros') return Buffer.alloc(sizeBytes)
        return kind === 'noise' ? seededBytes(seed, sizeBytes) : digits(seed, sizeBytes)
      }),
    ),
  )
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      forEachPair((writer, reader) => {
        const frame = writer.compress(bytes)
        if (frame === undefined) return
        assert.ok(frame.length <= bytes.length * 0.9)
        assert.ok(bytes.equals(reader.decompress(frame, bytes.length)))
      })
    }),
    { numRuns: 60 },
  )
})

test('noise and small things are left as they are', () => {
  for (const codec of codecs) {
    assert.equal(codec.compress(Buffer.alloc(0)), undefined)
    assert.equal(codec.compress(Buffer.alloc(511)), undefined)
    assert.equal(codec.compress(seededBytes('noise', 700)), undefined)
    assert.equal(codec.compress(seededBytes('noise', 64 * KiB)), undefined)
  }
})

test('the same bytes give the same frame, whatever was compressed in between', () => {
  for (const codec of codecs) {
    const bytes = table.subarray(0, 50_000)
    const first = compressed(bytes, codec)
    compressed(digits('between', 99_999), codec)
    assert.deepEqual(compressed(bytes, codec), first)
  }
})

test('a result is not touched by the next one', () => {
  for (const codec of codecs) {
    const [a, b] = [digits('a', 5000), digits('b', 5000)]
    const [frameA, frameB] = [compressed(a, codec), compressed(b, codec)]
    const decoded = codec.decompress(frameA, a.length)
    codec.decompress(frameB, b.length)
    assert.ok(a.equals(decoded))
  }
})

test('another size than expected is refused, in both directions', () => {
  const frame = compressed(table.subarray(0, 9000))
  for (const codec of codecs) {
    assertCorrupt(() => codec.decompress(frame, 8999))
    assertCorrupt(() => codec.decompress(frame, 9001))
    assertCorrupt(() => codec.decompressUpTo(frame, 8999))
    assert.equal(codec.decompressUpTo(frame, 9000).length, 9000)
  }
})

test('a small frame that promises gigabytes is refused before they are allocated', () => {
  const bomb = Buffer.from(compressed(Buffer.alloc(frameSizeBytesMax)))
  bomb.writeUInt32LE(2 ** 32 - 1, bomb.indexOf(Buffer.from('00000004', 'hex')))
  assert.equal(zstdContentSize(bomb), 2 ** 32 - 1)
  for (const codec of codecs) {
    assertCorrupt(() => codec.decompress(bomb, 2 ** 32 - 1))
    assertCorrupt(() => codec.decompressUpTo(bomb, frameSizeBytesMax))
  }
})

test('a frame that holds more than its header says is refused', () => {
  const frame = Buffer.from(compressed(Buffer.alloc(300 * KiB)))
  frame.writeUInt32LE(1000, frame.indexOf(Buffer.from('00b00400', 'hex')))
  assert.equal(zstdContentSize(frame), 1000)
  for (const codec of codecs) assertCorrupt(() => codec.decompress(frame, 1000))
})

test('a damaged frame is refused, or decodes to as many bytes as it should', () => {
  const bytes = digits('damage', 600)
  const frame = compressed(bytes)
  for (const codec of codecs) {
    const decompress = (damaged: Uint8Array) => (): void => {
      assert.equal(codec.decompress(damaged, bytes.length).length, bytes.length)
    }
    for (const beginning of beginnings(frame)) assertCorrupt(decompress(beginning))
    for (const flipped of bitFlips(frame)) assertSafe(decompress(flipped))
    fc.assert(fc.property(anyDamageOf(frame), (damaged) => assertSafe(decompress(damaged))))
    fc.assert(fc.property(fc.uint8Array(), (noise) => assertCorrupt(decompress(noise))))
    assert.ok(bytes.equals(codec.decompress(frame, bytes.length)), 'still works afterwards')
  }
})

test('an error names what was being read', () => {
  for (const codec of codecs) {
    assert.throws(() => codec.decompress(Buffer.alloc(9), 9, 'tree node 12ab'), /tree node 12ab/)
  }
})
