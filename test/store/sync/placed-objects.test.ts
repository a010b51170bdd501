/** Content comes from a remote verified, in few pieces of memory, and what is wrong is stale. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'

import { type Digest, digestOf } from '../../../src/core/digest.ts'
import { packKind } from '../../../src/core/pack/format.ts'
import { type LocatorEntry, locatorForm } from '../../../src/core/pack/locator.ts'
import { packKey } from '../../../src/core/remote-layout.ts'
import { openCodec } from '../../../src/objects/compression.ts'
import { ComputePool } from '../../../src/objects/compute-pool.ts'
import type { ComputeChoice } from '../../../src/objects/compute.ts'
import { type MemoryObjects, MemoryRemote } from '../../../src/remotes/memory.ts'
import { type PlacedItem, readPlacedObjects } from '../../../src/store/sync/placed-objects.ts'
import { SharedMemory } from '../../../src/store/sync/shared-memory.ts'
import { fakeClock } from '../../remotes/fake-clock.ts'
import { computeThreads } from '../../support/compute-threads.ts'
import { seededBytes } from '../../support/seeded-data.ts'

const codec = await openCodec()
const threads = await computeThreads()
after(() => threads.close())
const callers: readonly ComputeChoice[] = [new ComputePool({ codec, threadsMax: 0 }), threads]

class Remote {
  readonly objects: MemoryObjects = new Map()
  readonly items: PlacedItem[] = []
  readonly contents = new Map<Digest, Buffer>()

  /** Makes a pack of contents; those of even number are compressed if that pays. */
  addPack(contents: readonly Buffer[]): string {
    const packId = randomBytes(16).toString('hex')
    let offset = 0
    const frames = contents.map((content, index) => {
      const compressed = index % 2 === 0 ? codec.compress(content) : undefined
      const stored = compressed ?? content
      const place = { offset, isCompressed: compressed !== undefined, storedBytes: stored.length }
      this.#add(content, { ...locationIn(packId), ...place })
      offset += stored.length
      return stored
    })
    this.objects.set(packKey(packId), { bytes: Buffer.concat(frames), modifiedAt: new Date(0) })
    return packId
  }

  #add(content: Buffer, location: LocatorEntry): void {
    const digest = digestOf(content)
    this.contents.set(digest, content)
    this.items.push({ digest, kind: packKind.blob, location, sizeBytes: content.length })
  }

  damage(packId: string, offset: number): void {
    const pack = this.objects.get(packKey(packId)) ?? assert.fail()
    pack.bytes[offset] = (pack.bytes[offset] ?? 0) ^ 1
  }

  /** Reads the items; what came, and what was stale. Rounds are released `lag` rounds later. */
  async read(compute: ComputeChoice, items = this.items, lag = 0): Promise<Read> {
    const remote = new MemoryRemote(fakeClock(), this.objects)
    const read: Read = { right: [], stale: [] }
    const held: { check: () => void; release: () => void }[] = []
    for await (const round of readPlacedObjects(
      { remote, codec, compute, concurrency: 3 },
      items,
    )) {
      const check = (): void => {
        for (const { item, bytes } of round.objects) {
          assert.ok(this.contents.get(item.digest)?.equals(bytes), 'the bytes have changed')
        }
      }
      held.push({ check, release: round.release })
      read.right.push(...round.objects.map(({ item }) => item.digest))
      read.stale.push(...round.stale.map(({ digest }) => digest))
      for (const { check: look, release } of held.splice(0, held.length - lag)) {
        look()
        release()
      }
    }
    for (const { check } of held) check()
    return read
  }
}

type Read = { readonly right: Digest[]; readonly stale: Digest[] }

function locationIn(packId: string): LocatorEntry {
  return {
    packId,
    offset: 0,
    storedBytes: 0,
    locatorBytes: 0,
    form: locatorForm.chunk,
    isCompressed: false,
    isLocatorCompressed: false,
  }
}

function digestsOf(items: readonly PlacedItem[]): Digest[] {
  return items.map(({ digest }) => digest)
}

/** Noise, and text that shrinks to a tenth. */
const anyContent: fc.Arbitrary<Buffer> = fc
  .record({ n: fc.nat(), sizeBytes: fc.integer({ min: 1, max: 200_000 }), isText: fc.boolean() })
  .map(({ n, sizeBytes, isText }) => {
    const noise = seededBytes(`content ${n}`, isText ? Math.min(sizeBytes, 90) : sizeBytes)
    return isText ? Buffer.alloc(sizeBytes, noise.toString('hex')) : noise
  })

test('any content comes in order and right, however late its memory is given back', async () => {
  const anyPacks = fc.array(fc.array(anyContent, { minLength: 1, maxLength: 25 }), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(anyPacks, fc.nat({ max: 5 }), async (packs, lag) => {
      const remote = new Remote()
      for (const contents of packs) remote.addPack(contents)
      for (const compute of callers) {
        const read = await remote.read(compute, remote.items, lag)
        assert.deepEqual(read, { right: digestsOf(remote.items), stale: [] })
      }
    }),
    { numRuns: 25 },
  )
})

test('a damaged frame is stale, and those around it are right', async () => {
  for (const compute of callers) {
    const remote = new Remote()
    const contents = Array.from({ length: 9 }, (_, n) =>
      n % 2 === 0 ? Buffer.alloc(90_000, `text ${n} `) : seededBytes(`noise ${n}`, 90_000),
    )
    const packId = remote.addPack(contents)
    const damaged = [2, 5]
    for (const index of damaged) {
      const { offset, storedBytes } = remote.items[index]?.location ?? assert.fail()
      remote.damage(packId, offset + Math.floor(storedBytes / 2))
    }
    const stale = damaged.map((index) => remote.items[index]?.digest)
    const right = digestsOf(remote.items).filter((digest) => !stale.includes(digest))
    assert.deepEqual(await remote.read(compute), { right, stale })
  }
})

test('items of a pack that is gone, or shorter than they say, are stale', async () => {
  const remote = new Remote()
  const gone = remote.addPack([seededBytes('gone', 5_000)])
  remote.objects.delete(packKey(gone))
  const short = remote.addPack([seededBytes('short', 5_000)])
  const object = remote.objects.get(packKey(short)) ?? assert.fail()
  remote.objects.set(packKey(short), { ...object, bytes: object.bytes.subarray(0, 100) })
  remote.addPack([seededBytes('there', 5_000)])
  for (const compute of callers) {
    const { right, stale } = await remote.read(compute)
    assert.deepEqual(right, digestsOf(remote.items.slice(2)))
    assert.deepEqual(stale, digestsOf(remote.items.slice(0, 2)))
  }
})

test('a frame that holds more or less than is wanted is stale, whatever its digest', async () => {
  const remote = new Remote()
  remote.addPack([Buffer.alloc(50_000, 'text '), seededBytes('noise', 50_000)])
  for (const compute of callers) {
    for (const more of [-1, 1, 2 ** 31]) {
      const items = remote.items.map((item) => ({ ...item, sizeBytes: item.sizeBytes + more }))
      assert.deepEqual(await remote.read(compute, items), { right: [], stale: digestsOf(items) })
    }
  }
})

test('memory is used again once every holder has released it', () => {
  const memory = new SharedMemory(1000)
  const piece = memory.take(10)
  piece.share()
  piece.release()
  assert.notEqual(memory.take(10).bytes.buffer, piece.bytes.buffer)
  piece.release()
  assert.equal(memory.take(1000).bytes.buffer, piece.bytes.buffer)
  const long = memory.take(1001)
  assert.equal(long.bytes.length, 1001)
  long.release()
  assert.notEqual(memory.take(10).bytes.buffer, long.bytes.buffer)
})
