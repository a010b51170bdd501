/** A write session becomes part of the store as a whole, or leaves it as it was. */

import assert from 'node:assert/strict'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import type { RecipeItem } from '../../src/core/chunking/recipe.ts'
import { type Digest, digestOf } from '../../src/core/digest.ts'
import { packEncoding, packKind } from '../../src/core/pack/format.ts'
import { MlstoreError } from '../../src/errors.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import type { ObjectWriter } from '../../src/objects/object-writer.ts'
import { InterceptedFileSystem } from '../support/intercepted-file-system.ts'
import { MemoryObjectIndex } from '../support/memory-object-index.ts'
import {
  inPieces,
  namesIn,
  type ObjectStoreBench,
  objectStoreBench,
  publish,
  readAll,
  tryPublish,
} from '../support/object-store-bench.ts'
import { seededBytes } from '../support/seeded-data.ts'

const node = new NodeFileSystem()
const MiB = 1024 * 1024

async function addBytes(bench: ObjectStoreBench, bytes: Uint8Array): Promise<Digest> {
  const writer = bench.store.startWrite()
  const { digest } = await writer.addFile(inPieces(bytes))
  await publish(writer)
  return digest
}

const packIds = (bench: ObjectStoreBench): string[] =>
  namesIn(bench, 'packs').map((name) => name.replace('.pack', ''))
const removeAllPacks = (bench: ObjectStoreBench): void => {
  for (const id of packIds(bench)) bench.store.removePack(id)
}

test('nothing is visible before publish, all of it after', async (context) => {
  const bench = await objectStoreBench(context)
  const writer = bench.store.startWrite()
  const small = writer.addSmallFile(Buffer.from('small'))
  const large = await writer.addFile(inPieces(seededBytes('large', MiB)))
  await writer.seal()
  assert.equal(bench.store.has(small.digest), false)
  assert.equal(bench.store.has(large.digest), false)
  assert.deepEqual(packIds(bench), [])
  const { missing, packs } = writer.publish()
  assert.deepEqual([missing, packs?.size], [[], 2])
  assert.equal(bench.store.has(small.digest), true)
  assert.equal(bench.store.has(large.digest), true)
  assert.deepEqual(namesIn(bench, 'tmp'), [])
})

test('what is added is stored as it is, however well it would shrink', async (context) => {
  const bench = await objectStoreBench(context)
  const writer = bench.store.startWrite()
  const text = Buffer.from('the same words again and again, '.repeat(10_000))
  const added = [
    writer.addSmallFile(text.subarray(0, 10_000)).digest,
    writer.addObject(packKind.treeNode, text.subarray(0, 20_000)),
    writer.addObject(packKind.recipeNode, text.subarray(0, 30_000)),
  ]
  await writer.addFile(inPieces(text))
  await publish(writer)
  const [id = ''] = packIds(bench)
  for (const { encoding } of bench.index.objectsOf(id)) assert.equal(encoding, packEncoding.raw)
  for (const digest of added) assert.equal(bench.index.find(digest)?.encoding, packEncoding.raw)
})

test('publishing before sealing is a bug', async (context) => {
  const bench = await objectStoreBench(context)
  const writer = bench.store.startWrite()
  writer.addSmallFile(Buffer.from('x'))
  assert.throws(() => writer.publish(), { name: 'AssertionError' })
  await writer.seal()
  writer.addSmallFile(Buffer.from('y'))
  assert.throws(() => writer.publish(), { name: 'AssertionError' })
  await publish(writer)
})

test('an aborted session leaves nothing behind', async (context) => {
  const bench = await objectStoreBench(context, { packSizeBytesMax: MiB })
  const writer = bench.store.startWrite()
  await writer.addFile(inPieces(seededBytes('aborted', 5 * MiB)))
  await writer.abort()
  await writer.abort()
  assert.deepEqual(namesIn(bench, 'tmp'), [])
  assert.deepEqual(packIds(bench), [])
})

test('a session that added nothing new makes no pack', async (context) => {
  const bench = await objectStoreBench(context)
  await addBytes(bench, seededBytes('old', 3 * MiB))
  const before = packIds(bench)
  await addBytes(bench, seededBytes('old', 3 * MiB))
  assert.deepEqual(packIds(bench), before)
})

test('two sessions at once both publish what they share', async (context) => {
  const bench = await objectStoreBench(context, { packSizeBytesMax: 2 * MiB })
  const other = await bench.reopen()
  const shared = seededBytes('shared', 4 * MiB)
  const [a, b] = [seededBytes('only a', 2 * MiB), seededBytes('only b', 2 * MiB)]
  const writers = [bench.store.startWrite(), other.store.startWrite()] as const
  await Promise.all([
    writers[0].addFile(inPieces(shared)),
    writers[1].addFile(inPieces(shared)),
    writers[0].addFile(inPieces(a)),
    writers[1].addFile(inPieces(b)),
  ])
  await Promise.all(writers.map((writer) => publish(writer)))
  for (const bytes of [shared, a, b]) {
    assert.ok((await readAll(bench.store.readFile(digestOf(bytes)))).equals(bytes))
    assert.ok((await readAll(other.store.readFile(digestOf(bytes)))).equals(bytes))
  }
})

test('files added at once in one session come back whole', async (context) => {
  const bench = await objectStoreBench(context, { packSizeBytesMax: MiB })
  const files = Array.from({ length: 8 }, (_, n) => seededBytes(`many ${n}`, MiB + n * 77_777))
  const writer = bench.store.startWrite()
  await Promise.all(files.map((bytes) => writer.addFile(inPieces(bytes, 65_536))))
  await publish(writer)
  for (const bytes of files) {
    assert.ok((await readAll(bench.store.readFile(digestOf(bytes)))).equals(bytes))
  }
})

test('tells how far it is and how much was new', async (context) => {
  const bench = await objectStoreBench(context)
  const bytes = seededBytes('progress', 3 * MiB)
  await addBytes(bench, bytes.subarray(0, MiB))
  let seen = 0
  const writer = bench.store.startWrite()
  const onBytes = (count: number): void => {
    seen += count
  }
  const added = await writer.addFile(inPieces(bytes), { onBytes })
  await writer.abort()
  assert.equal(seen, bytes.length)
  assert.ok(added.newBytes > MiB && added.newBytes < 2.5 * MiB, `${added.newBytes} new`)
})

test('a file that changes while it is read is refused', async (context) => {
  const bench = await objectStoreBench(context)
  const path = join(bench.folder, 'growing')
  writeFileSync(path, seededBytes('growing', 3 * MiB))
  const file = node.open(path, 'read')
  const writer = bench.store.startWrite()
  let blocks = 0
  const growing = writer.addFile(file, {
    path,
    onBytes: () => {
      blocks += 1
      if (blocks === 1) appendFileSync(path, 'more')
    },
  })
  await assert.rejects(growing, { code: 'FILE_CHANGED' })
  file.close()
  await writer.abort()
})

test('a file that is replaced or gone by the end is refused', async (context) => {
  const bench = await objectStoreBench(context)
  const path = join(bench.folder, 'fleeting')
  writeFileSync(path, seededBytes('fleeting', MiB))
  const file = node.open(path, 'read')
  const source = {
    readAsync: (into: Uint8Array, position: number) => file.readAsync(into, position),
    stat: () => node.lstat(path),
  }
  const writer = bench.store.startWrite()
  const adding = writer.addFile(source, { onBytes: () => node.removeTree(path) })
  await assert.rejects(adding, { code: 'FILE_CHANGED' })
  file.close()
  await writer.abort()
})

test('notices what a gc took before it was published, and takes it again', async (context) => {
  const bench = await objectStoreBench(context)
  const bytes = seededBytes('taken', 2 * MiB)
  const digest = await addBytes(bench, bytes)
  const tree = Buffer.from('{"entries":[]}')
  const first = bench.store.startWrite()
  first.addObject(packKind.treeNode, tree)
  await publish(first)

  const writer = bench.store.startWrite()
  await writer.addFile(inPieces(bytes))
  writer.addObject(packKind.treeNode, tree)
  const extra = writer.addSmallFile(Buffer.from('not there before'))
  removeAllPacks(bench)

  const { missing } = await tryPublish(writer)
  assert.ok(missing.includes(digest) && missing.includes(digestOf(tree)))
  assert.ok(missing.length > 10, 'its chunks too')
  assert.equal(bench.store.has(extra.digest), false, 'nothing was published')

  await writer.addFile(inPieces(bytes))
  writer.addObject(packKind.treeNode, tree)
  await publish(writer)
  assert.ok((await readAll(bench.store.readFile(digest))).equals(bytes))
  assert.ok(bench.store.has(extra.digest))
})

test('does not mind when a gc only moved what it counts on', async (context) => {
  const bench = await objectStoreBench(context)
  const bytes = seededBytes('moved', MiB)
  await addBytes(bench, bytes)
  const writer = bench.store.startWrite()
  await writer.addFile(inPieces(bytes))

  const old = packIds(bench)
  const gc = bench.store.startWrite({ leaving: new Set(old) })
  for (const object of old.flatMap((id) => [...bench.index.objectsOf(id)])) {
    gc.addFrame(object, bench.store.readFrame(object.digest).stored)
  }
  for (const file of old.flatMap((id) => [...bench.index.filesOf(id)])) gc.addFileRow(file)
  await publish(gc)
  for (const id of old) bench.store.removePack(id)

  await publish(writer)
})

test('notices a pack whose file someone deleted behind the index', async (context) => {
  const bench = await objectStoreBench(context)
  const bytes = seededBytes('deleted', 300_000)
  await addBytes(bench, bytes)
  const writer = bench.store.startWrite()
  await writer.addFile(inPieces(bytes))
  node.removeTree(join(bench.directory, 'packs'))
  assert.ok((await tryPublish(writer)).missing.length > 0)
  await writer.addFile(inPieces(bytes))
  await publish(writer)
  assert.ok((await readAll(bench.store.readFile(digestOf(bytes)))).equals(bytes))
})

test('keeps what the caller says is needed, or says that it is not there', async (context) => {
  const bench = await objectStoreBench(context)
  const large = await addBytes(bench, seededBytes('kept large', 2 * MiB))
  const small = await addBytes(bench, Buffer.from('kept small'))
  const writer = bench.store.startWrite()
  assert.equal(writer.keep(small), true)
  assert.equal(writer.keep(large), true)
  assert.equal(writer.keep(digestOf(Buffer.from('never there'))), false)
  assert.deepEqual((await tryPublish(writer)).missing, [])
  removeAllPacks(bench)
  const { missing } = writer.publish()
  assert.ok(missing.includes(small) && missing.includes(large))
  assert.equal(bench.store.startWrite().keep(large), false)
})

test('a recipe needs its chunks by the time it is published', async (context) => {
  const bench = await objectStoreBench(context)
  const [one, two] = [seededBytes('chunk 1', 20_000), seededBytes('chunk 2', 20_000)]
  const items: RecipeItem[] = [one, two].map((bytes) => ({
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
  }))
  const file = digestOf(Buffer.concat([one, two]))
  const writer = bench.store.startWrite()
  writer.addRecipe(file, 40_000, items)
  writer.addObject(packKind.blob, one)
  assert.deepEqual((await tryPublish(writer)).missing, [digestOf(two)])
  await addBytes(bench, two)
  assert.deepEqual(writer.publish().missing, [])
  assert.equal((await readAll(bench.store.readFile(file))).length, 40_000)
})

test('a file is not added on the strength of a recipe that makes another one', async (context) => {
  const bench = await objectStoreBench(context)
  const bytes = seededBytes('poisoned', MiB)
  const chunks = [seededBytes('x', 20_000), seededBytes('y', 20_000)]
  const poison = bench.store.startWrite()
  const items = chunks.map((chunk) => ({
    digest: poison.addObject(packKind.blob, chunk),
    sizeBytes: chunk.length,
  }))
  poison.addRecipe(digestOf(bytes), 40_000, items)
  await publish(poison)

  const writer = bench.store.startWrite()
  await assert.rejects(writer.addFile(inPieces(bytes)), { code: 'CORRUPT' })
  await writer.abort()
})

test('a frame of an unknown kind is refused', async (context) => {
  const bench = await objectStoreBench(context)
  const stored = Buffer.from('frame')
  const digest = digestOf(stored)
  const frame = { digest, kind: 9, encoding: 0, offset: 0, storedBytes: 5, sizeBytes: 5 }
  assert.throws(() => bench.store.startWrite().addFrame(frame, stored), {
    code: 'INVALID_ARGUMENT',
  })
})

/** Everything a session does, for tests that make each of its steps fail. */
async function wholeSession(writer: ObjectWriter, bytes: Uint8Array): Promise<void> {
  await writer.addFile(inPieces(bytes))
  writer.addSmallFile(Buffer.from('small'))
  writer.addObject(packKind.treeNode, Buffer.from('{"entries":[]}'))
  await publish(writer)
}

test('a crash between rename and index is healed by the next one to open the store', async (context) => {
  const bench = await objectStoreBench(context, { packSizeBytesMax: MiB })
  const bytes = seededBytes('crash', 3 * MiB)
  const index = new MemoryObjectIndex()
  const crashing = await bench.reopen({ index })
  index.addPack = () => {
    throw new MlstoreError('IO_ERROR', 'the process died here')
  }
  await assert.rejects(wholeSession(crashing.store.startWrite(), bytes), { code: 'IO_ERROR' })
  assert.ok(packIds(bench).length > 2)
  assert.equal(bench.store.has(digestOf(bytes)), false)

  const { adopted, dropped, damaged } = bench.store.adoptUnindexedPacks()
  assert.deepEqual([...adopted].sort(), packIds(bench))
  assert.deepEqual([dropped, damaged], [[], []])
  assert.ok((await readAll(bench.store.readFile(digestOf(bytes)))).equals(bytes))
  assert.deepEqual(bench.store.adoptUnindexedPacks().adopted, [])
})

test('wherever publishing stops, a recipe in packs/ has its chunks there', async (context) => {
  const bytes = seededBytes('half published', 3 * MiB)
  for (let step = 1; ; step++) {
    const fs = new InterceptedFileSystem(node)
    const bench = await objectStoreBench(context, { fs, packSizeBytesMax: MiB })
    let renames = 0
    fs.before('rename', () => {
      renames += 1
      if (renames === step) throw new MlstoreError('IO_ERROR', 'the process died here')
    })
    const writer = bench.store.startWrite()
    const finished = await wholeSession(writer, bytes).then(
      () => true,
      () => false,
    )
    bench.store.adoptUnindexedPacks()
    const digest = digestOf(bytes)
    if (bench.store.has(digest)) assert.deepEqual(bench.store.missingOf([digest]), [])
    await writer.abort()
    assert.deepEqual(namesIn(bench, 'tmp'), [])
    if (finished) return assert.ok(step > 4)
  }
})

test('adopting leaves damaged packs alone and forgets those that are gone', async (context) => {
  const bench = await objectStoreBench(context)
  await addBytes(bench, seededBytes('a', 20_000))
  const [gone = ''] = packIds(bench)
  node.removeTree(join(bench.directory, 'packs', `${gone}.pack`))
  const broken = 'b'.repeat(32)
  writeFileSync(join(bench.directory, 'packs', `${broken}.pack`), 'not a pack at all')
  writeFileSync(join(bench.directory, 'packs', 'notes.txt'), 'none of ours')

  const { adopted, dropped, damaged } = bench.store.adoptUnindexedPacks()
  assert.deepEqual([adopted, dropped], [[], [gone]])
  assert.deepEqual(
    damaged.map(({ packId, error }) => [packId, error.code]),
    [[broken, 'CORRUPT']],
  )
  assert.deepEqual(namesIn(bench, 'packs'), [`${broken}.pack`, 'notes.txt'])
})

for (const step of ['open', 'write', 'sync', 'stat'] as const) {
  test(`no space at the n-th ${step}: the store is as it was, and works again after`, async (context) => {
    const bytes = seededBytes('no space', 6 * MiB)
    const fs = new InterceptedFileSystem(node)
    const bench = await objectStoreBench(context, { fs, packSizeBytesMax: MiB })
    const old = await addBytes(bench, seededBytes('old', 20_000))
    const before = namesIn(bench, 'packs')
    for (const failing of [1, 2, 5, 7]) {
      let count = 0
      fs.before(step, (path) => {
        if (!path.includes(join('.mlstore', 'tmp'))) return
        count += 1
        if (count >= failing) throw new MlstoreError('NO_SPACE', 'full')
      })
      const writer = bench.store.startWrite()
      await assert.rejects(wholeSession(writer, bytes), { code: 'NO_SPACE' })
      await writer.abort()
      assert.deepEqual(namesIn(bench, 'tmp'), [])
      assert.deepEqual(namesIn(bench, 'packs'), before)
      assert.ok(bench.store.readObject(old).length > 0)
    }
    fs.before(step, () => undefined)
    await wholeSession(bench.store.startWrite(), bytes)
    assert.ok((await readAll(bench.store.readFile(digestOf(bytes)))).equals(bytes))
  })
}

test('writes that lose bytes and say nothing are found out before anything is published', async (context) => {
  const fs = new InterceptedFileSystem(node)
  const bench = await objectStoreBench(context, { fs })
  fs.shortenWrites = true
  const writer = bench.store.startWrite()
  await assert.rejects(wholeSession(writer, seededBytes('short', MiB)), { code: 'IO_ERROR' })
  await writer.abort()
  assert.deepEqual(packIds(bench), [])
})

test('syncs every pack before it gets its name, and the folder after', async (context) => {
  const fs = new InterceptedFileSystem(node)
  const bench = await objectStoreBench(context, { fs, packSizeBytesMax: MiB })
  await addBytes(bench, seededBytes('first', 1000))
  const from = fs.calls.length
  await wholeSession(bench.store.startWrite(), seededBytes('ordered', 3 * MiB))
  const calls = fs.calls
    .slice(from)
    .filter((call) => ['sync', 'rename', 'syncDirectory'].includes(call))
    .join(' ')
  assert.match(calls, /^(sync ){4,}(rename ){3,}syncDirectory rename syncDirectory$/)
})
