/** Plans lose nothing, split nothing and keep their limits. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  type LocalPack,
  type PackRange,
  coalesceRanges,
  planPacks,
  planUpload,
} from '../../../src/core/pack/plan.ts'

const item = (storedBytes: number): { storedBytes: number } => ({ storedBytes })
const sizes = (packs: readonly (readonly { storedBytes: number }[])[]): number[][] =>
  packs.map((pack) => pack.map(({ storedBytes }) => storedBytes))

test('starts a new pack when the next item would not fit', () => {
  assert.deepEqual(sizes(planPacks([item(6), item(4), item(1)], 10)), [[6, 4], [1]])
})

test('gives an item larger than a pack a pack of its own', () => {
  assert.deepEqual(sizes(planPacks([item(3), item(99), item(3)], 10)), [[3], [99], [3]])
})

test('keeps every item, in order, within the maximum', () => {
  const anyItems = fc.array(fc.nat({ max: 50 }).map(item))
  fc.assert(
    fc.property(anyItems, fc.integer({ min: 1, max: 60 }), (items, max) => {
      const packs = planPacks(items, max)
      assert.deepEqual(packs.flat(), items)
      for (const pack of packs) {
        const bytes = pack.reduce((sum, { storedBytes }) => sum + storedBytes, 0)
        assert.ok(pack.length === 1 || (pack.length > 1 && bytes <= max))
      }
    }),
  )
})

const limits = { packSizeBytesMin: 100, packSizeBytesMax: 1000 }
type Wanted = { readonly packId: string | undefined; readonly storedBytes: number }

/** A local pack of `entryCount` frames of `frameBytes`, and those frames. */
function localPack(id: string, entryCount: number, frameBytes: number): [LocalPack, Wanted[]] {
  const frames = Array.from({ length: entryCount }, () => ({ packId: id, storedBytes: frameBytes }))
  return [{ id, entryCount, storedBytes: entryCount * frameBytes }, frames]
}

const byId = (...packs: LocalPack[]): Map<string, LocalPack> =>
  new Map(packs.map((pack) => [pack.id, pack]))

test('sends a pack whole when all of it is wanted', () => {
  const [pack, frames] = localPack('a', 5, 100)
  assert.deepEqual(planUpload(frames, byId(pack), limits), { whole: [pack], joined: [] })
})

test('repacks what is wanted of a pack when not all of it is', () => {
  const [pack, frames] = localPack('a', 5, 100)
  const wanted = frames.slice(1)
  assert.deepEqual(planUpload(wanted, byId(pack), limits), { whole: [], joined: [wanted] })
})

test('joins small packs, frames of no pack, and frames of packs it does not know', () => {
  const [small, some] = localPack('small', 2, 10)
  const [other, more] = localPack('other', 3, 10)
  const loose = [{ packId: undefined, storedBytes: 7 }]
  const unknown = [{ packId: 'gone', storedBytes: 7 }]
  const wanted = [...some, ...loose, ...more, ...unknown]
  assert.deepEqual(planUpload(wanted, byId(small, other), limits), { whole: [], joined: [wanted] })
})

test('splits a local pack that is too large for a remote', () => {
  const [pack, frames] = localPack('large', 3, 600)
  const { whole, joined } = planUpload(frames, byId(pack), limits)
  assert.deepEqual(whole, [])
  assert.deepEqual(sizes(joined), [[600], [600], [600]])
})

test('every wanted frame is in a whole pack or in one joined pack, and nothing else is sent', () => {
  const anyPacks = fc.array(
    fc.record({
      entryCount: fc.integer({ min: 1, max: 12 }),
      frameBytes: fc.integer({ min: 1, max: 200 }),
      wanted: fc.nat({ max: 12 }),
    }),
  )
  fc.assert(
    fc.property(anyPacks, (shapes) => {
      const local = shapes.map((shape, index) =>
        localPack(`${index}`, shape.entryCount, shape.frameBytes),
      )
      const wanted = local.flatMap(([, frames], index) => frames.slice(0, shapes[index]?.wanted))
      const plan = planUpload(wanted, byId(...local.map(([pack]) => pack)), limits)
      const whole = new Set(plan.whole.map(({ id }) => id))
      const joined = plan.joined.flat()
      assert.deepEqual(
        joined,
        wanted.filter(({ packId }) => !whole.has(packId ?? '')),
      )
      for (const { id, entryCount } of plan.whole) {
        assert.equal(wanted.filter(({ packId }) => packId === id).length, entryCount)
      }
    }),
  )
})

const range = (packId: string, offset: number, storedBytes: number): PackRange => ({
  packId,
  offset,
  storedBytes,
})
const readLimits = { gapBytesMax: 10, rangeBytesMax: 100 }
const spans = (ranges: PackRange[]): string[] =>
  coalesceRanges(ranges, readLimits).map(({ packId, start, end }) => `${packId} ${start}-${end}`)

test('neighbours, and pieces with a small gap between them, share a read', () => {
  assert.deepEqual(spans([range('a', 0, 10), range('a', 10, 10), range('a', 30, 5)]), ['a 0-35'])
})

test('a large gap or a full read starts another', () => {
  assert.deepEqual(spans([range('a', 0, 10), range('a', 21, 10)]), ['a 0-10', 'a 21-31'])
  assert.deepEqual(spans([range('a', 0, 60), range('a', 60, 60)]), ['a 0-60', 'a 60-120'])
})

test('a piece longer than a read may be has a read of its own', () => {
  assert.deepEqual(spans([range('a', 0, 500), range('a', 500, 5)]), ['a 0-500', 'a 500-505'])
})

test('packs come as they were first named, pieces by offset', () => {
  const ranges = [range('b', 50, 1), range('a', 0, 1), range('b', 45, 1)]
  assert.deepEqual(spans(ranges), ['b 45-51', 'a 0-1'])
})

test('pieces within others, and the same piece twice, cost nothing', () => {
  assert.deepEqual(spans([range('a', 0, 500), range('a', 20, 5), range('a', 20, 5)]), ['a 0-500'])
})

test('every piece is in exactly one read, which covers it and keeps the limits', () => {
  const anyRanges = fc.array(
    fc.record({
      packId: fc.constantFrom('a', 'b'),
      offset: fc.nat({ max: 500 }),
      storedBytes: fc.integer({ min: 1, max: 150 }),
      name: fc.string(),
    }),
  )
  fc.assert(
    fc.property(
      anyRanges,
      fc.nat({ max: 30 }),
      fc.integer({ min: 1, max: 200 }),
      (ranges, gap, max) => {
        const reads = coalesceRanges(ranges, { gapBytesMax: gap, rangeBytesMax: max })
        const members = reads.flatMap((read) => read.members)
        assert.equal(members.length, ranges.length)
        assert.deepEqual(new Set(members), new Set(ranges))
        for (const read of reads) {
          const longest = Math.max(...read.members.map(({ storedBytes }) => storedBytes))
          assert.ok(read.end - read.start <= Math.max(max, longest))
          for (const { packId, offset, storedBytes } of read.members) {
            assert.ok(packId === read.packId && offset >= read.start)
            assert.ok(offset + storedBytes <= read.end)
          }
        }
      },
    ),
  )
})
