/** What goes into an object store comes out again, byte for byte, or not at all. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { digestOf, emptyDigest } from '../../src/core/digest.ts'
import { packEncoding, packKind } from '../../src/core/pack/format.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import {
  addCompressed,
  inPieces,
  namesIn,
  type ObjectStoreBench,
  objectStoreBench,
  publish,
  readAll,
} from '../support/object-store-bench.ts'
import { seededBytes } from '../support/seeded-data.ts'

const node = new NodeFileSystem()
const MiB = 1024 * 1024

/** Adds a file through the disk, as `add` does. */
async function addFromDisk(
  bench: ObjectStoreBench,
  bytes: Uint8Array,
): Promise<{ digest: ReturnType<typeof digestOf>; newBytes: number }> {
  const path = join(bench.folder, 'input')
  writeFileSync(path, bytes)
  const file = node.open(path, 'read')
  const writer = bench.store.startWrite()
  const added = await writer.addFile(file)
  await publish(writer)
  file.close()
  return added
}

/** Flips one bit of a file of the store. */
function damage(bench: ObjectStoreBench, folder: string, name: string, at: number): void {
  const path = join(bench.directory, folder, name)
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

const packs = (bench: ObjectStoreBench): string[] =>
  namesIn(bench, 'packs').map((name) => name.replace('.pack', ''))

test('a file of 40 MiB comes back whole, and nothing unfinished is left', async (context) => {
  const bench = await objectStoreBench(context, { packSizeBytesMax: 16 * MiB })
  const bytes = seededBytes('forty', 40 * MiB + 12_345)
  const { digest, newBytes } = await addFromDisk(bench, bytes)

  assert.equal(digest, digestOf(bytes))
  assert.equal(newBytes, bytes.length)
  assert.ok((await readAll(bench.store.readFile(digest))).equals(bytes))
  assert.equal(bench.store.has(digest), true)
  assert.deepEqual(bench.store.missingOf([digest]), [])
  assert.deepEqual(namesIn(bench, 'tmp'), [])
  assert.ok(packs(bench).length >= 4, 'packs of at most 16 MiB, and one of recipes')
})

test('a second version with an insertion costs a few chunks', async (context) => {
  const bench = await objectStoreBench(context)
  const first = seededBytes('version', 40 * MiB)
  const inserted = Buffer.concat([
    first.subarray(0, 17 * MiB),
    Buffer.from('one more row\n'),
    first.subarray(17 * MiB),
  ])
  await addFromDisk(bench, first)
  const { digest, newBytes } = await addFromDisk(bench, inserted)
  assert.ok(newBytes < MiB, `${newBytes} new bytes`)
  assert.ok((await readAll(bench.store.readFile(digest))).equals(inserted))
})

test('the same file again writes nothing', async (context) => {
  const bench = await objectStoreBench(context)
  const bytes = seededBytes('same', 3 * MiB)
  await addFromDisk(bench, bytes)
  const before = packs(bench)
  assert.equal((await addFromDisk(bench, bytes)).newBytes, 0)
  assert.deepEqual(packs(bench), before)
})

test('any range of a file is that part of it', async (context) => {
  const bench = await objectStoreBench(context)
  const bytes = seededBytes('ranges', 2 * MiB)
  const { digest } = await addFromDisk(bench, bytes)
  const small = seededBytes('small range', 9000)
  const smallFile = await addFromDisk(bench, small)
  const anyOffset = fc.integer({ min: 0, max: bytes.length + 10 })
  await fc.assert(
    fc.asyncProperty(anyOffset, anyOffset, async (a, b) => {
      const range = { start: Math.min(a, b), end: Math.max(a, b) }
      const read = await readAll(bench.store.readFile(digest, { range }))
      assert.ok(read.equals(bytes.subarray(range.start, range.end)))
      const readSmall = await readAll(bench.store.readFile(smallFile.digest, { range }))
      assert.ok(readSmall.equals(small.subarray(range.start, range.end)))
    }),
    { numRuns: 60 },
  )
})

test('a range reads only the packs it lies in', async (context) => {
  const bench = await objectStoreBench(context, { packSizeBytesMax: MiB })
  const bytes = seededBytes('far', 8 * MiB)
  const { digest } = await addFromDisk(bench, bytes)
  const [, ...others] = packs(bench).filter((id) => !hasRecipes(bench, id))
  for (const id of others) damage(bench, 'packs', `${id}.pack`, 5000)
  const read = await readAll(bench.store.readFile(digest, { range: { start: 0, end: 1000 } }))
  assert.ok(read.equals(bytes.subarray(0, 1000)))
  await assert.rejects(readAll(bench.store.readFile(digest)), { code: 'DIGEST_MISMATCH' })
})

const hasRecipes = (bench: ObjectStoreBench, id: string): boolean =>
  [...bench.index.filesOf(id)].length > 0
const packPath = (bench: ObjectStoreBench, id: string): string =>
  join(bench.directory, 'packs', `${id}.pack`)

test('files of every size around the chunk sizes come back', async (context) => {
  const bench = await objectStoreBench(context)
  const writer = bench.store.startWrite()
  const KiB = 1024
  const sizes = [0, 1, 511, 512, 16 * KiB - 1, 16 * KiB, 16 * KiB + 1, 64 * KiB, 256 * KiB]
  const files = [...sizes, 256 * KiB + 1, MiB - 1, MiB, MiB + 1].map((size) =>
    seededBytes(`size ${size}`, size),
  )
  for (const bytes of files) {
    assert.equal(writer.addSmallFile(bytes).digest, digestOf(bytes))
    const again = await writer.addFile(inPieces(bytes))
    assert.deepEqual(again, { digest: digestOf(bytes), sizeBytes: bytes.length, newBytes: 0 })
  }
  await publish(writer)
  for (const bytes of files) {
    assert.ok((await readAll(bench.store.readFile(digestOf(bytes)))).equals(bytes))
  }
})

test('the empty file is there without being stored', async (context) => {
  const bench = await objectStoreBench(context)
  assert.equal(bench.store.has(emptyDigest), true)
  assert.deepEqual(bench.store.missingOf([emptyDigest]), [])
  assert.equal(bench.store.readObject(emptyDigest).length, 0)
  assert.equal(bench.store.readSmallFile(emptyDigest)?.length, 0)
  assert.equal((await readAll(bench.store.readFile(emptyDigest))).length, 0)
  const writer = bench.store.startWrite()
  assert.deepEqual(writer.addSmallFile(Buffer.alloc(0)), {
    digest: emptyDigest,
    sizeBytes: 0,
    newBytes: 0,
  })
  await publish(writer)
  assert.deepEqual(packs(bench), [])
})

test('what is not there is OBJECT_MISSING', async (context) => {
  const bench = await objectStoreBench(context)
  const digest = digestOf(Buffer.from('nowhere'))
  assert.equal(bench.store.has(digest), false)
  assert.deepEqual(bench.store.missingOf([digest, digest]), [digest])
  assert.equal(bench.store.readSmallFile(digest), undefined)
  assert.throws(() => bench.store.readObject(digest), { code: 'OBJECT_MISSING' })
  assert.throws(() => bench.store.readFrame(digest), { code: 'OBJECT_MISSING' })
  await assert.rejects(readAll(bench.store.readFile(digest)), { code: 'OBJECT_MISSING' })
})

test('a compressed frame is kept as it is and read as what it holds', async (context) => {
  const bench = await objectStoreBench(context)
  const text = Buffer.from('{"entries":[]}'.repeat(2000))
  const writer = bench.store.startWrite()
  const digest = await addCompressed(writer, text)
  await publish(writer)
  const { location, stored } = bench.store.readFrame(digest)
  assert.equal(location.encoding, packEncoding.zstd)
  assert.ok(stored.length < text.length / 4)
  assert.ok(Buffer.from(bench.store.readObject(digest)).equals(text))
})

test('a frame goes from one store to another as it is', async (context) => {
  const [from, to] = [await objectStoreBench(context), await objectStoreBench(context)]
  const text = Buffer.from('0123456789'.repeat(900))
  const one = from.store.startWrite()
  const digest = await addCompressed(one, text)
  await publish(one)
  const { location, stored } = from.store.readFrame(digest)

  const other = to.store.startWrite()
  assert.equal(other.addFrame({ ...location, digest }, stored), true)
  assert.equal(other.addFrame({ ...location, digest }, stored), false)
  await publish(other)
  assert.ok(Buffer.from(to.store.readObject(digest)).equals(text))
  assert.deepEqual(to.store.readFrame(digest).stored, stored)
})

test('trees and content lie in different packs', async (context) => {
  const bench = await objectStoreBench(context)
  const writer = bench.store.startWrite()
  const blob = writer.addObject(packKind.blob, Buffer.from('content'))
  const tree = writer.addObject(packKind.treeNode, Buffer.from('{"entries":[]}'))
  const recipe = writer.addObject(packKind.recipeNode, Buffer.from('recipe'))
  await publish(writer)
  const packOf = (digest: typeof blob): string | undefined => bench.index.find(digest)?.packId
  assert.notEqual(packOf(blob), packOf(tree))
  assert.equal(packOf(tree), packOf(recipe))
})

test('one wrong bit in a pack is an error and never data', async (context) => {
  const bench = await objectStoreBench(context)
  const bytes = seededBytes('bits', 700_000)
  const text = Buffer.from('some text that shrinks well '.repeat(2000))
  const file = await addFromDisk(bench, bytes)
  const writer = bench.store.startWrite()
  const small = writer.addObject(packKind.blob, text)
  await publish(writer)

  const wrong = (error: unknown): boolean =>
    error instanceof Error &&
    'code' in error &&
    (error.code === 'DIGEST_MISMATCH' || error.code === 'CORRUPT')
  for (const id of packs(bench)) {
    const frames = [...bench.index.objectsOf(id)]
    for (const frame of frames) {
      const at = frame.offset + Math.floor(frame.storedBytes / 2)
      damage(bench, 'packs', `${id}.pack`, at)
      const { store } = await bench.reopen()
      assert.throws(() => store.readObject(frame.digest), wrong)
      assert.throws(() => store.readFrame(frame.digest), wrong)
      const whole = frame.digest === small ? small : file.digest
      const handedOut: Buffer[] = []
      await assert.rejects(async () => {
        for await (const piece of store.readFile(whole)) handedOut.push(Buffer.from(piece))
      }, wrong)
      const good = whole === small ? text : bytes
      const got = Buffer.concat(handedOut)
      assert.ok(got.equals(good.subarray(0, got.length)), 'wrong bytes were handed out')

      const check = await store.verifyPack(id)
      assert.deepEqual(
        check.problems.map((problem) => problem.digest),
        [frame.digest],
      )
      assert.equal(check.objects, frames.length)
      damage(bench, 'packs', `${id}.pack`, at)
    }
    assert.deepEqual((await bench.store.verifyPack(id)).problems, [])
  }
})

test('a recipe that joins good chunks into the wrong file is found out at the end', async (context) => {
  const bench = await objectStoreBench(context)
  const [one, two] = [seededBytes('one', 20_000), seededBytes('two', 20_000)]
  const writer = bench.store.startWrite()
  const items = [one, two].map((bytes) => ({
    digest: writer.addObject(packKind.blob, bytes),
    sizeBytes: bytes.length,
  }))
  const lie = digestOf(Buffer.from('another file'))
  writer.addRecipe(lie, 40_000, items)
  const truth = digestOf(Buffer.concat([one, two]))
  writer.addRecipe(truth, 40_000, items)
  await publish(writer)
  assert.equal((await readAll(bench.store.readFile(truth))).length, 40_000)
  await assert.rejects(readAll(bench.store.readFile(lie)), { code: 'DIGEST_MISMATCH' })
})

test('verifying a pack without its end names the pack', async (context) => {
  const bench = await objectStoreBench(context)
  await addFromDisk(bench, seededBytes('cut', 100_000))
  const [id = ''] = packs(bench)
  writeFileSync(packPath(bench, id), readFileSync(packPath(bench, id)).subarray(0, -10))
  const { problems } = await bench.store.verifyPack(id)
  assert.deepEqual(
    problems.map(({ digest, error }) => [digest, error.code]),
    [[undefined, 'CORRUPT']],
  )
})

test('a file whose chunk is gone is missing, the others are not', async (context) => {
  const bench = await objectStoreBench(context, { packSizeBytesMax: MiB })
  const { digest } = await addFromDisk(bench, seededBytes('gone', 4 * MiB))
  const small = await addFromDisk(bench, seededBytes('kept', 5000))
  const [id = ''] = packs(bench).filter((id) => !hasRecipes(bench, id))
  bench.store.removePack(id)
  assert.equal(bench.store.has(digest), true, 'its recipe is there')
  assert.deepEqual(bench.store.missingOf([small.digest, digest]), [digest])
  assert.deepEqual(packs(bench).includes(id), false)
  await assert.rejects(readAll(bench.store.readFile(digest)), { code: 'OBJECT_MISSING' })
  bench.store.removePack(id)
})

/** What a gc does with packs that are only partly needed; here all of it is. */
async function moveAndRemove(bench: ObjectStoreBench, packIds: readonly string[]): Promise<void> {
  const writer = bench.store.startWrite({ leaving: new Set(packIds) })
  for (const id of packIds) {
    for (const object of bench.index.objectsOf(id)) {
      writer.addFrame(object, bench.store.readFrame(object.digest).stored)
    }
    for (const file of bench.index.filesOf(id)) writer.addFileRow(file)
  }
  await publish(writer)
  for (const id of packIds) bench.store.removePack(id)
}

test('a gc can move everything to other packs', async (context) => {
  const bench = await objectStoreBench(context, { packSizeBytesMax: MiB })
  const bytes = seededBytes('gc', 4 * MiB)
  const { digest } = await addFromDisk(bench, bytes)
  const before = packs(bench)
  await moveAndRemove(bench, before)
  assert.ok(packs(bench).every((id) => !before.includes(id)))
  assert.deepEqual(bench.store.missingOf([digest]), [])
  assert.ok((await readAll(bench.store.readFile(digest))).equals(bytes))
})

test('a reader that was on its way when a gc moved the objects finds them again', async (context) => {
  const bench = await objectStoreBench(context, { packSizeBytesMax: MiB })
  const bytes = seededBytes('moved', 4 * MiB)
  const { digest } = await addFromDisk(bench, bytes)
  const reading = bench.store.readFile(digest)
  const first = await reading.next()
  assert.ok(first.done === false)

  await moveAndRemove(bench, packs(bench))

  const rest = await readAll(reading)
  assert.ok(Buffer.concat([first.value, rest]).equals(bytes))
})

test('is INTERRUPTED between pieces when the signal is raised', async (context) => {
  const bench = await objectStoreBench(context)
  const bytes = seededBytes('stop', 4 * MiB)
  const { digest } = await addFromDisk(bench, bytes)
  const stop = new AbortController()
  const reading = async (): Promise<void> => {
    for await (const _ of bench.store.readFile(digest, { signal: stop.signal })) stop.abort()
  }
  await assert.rejects(reading(), { code: 'INTERRUPTED' })

  const writer = bench.store.startWrite()
  const adding = writer.addFile(inPieces(bytes), {
    signal: stop.signal,
  })
  await assert.rejects(adding, { code: 'INTERRUPTED' })
  await writer.abort()
  assert.deepEqual(namesIn(bench, 'tmp'), [])
})
