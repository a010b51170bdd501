/** Segments cover the log without gaps, come out the same for everyone, and are verified inside. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { digestOf } from '../../../src/core/digest.ts'
import {
  decodeCheckpoint,
  encodeCheckpoint,
  segmentHash,
} from '../../../src/core/log/checkpoint.ts'
import { encodeEntry, type LogHead } from '../../../src/core/log/entry.ts'
import { encodeSegment, planSegments, readSegment } from '../../../src/core/log/segment.ts'
import { segmentKey } from '../../../src/core/remote-layout.ts'
import { digestFor, entryOf, formatHash, idOf, repoId, Writer } from '../events/samples.ts'

const start: LogHead = { repoId, seq: 0, hash: formatHash }

/** The bytes of the first entries of a log. */
function logOf(count: number): Buffer[] {
  const writer = new Writer()
  const entries: Buffer[] = []
  let prev = formatHash
  for (let seq = 1; seq <= count; seq++) {
    const bytes = encodeEntry(
      entryOf({ events: [writer.tag('artifact:model/a', 'k', 'a\nb')], seq, prev }),
    )
    entries.push(bytes)
    prev = digestOf(bytes)
  }
  return entries
}

test('covers 4,100 slots with one large, some small segments and a tail', () => {
  assert.deepEqual(planSegments(4116), {
    segments: [
      { level: 3, first: 1, last: 4096 },
      { level: 1, first: 4097, last: 4112 },
    ],
    tail: { first: 4113, last: 4116 },
  })
  assert.deepEqual(planSegments(15), { segments: [], tail: { first: 1, last: 15 } })
  assert.deepEqual(planSegments(0), { segments: [], tail: undefined })
})

test('lists the parts of a segment that would be too large', () => {
  const isTooLarge = ({ first }: { first: number }): boolean => first === 257
  const { segments } = planSegments(768, isTooLarge)
  assert.deepEqual(
    segments.map(({ level, first }) => [level, first]),
    [[2, 1], ...Array.from({ length: 16 }, (_, i) => [1, 257 + 16 * i]), [2, 513]],
  )
})

test('covers any log without gaps, by aligned spans', () => {
  fc.assert(
    fc.property(fc.nat({ max: 200_000 }), fc.integer({ min: 16, max: 70_000 }), (seq, slotsMax) => {
      const isTooLarge = ({ first, last }: { first: number; last: number }): boolean =>
        last - first >= slotsMax
      const { segments, tail } = planSegments(seq, isTooLarge)
      let next = 1
      for (const { level, first, last } of segments) {
        assert.equal(first, next)
        assert.equal(last - first + 1, 16 ** level)
        assert.equal((first - 1) % 16 ** level, 0)
        next = last + 1
      }
      assert.equal(tail?.first ?? seq + 1, next)
      assert.ok(seq - next + 1 < 16)
    }),
  )
})

test('keeps what it covered before, as the log grows', () => {
  const before = planSegments(300).segments
  const after = planSegments(500).segments
  assert.deepEqual(after.slice(0, before.length), before)
})

test('reads back the entries of a segment, with their heads', () => {
  const entries = logOf(16)
  const bytes = encodeSegment(entries)
  const read = [...readSegment(bytes, digestOf(bytes), { first: 1, last: 16 }, start)]
  assert.deepEqual(
    read.map(({ entry }) => entry.seq),
    entries.map((_, i) => i + 1),
  )
  assert.deepEqual(
    read.map((each) => Buffer.from(each.bytes)),
    entries,
  )
  assert.equal(read.at(-1)?.head.hash, digestOf(entries.at(-1) ?? Buffer.of()))
})

test('refuses a segment that is not what it should be', () => {
  const entries = logOf(17)
  const range = { first: 1, last: 16 }
  const read = (bytes: Uint8Array, head = start): unknown[] => [
    ...readSegment(bytes, digestOf(bytes), range, head),
  ]
  const good = encodeSegment(entries.slice(0, 16))

  assert.throws(() => [...readSegment(good, digestFor('x'), range, start)], { code: 'CORRUPT' })
  assert.throws(() => read(encodeSegment(entries.slice(0, 15))), { code: 'CORRUPT' })
  assert.throws(() => read(encodeSegment(entries)), { code: 'CORRUPT' })
  assert.throws(() => read(good.subarray(0, -1)), { code: 'CORRUPT' })
  assert.throws(() => read(encodeSegment(entries.slice(1))), { code: 'CORRUPT' })
  assert.throws(() => read(good, { ...start, hash: digestFor('fork') }), {
    code: 'REMOTE_REPLACED',
  })
  assert.throws(() => read(good, { ...start, seq: 5 }), { code: 'CORRUPT' })
})

test('reads back a checkpoint, and refuses one with gaps or false names', () => {
  const segment = { first: 1, last: 16, key: segmentKey(1, 1, digestFor('segment')) }
  const root = {
    head: { repoId, seq: 16, hash: digestFor('entry 16') },
    segments: [segment],
    live: [idOf(2), idOf(1)].sort(),
    swept: [idOf(3)],
  }
  const bytes = encodeCheckpoint(root)
  assert.deepEqual(decodeCheckpoint(bytes, digestOf(bytes)), root)
  assert.equal(segmentHash(segment), digestFor('segment'))
  assert.throws(() => decodeCheckpoint(bytes, digestFor('other')), { code: 'CORRUPT' })

  const wrong = [
    { ...root, segments: [] },
    {
      ...root,
      segments: [{ ...segment, first: 17, last: 32, key: segmentKey(1, 17, digestFor('s')) }],
    },
    { ...root, head: { ...root.head, seq: 17 } },
    { ...root, segments: [{ ...segment, key: segmentKey(2, 1, digestFor('segment')) }] },
    { ...root, segments: [{ ...segment, key: 'ckpt/LATEST' }] },
  ]
  for (const each of wrong) {
    const encoded = encodeCheckpoint(each)
    assert.throws(() => decodeCheckpoint(encoded, digestOf(encoded)), { code: 'CORRUPT' })
  }
})
