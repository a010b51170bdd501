/** A file is called right only if it is, in whatever order its chunks arrive. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { after, test } from 'node:test'

import { type Digest, digestOf } from '../../../src/core/digest.ts'
import { openCodec } from '../../../src/objects/compression.ts'
import { ComputePool } from '../../../src/objects/compute-pool.ts'
import type { ComputeChoice } from '../../../src/objects/compute.ts'
import type { ArrivingFile } from '../../../src/store/arriving-files.ts'
import { ArrivalCheck, type ArrivalOutcome } from '../../../src/store/sync/arrival-check.ts'
import { computeThreads, dyingWorker } from '../../support/compute-threads.ts'
import { seededBytes } from '../../support/seeded-data.ts'

const codec = await openCodec()
const threads = await computeThreads()
after(() => threads.close())
const inline: ComputeChoice = new ComputePool({ codec, threadsMax: 0 })

const chunks = Array.from({ length: 12 }, (_, n) => seededBytes(`chunk ${n}`, 1000 + n))
const byDigest = new Map(chunks.map((bytes) => [digestOf(bytes), bytes]))

/** Stands for the files that are written meanwhile: keeps what it is told. */
class Arriving {
  readonly files: { bytes: Buffer; isRight: boolean | undefined }[] = []

  start(): ArrivingFile {
    const file: (typeof this.files)[number] = { bytes: Buffer.alloc(0), isRight: undefined }
    this.files.push(file)
    return {
      write: async (pieces) => {
        file.bytes = Buffer.concat([file.bytes, ...pieces])
      },
      end: async (isRight) => {
        file.isRight = isRight
      },
    }
  }
}

type Scene = {
  /** The chunks of each file, by number. */
  readonly files: readonly (readonly number[])[]
  /** Chunks that are here and do not arrive. */
  readonly local: ReadonlySet<number>
  /** Chunks in the order in which they arrive, a batch at a time. */
  readonly batches: readonly (readonly number[])[]
  /** Files whose digest is of something else. */
  readonly wrong: ReadonlySet<number>
}

function contentOf(numbers: readonly number[]): Buffer {
  return Buffer.concat(numbers.map((n) => chunks[n] ?? assert.fail()))
}

function digestsOf(numbers: readonly number[]): Digest[] {
  return numbers.map((n) => digestOf(chunks[n] ?? assert.fail()))
}

async function outcomesOf(
  scene: Scene,
  compute: ComputeChoice,
  arriving: Arriving,
): Promise<ArrivalOutcome[]> {
  const readLocal = (digest: Digest): Uint8Array => byDigest.get(digest) ?? assert.fail()
  await using check = new ArrivalCheck({ compute, arriving, readLocal, keptBytesMax: 3000 })
  const local = new Set(digestsOf([...scene.local]))
  for (const [index, numbers] of scene.files.entries()) {
    const content = contentOf(numbers)
    const digest = digestOf(scene.wrong.has(index) ? Buffer.from('another') : content)
    const isAwaited = (chunk: Digest): boolean => !local.has(chunk)
    check.addFile({ digest, sizeBytes: content.length }, digestsOf(numbers), isAwaited)
  }
  const hashing: Promise<void>[] = []
  for (const numbers of scene.batches) {
    // As in a download: the bytes lie in memory that is used again as soon as they were hashed.
    const memory = numbers.map((n) => Uint8Array.from(chunks[n] ?? assert.fail()))
    for (const bytes of memory) check.arrived(digestOf(bytes), bytes)
    hashing.push(check.hash().then(() => memory.forEach((bytes) => bytes.fill(0))))
    if (hashing.length > 2) await hashing.shift()
  }
  await Promise.all(hashing)
  return await check.end()
}

const number = fc.nat({ max: chunks.length - 1 })
const anyScene: fc.Arbitrary<Scene> = fc
  .record({
    files: fc.array(fc.array(number, { minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 4,
    }),
    localNumbers: fc.array(number, { maxLength: 3 }),
    order: fc.shuffledSubarray(
      chunks.map((_, n) => n),
      { minLength: chunks.length },
    ),
    isInOrder: fc.boolean(),
    batchLength: fc.integer({ min: 1, max: 5 }),
    wrongNumbers: fc.array(fc.nat({ max: 3 }), { maxLength: 1 }),
  })
  .map(({ files, localNumbers, order, isInOrder, batchLength, wrongNumbers }) => {
    const local = new Set(localNumbers)
    const needed = [...new Set(files.flat())]
    const arriving = (isInOrder ? needed : order).filter((n) => needed.includes(n) && !local.has(n))
    const batches = Array.from({ length: Math.ceil(arriving.length / batchLength) }, (_, n) =>
      arriving.slice(n * batchLength, (n + 1) * batchLength),
    )
    return { files, local, batches, wrong: new Set(wrongNumbers) }
  })

test('no wrong file is called right, and no right one wrong', async () => {
  await fc.assert(
    fc.asyncProperty(anyScene, async (scene) => {
      for (const compute of [inline, threads]) {
        const arriving = new Arriving()
        const outcomes = await outcomesOf(scene, compute, arriving)
        for (const [index, outcome] of outcomes.entries()) {
          assert.notEqual(outcome, scene.wrong.has(index) ? 'right' : 'wrong')
        }
        const right = outcomes.filter((outcome) => outcome === 'right').length
        const written = arriving.files.filter(({ isRight }) => isRight === true)
        assert.equal(written.length, right)
        assert.ok(arriving.files.every(({ isRight }) => isRight !== undefined))
        const contents = scene.files.map((numbers) => contentOf(numbers).toString('hex'))
        for (const { bytes } of written) assert.ok(contents.includes(bytes.toString('hex')))
      }
    }),
    { numRuns: 200 },
  )
})

const wholeInOrder: Scene = {
  files: [chunks.map((_, n) => n)],
  local: new Set([3]),
  batches: [
    [0, 1, 2],
    [4, 5, 6, 7],
    [8, 9, 10, 11],
  ],
  wrong: new Set(),
}

test('a file whose chunks arrive in order is checked, and what it lacks is read', async () => {
  for (const compute of [inline, threads]) {
    const arriving = new Arriving()
    assert.deepEqual(await outcomesOf(wholeInOrder, compute, arriving), ['right'])
    const [file] = arriving.files
    assert.ok(file?.bytes.equals(contentOf(wholeInOrder.files[0] ?? [])))
  }
})

test('a file that makes something else than its digest is wrong, and not given out', async () => {
  const arriving = new Arriving()
  const scene = { ...wholeInOrder, wrong: new Set([0]) }
  assert.deepEqual(await outcomesOf(scene, threads, arriving), ['wrong'])
  assert.deepEqual(
    arriving.files.map(({ isRight }) => isRight),
    [false],
  )
})

test('a file whose chunks come the other way round has to be read back', async () => {
  const batches = wholeInOrder.batches.map((batch) => batch.toReversed()).toReversed()
  const outcomes = await outcomesOf({ ...wholeInOrder, batches }, threads, new Arriving())
  assert.deepEqual(outcomes, ['unchecked'])
})

test('a thread that dies fails the check, and what was written is given up', async () => {
  const compute = await computeThreads({ threadsMax: 1, workerUrl: dyingWorker(2) })
  const arriving = new Arriving()
  await assert.rejects(outcomesOf(wholeInOrder, compute, arriving), { code: 'IO_ERROR' })
  assert.deepEqual(
    arriving.files.map(({ isRight }) => isRight),
    [false],
  )
  compute.close()
})
