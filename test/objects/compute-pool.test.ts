/** Threads answer as the calling thread does, or fail, and never keep anybody waiting. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { digestOf, emptyDigest } from '../../src/core/digest.ts'
import { packEncoding } from '../../src/core/pack/format.ts'
import { openCodec } from '../../src/objects/compression.ts'
import { ComputePool } from '../../src/objects/compute-pool.ts'
import { type Compute, InlineCompute } from '../../src/objects/compute.ts'
import { computeThreads, dyingWorker } from '../support/compute-threads.ts'
import { seededBytes } from '../support/seeded-data.ts'

const codec = await openCodec()
const text = Buffer.from('the same words again and again, '.repeat(400))
const noise = seededBytes('noise', 20_000)

function compressed(bytes: Uint8Array): Uint8Array {
  return codec.compress(bytes) ?? assert.fail('was expected to shrink')
}

async function digestInPieces(compute: Compute, pieces: readonly Uint8Array[]): Promise<string> {
  using digest = compute.startDigest()
  await Promise.all(pieces.map((piece) => digest.update([piece])))
  return digest.end()
}

test('threads and the calling thread give the same digests', async (context) => {
  const pool = await computeThreads()
  context.after(() => pool.close())
  const inline = new InlineCompute(codec)
  const anyPieces = fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(anyPieces, async (pieces) => {
      const expected = pieces.map((piece) => digestOf(piece))
      const whole = digestOf(Buffer.concat(pieces))
      for (const compute of [inline, pool]) {
        assert.deepEqual(await compute.digests(pieces), expected)
        assert.equal(await digestInPieces(compute, pieces), whole)
      }
    }),
    { numRuns: 50 },
  )
})

for (const kind of ['the calling thread', 'threads'] as const) {
  const open = async (context: { after(done: () => void): void }): Promise<Compute> => {
    if (kind === 'the calling thread') return new InlineCompute(codec)
    const pool = await computeThreads()
    context.after(() => pool.close())
    return pool
  }

  test(`${kind}: decoding fills the given memory, and bad frames get no digest`, async (context) => {
    const compute = await open(context)
    const content = new Uint8Array(new SharedArrayBuffer(text.length))
    const damaged = Buffer.from(compressed(text))
    damaged.writeUInt32LE(0xffffffff, 10)
    const digests = await compute.decode([
      { encoding: packEncoding.raw, stored: noise, content: noise },
      { encoding: packEncoding.zstd, stored: compressed(text), content },
      { encoding: packEncoding.zstd, stored: noise, content: Buffer.alloc(10) },
      { encoding: packEncoding.zstd, stored: compressed(text), content: Buffer.alloc(10) },
      { encoding: 9, stored: noise, content: noise },
    ])
    const [raw, zstd, ...bad] = digests
    assert.deepEqual([raw, zstd], [digestOf(noise), digestOf(text)])
    assert.ok(Buffer.from(content).equals(text))
    assert.deepEqual(bad, [emptyDigest, emptyDigest, emptyDigest])
  })

  test(`${kind}: encoding compresses what is raw and worth it`, async (context) => {
    const compute = await open(context)
    const frame = (stored: Uint8Array, sizeBytes: number, encoding: number = packEncoding.raw) => ({
      encoding,
      stored,
      sizeBytes,
      into: new Uint8Array(new SharedArrayBuffer(stored.length)),
    })
    const frames = [
      frame(text, text.length),
      frame(noise, noise.length),
      frame(compressed(text), text.length, packEncoding.zstd),
      frame(noise, 5, packEncoding.zstd),
    ] as const
    const encoded = await compute.encode(frames)
    const shrunk = frames[0].into.subarray(0, encoded[0]?.compressedBytes)
    assert.ok(shrunk.length < text.length / 2)
    assert.ok(Buffer.from(codec.decompress(shrunk, text.length)).equals(text))
    assert.deepEqual(
      encoded.map(({ digest }) => digest),
      [digestOf(text), digestOf(noise), digestOf(text), emptyDigest],
    )
    assert.deepEqual(
      encoded.slice(1).map((each) => each.compressedBytes),
      [undefined, undefined, undefined],
    )
  })
}

test('only files above the limit are worth a thread', async () => {
  const pool = new ComputePool({ codec, threadsMax: 2, inlineBytesMax: 1000 })
  assert.ok(pool.for(1000) instanceof InlineCompute)
  assert.equal(pool.for(1001), pool)
  assert.ok(new ComputePool({ codec, threadsMax: 0 }).for(1e12) instanceof InlineCompute)
})

test('a thread that dies fails what it had to do, and the next one is new', async () => {
  const pool = await computeThreads({ threadsMax: 1, workerUrl: dyingWorker(3) })
  for (let times = 0; times < 2; times++) {
    using digest = pool.startDigest()
    await digest.update([noise])
    await pool.digests([noise])
    const jobs = [digest.update([noise]), pool.digests([noise]), pool.encode([])]
    const results = await Promise.allSettled(jobs)
    assert.deepEqual(
      results.map((result) => result.status === 'rejected' && result.reason.code),
      ['IO_ERROR', 'IO_ERROR', 'IO_ERROR'],
    )
    await assert.rejects(digest.end(), { code: 'IO_ERROR' })
  }
})

test('a thread that cannot start, or throws, fails what it had to do', async () => {
  for (const code of ['import "nowhere"', 'throw 1', 'setTimeout(() => { throw 1 })']) {
    const workerUrl = new URL(`data:text/javascript,${encodeURIComponent(code)}`)
    const pool = await computeThreads({ workerUrl })
    await assert.rejects(pool.digests([noise]), { code: 'IO_ERROR' })
  }
})

test('closing fails what is under way; afterwards there are new threads', async () => {
  const pool = await computeThreads()
  const digests = pool.digests([noise])
  pool.close()
  pool.close()
  await assert.rejects(digests, { code: 'IO_ERROR' })
  assert.deepEqual(await pool.digests([noise]), [digestOf(noise)])
  pool.close()
})

test('a process waits for jobs that are under way and not for idle threads', () => {
  const program = fileURLToPath(new URL('../support/threads-left-open.ts', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', program], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  assert.equal(stdout.trim(), digestOf(Buffer.from('left open')))
  assert.equal(status, 0)
})
