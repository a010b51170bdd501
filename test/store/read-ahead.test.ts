/** Small objects are asked for ahead, not too many at once, and every one arrives as it should. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { digestOf } from '../../src/core/digest.ts'
import type { ExternalObject } from '../../src/core/external-objects.ts'
import type { ExternalFolder, ExternalRead } from '../../src/ports/external-folder.ts'
import { ReadAhead } from '../../src/store/external/read-ahead.ts'
import type { ExternalReading } from '../../src/store/external/read-external.ts'
import { systemEnvironment } from '../../src/store/system-environment.ts'
import type { Content } from '../../src/worktree/file-writer.ts'

/** A place whose answers wait until all that can be asked for was asked for. */
class SlowFolder implements ExternalFolder {
  readonly uri = 'slow:'
  readonly requests = 0
  readonly asked: string[] = []
  readonly signals = new Set<AbortSignal | undefined>()
  atOnceMax = 0
  #atOnce = 0

  list(): AsyncIterable<never> {
    throw new Error('nobody lists it')
  }

  async read(path: string, { range, signal }: ExternalRead): Promise<Uint8Array> {
    this.asked.push(path)
    this.signals.add(signal)
    this.#atOnce += 1
    this.atOnceMax = Math.max(this.atOnceMax, this.#atOnce)
    await new Promise((resolve) => setImmediate(resolve))
    this.#atOnce -= 1
    return contentOf(path).subarray(range.start, range.end)
  }

  async close(): Promise<void> {
    await Promise.resolve()
  }
}

function contentOf(path: string): Buffer {
  return Buffer.from(path.repeat(path.startsWith('large') ? 1_000_000 : 3))
}

function object(path: string): ExternalObject {
  const bytes = contentOf(path)
  return { path, sizeBytes: bytes.length, sha256: digestOf(bytes) }
}

function reading(folder: ExternalFolder): ExternalReading {
  return { clock: systemEnvironment().clock, folder, signal: undefined }
}

async function bytesOf(content: Content): Promise<Buffer> {
  if (content instanceof Uint8Array) return Buffer.from(content)
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

test('every object comes with its own bytes, small ones several at once', async () => {
  const names = Array.from({ length: 40 }, (_, index) => (index % 10 === 5 ? 'large' : 's') + index)
  const objects = names.map(object)
  const folder = new SlowFolder()
  using ahead = new ReadAhead(reading(folder), objects)
  for (const each of objects) {
    assert.deepEqual(await bytesOf(ahead.content(each)), contentOf(each.path), each.path)
  }
  assert.ok(folder.atOnceMax > 1 && folder.atOnceMax <= 9, `${folder.atOnceMax}`)
  assert.equal(folder.asked.filter((path) => path.startsWith('s')).length, 36)
})

test('an object that stands at several paths can be asked for several times', async () => {
  const same = object('same')
  const folder = new SlowFolder()
  using ahead = new ReadAhead(reading(folder), [same, same, object('other'), same])
  for (let times = 0; times < 3; times++) {
    assert.deepEqual(await bytesOf(ahead.content(same)), contentOf('same'))
  }
})

test('bytes that are not the recorded ones fail when they are asked for, and only then', async () => {
  const folder = new SlowFolder()
  const wrong = { ...object('wrong'), sha256: digestOf(Buffer.from('right')) }
  const good = object('good')
  using ahead = new ReadAhead(reading(folder), [good, wrong])
  assert.deepEqual(await bytesOf(ahead.content(good)), contentOf('good'))
  await assert.rejects(bytesOf(ahead.content(wrong)), { code: 'DIGEST_MISMATCH' })
})

test('what nobody asks for any more is given up', async () => {
  const folder = new SlowFolder()
  const objects = ['a', 'b', 'c'].map(object)
  {
    using ahead = new ReadAhead(reading(folder), objects)
    await bytesOf(ahead.content(object('other')))
  }
  const [signal] = folder.signals
  assert.equal(signal?.aborted, true)
})
