/** A store whose computing is done by threads is the same store, and fails in the same ways. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'

import { type Digest, digestOf } from '../../src/core/digest.ts'
import { packEncoding } from '../../src/core/pack/format.ts'
import { MlstoreError } from '../../src/errors.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import type { AddedFile, AddFileOptions, ObjectWriter } from '../../src/objects/object-writer.ts'
import { computeThreads, dyingWorker } from '../support/compute-threads.ts'
import { InterceptedFileSystem } from '../support/intercepted-file-system.ts'
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

const MiB = 1024 * 1024
const node = new NodeFileSystem()
const compute = await computeThreads()
after(() => compute.close())

/** Noise and repetition in turn: chunks of every length, some of them twice. */
type Stretch = { readonly seed: string; readonly sizeBytes: number; readonly period: number }

const anyStretches: fc.Arbitrary<Stretch[]> = fc.array(
  fc.record({
    seed: fc.constantFrom('a', 'b', 'c', 'd'),
    sizeBytes: fc.noBias(fc.nat({ max: 2 * MiB })),
    period: fc.constantFrom(Infinity, Infinity, 70_000, 64),
  }),
  { minLength: 1, maxLength: 4 },
)

function fileOf(stretches: readonly Stretch[]): Buffer {
  const parts = stretches.map(({ seed, sizeBytes, period }) =>
    Buffer.alloc(sizeBytes, seededBytes(seed, Math.min(period, Math.max(sizeBytes, 1)))),
  )
  return Buffer.concat(parts)
}

async function addTo(
  bench: ObjectStoreBench,
  bytes: Uint8Array,
  options?: AddFileOptions,
): Promise<AddedFile> {
  const path = join(bench.folder, 'input')
  writeFileSync(path, bytes)
  const file = bench.fs.open(path, 'read')
  const writer = bench.store.startWrite()
  try {
    const added = await writer.addFile(file, { path, ...options })
    await publish(writer)
    return added
  } finally {
    file.close()
    await writer.abort()
  }
}

/** What lies in the packs: everything but their ids, and which was synced first. */
function contentsOf(bench: ObjectStoreBench): unknown[] {
  const packs = [...bench.index.packs()].map(({ id }) => {
    const objects = [...bench.index.objectsOf(id)]
    const last = objects.at(-1)
    const end = last === undefined ? 0 : last.offset + last.storedBytes
    const pack = readFileSync(join(bench.directory, 'packs', `${id}.pack`))
    return { objects, files: [...bench.index.filesOf(id)], bytes: digestOf(pack.subarray(0, end)) }
  })
  return packs.sort((a, b) => (a.bytes < b.bytes ? -1 : 1))
}

function assertEmpty(bench: ObjectStoreBench): void {
  assert.deepEqual(namesIn(bench, 'tmp'), [])
  assert.deepEqual(namesIn(bench, 'packs'), [])
}

test('with threads or without, a file makes the same packs and comes back the same', async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStretches, { minLength: 1, maxLength: 2 }), async (shapes) => {
      const files = shapes.map(fileOf)
      const benches = [
        await objectStoreBench(context, { packSizeBytesMax: MiB }),
        await objectStoreBench(context, { packSizeBytesMax: MiB, compute }),
      ]
      const added: AddedFile[][] = []
      for (const bench of benches) {
        const results: AddedFile[] = []
        for (const bytes of files) results.push(await addTo(bench, bytes))
        added.push(results)
        for (const bytes of files) {
          const read = await readAll(bench.store.readFile(digestOf(bytes)))
          assert.ok(read.equals(bytes))
        }
      }
      assert.deepEqual(added[0], added[1])
      const [plain, threaded] = benches.map(contentsOf)
      assert.deepEqual(plain, threaded)
    }),
    { numRuns: 15 },
  )
})

test('many files at once, added and read', async (context) => {
  const bench = await objectStoreBench(context, { packSizeBytesMax: MiB, compute })
  const files = Array.from({ length: 8 }, (_, n) => seededBytes(`many ${n}`, 2 * MiB + n * 77_777))
  const writer = bench.store.startWrite()
  await Promise.all(files.map((bytes) => writer.addFile(inPieces(bytes, 65_536))))
  await publish(writer)
  await Promise.all(
    files.map(async (bytes) => {
      const read = await readAll(bench.store.readFile(digestOf(bytes)))
      assert.ok(read.equals(bytes))
    }),
  )
})

test('pieces that are not to be kept are few and right while they last', async (context) => {
  const bench = await objectStoreBench(context, { compute })
  const bytes = seededBytes('reused', 9 * MiB)
  const { digest } = await addTo(bench, bytes)
  let [pieces, at] = [0, 0]
  for await (const piece of bench.store.readFile(digest, { reuse: true })) {
    assert.ok(bytes.subarray(at, at + piece.length).equals(piece))
    at += piece.length
    pieces += 1
  }
  assert.equal(at, bytes.length)
  assert.ok(pieces <= 12, `${pieces} pieces`)
})

test('any range of a file, compressed or not, is that part of it', async (context) => {
  const bench = await objectStoreBench(context, { compute })
  const chunks = ['x', 'y', 'z'].map((letter) => Buffer.alloc(100_000, `${letter} and so on, `))
  const noise = seededBytes('raw', 100_000)
  const writer = bench.store.startWrite()
  const items: { digest: Digest; sizeBytes: number }[] = []
  for (const bytes of [...chunks, noise]) {
    const digest = bytes === noise ? writer.addSmallFile(noise).digest : undefined
    items.push({ digest: digest ?? (await addCompressed(writer, bytes)), sizeBytes: bytes.length })
  }
  const whole = Buffer.concat([...chunks, noise])
  writer.addObject(1, noise)
  writer.addRecipe(digestOf(whole), whole.length, items)
  await publish(writer)
  const anyOffset = fc.nat({ max: whole.length })
  await fc.assert(
    fc.asyncProperty(anyOffset, anyOffset, async (a, b) => {
      const range = { start: Math.min(a, b), end: Math.max(a, b) }
      const read = await readAll(bench.store.readFile(digestOf(whole), { range }))
      assert.ok(read.equals(whole.subarray(range.start, range.end)))
    }),
    { numRuns: 30 },
  )
  assert.ok((await readAll(bench.store.readFile(digestOf(whole)))).equals(whole))
})

test('a damaged chunk is found by a thread and named by the store', async (context) => {
  const bench = await objectStoreBench(context, { compute })
  const { digest } = await addTo(bench, seededBytes('to be damaged', 6 * MiB))
  const [id] = namesIn(bench, 'packs').filter((name) => isLarge(bench, name))
  const path = join(bench.directory, 'packs', id ?? assert.fail())
  const pack = readFileSync(path)
  pack[3 * MiB] = (pack[3 * MiB] ?? 0) ^ 1
  writeFileSync(path, pack)
  let readBytes = 0
  const reading = async (): Promise<void> => {
    for await (const piece of bench.store.readFile(digest)) readBytes += piece.length
  }
  await assert.rejects(reading(), { code: 'DIGEST_MISMATCH', message: new RegExp(path) })
  assert.ok(readBytes < 3 * MiB, `${readBytes} bytes were handed out`)
})

const isLarge = (bench: ObjectStoreBench, name: string): boolean =>
  (node.lstat(join(bench.directory, 'packs', name))?.sizeBytes ?? 0) > MiB

test('good chunks that make another file are found out at the end', async (context) => {
  const bench = await objectStoreBench(context, { compute })
  const writer = bench.store.startWrite()
  const items = ['one', 'two'].map((seed) => {
    const { digest, sizeBytes } = writer.addSmallFile(seededBytes(seed, 16_000))
    return { digest, sizeBytes }
  })
  const promised = digestOf(Buffer.from('another file'))
  writer.addRecipe(promised, 32_000, items)
  await publish(writer)
  await assert.rejects(readAll(bench.store.readFile(promised)), { code: 'DIGEST_MISMATCH' })
})

// --- failures --------------------------------------------------------------------------------------

/** Stops an add after some bytes, and expects nothing of it to be left. */
async function assertStops(
  context: TestContext,
  stop: { options: AddFileOptions; fs?: InterceptedFileSystem },
  code: string,
): Promise<void> {
  const fs = stop.fs ?? new InterceptedFileSystem(node)
  const bench = await objectStoreBench(context, { fs, compute, packSizeBytesMax: MiB })
  await assert.rejects(addTo(bench, seededBytes('stopped', 12 * MiB), stop.options), { code })
  const calls = fs.calls.length
  await compute.digests([Buffer.from('behind all the jobs of the add')])
  assert.equal(fs.calls.length, calls, 'nothing goes on in the background')
  assertEmpty(bench)
}

test('an abort in the middle stops everything', async (context) => {
  const controller = new AbortController()
  let seenBytes = 0
  const onBytes = (bytes: number): void => {
    seenBytes += bytes
    if (seenBytes > 5 * MiB) controller.abort()
  }
  await assertStops(context, { options: { signal: controller.signal, onBytes } }, 'INTERRUPTED')
  assert.ok(seenBytes < 8 * MiB, `${seenBytes} bytes were dealt with`)
})

test('a read error in the middle is the error of the add', async (context) => {
  const fs = new InterceptedFileSystem(node)
  let reads = 0
  fs.before('read', (path) => {
    if (path.endsWith('input') && ++reads === 6) throw new MlstoreError('IO_ERROR', 'bad sector')
  })
  await assertStops(context, { fs, options: {} }, 'IO_ERROR')
})

test('no space in the middle is the error of the add', async (context) => {
  const fs = new InterceptedFileSystem(node)
  let writes = 0
  fs.before('write', (path) => {
    if (path.includes('.mlstore') && ++writes === 4) throw new MlstoreError('NO_SPACE', 'full')
  })
  await assertStops(context, { fs, options: {} }, 'NO_SPACE')
})

test('a file that grows meanwhile is refused', async (context) => {
  const fs = new InterceptedFileSystem(node)
  let reads = 0
  fs.before('read', (path) => {
    if (path.endsWith('input') && ++reads === 4) appendFileSync(path, 'more')
  })
  await assertStops(context, { fs, options: {} }, 'FILE_CHANGED')
})

for (const answer of [1, 2, 9]) {
  test(`a thread that dies at answer ${answer} fails adding and reading, and nothing hangs`, async (context) => {
    const bench = await objectStoreBench(context)
    const bytes = seededBytes('dying', 9 * MiB)
    const { digest } = await addTo(bench, bytes)
    const dying = await computeThreads({ workerUrl: dyingWorker(answer) })
    const { store } = await bench.reopen({ compute: dying })
    await assert.rejects(readAll(store.readFile(digest)), { code: 'IO_ERROR' })
    const writer: ObjectWriter = store.startWrite()
    await assert.rejects(writer.addFile(inPieces(bytes)), { code: 'IO_ERROR' })
    await writer.abort()
    assert.deepEqual(namesIn(bench, 'tmp'), [])
  })
}

test('closing the store fails what is under way', async (context) => {
  const pool = await computeThreads()
  const bench = await objectStoreBench(context, { compute: pool })
  const adding = addTo(bench, seededBytes('closed', 12 * MiB), { onBytes: () => pool.close() })
  await assert.rejects(adding, { code: 'IO_ERROR' })
  assertEmpty(bench)
})

// --- frames on their way out -----------------------------------------------------------------------

test('frames go out in order, checked, and compressed where it pays', async (context) => {
  for (const options of [{}, { compute }]) {
    const bench = await objectStoreBench(context, options)
    const writer = bench.store.startWrite()
    const contents = Array.from({ length: 60 }, (_, n) => {
      const noise = seededBytes(`frame ${n}`, 200 + n * 900)
      return n % 2 === 0 ? noise : Buffer.alloc(noise.length, noise.toString('hex', 0, 90))
    })
    const digests = contents.map((bytes) => writer.addObject(1, bytes))
    digests.push(await addCompressed(writer, Buffer.alloc(5000, 'as it came')))
    await publish(writer)

    const sent: { digest: Digest; encoding: number }[] = []
    const other = await objectStoreBench(context)
    const copy = other.store.startWrite()
    for await (const frame of bench.store.outgoingFrames(digests)) {
      const { stored } = frame
      copy.addFrame({ ...frame, kind: 1, offset: 0, storedBytes: stored.length }, stored)
      sent.push(frame)
    }
    await publish(copy)
    assert.deepEqual(
      sent.map(({ digest }) => digest),
      digests,
    )
    for (const [index, bytes] of contents.entries()) {
      const isSmaller = index % 2 === 1 && bytes.length >= 1000
      if (isSmaller) assert.equal(sent[index]?.encoding, packEncoding.zstd)
      assert.ok(Buffer.from(other.store.readObject(digestOf(bytes))).equals(bytes))
    }
  }
})

test('a damaged frame does not go out', async (context) => {
  for (const options of [{}, { compute }]) {
    const bench = await objectStoreBench(context, options)
    const { digest } = await addTo(bench, seededBytes('bad', 12_000))
    const [name = ''] = namesIn(bench, 'packs')
    const path = join(bench.directory, 'packs', name)
    const pack = readFileSync(path)
    pack[500] = (pack[500] ?? 0) ^ 1
    writeFileSync(path, pack)
    const send = async (wanted: Digest): Promise<void> => {
      for await (const _ of bench.store.outgoingFrames([wanted])) assert.fail('it went out')
    }
    await assert.rejects(send(digest), { code: 'DIGEST_MISMATCH' })
    await assert.rejects(send(digestOf(Buffer.from('absent'))), { code: 'OBJECT_MISSING' })
  }
})
