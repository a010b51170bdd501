/** Files that are written while they arrive are given out whole, right and durable, or not at all. */

import assert from 'node:assert/strict'
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { type Digest, digestOf } from '../../src/core/digest.ts'
import { MlstoreError } from '../../src/errors.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { Temporaries } from '../../src/objects/temporary.ts'
import { ArrivingFiles } from '../../src/store/arriving-files.ts'
import { layoutOf } from '../../src/store/layout.ts'
import { InterceptedFileSystem } from '../support/intercepted-file-system.ts'
import { seededBytes } from '../support/seeded-data.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const MiB = 1024 * 1024
const content = seededBytes('arrives', 20 * MiB)
const expected = { digest: digestOf(content), sizeBytes: content.length }

class Bench {
  readonly fs = new InterceptedFileSystem(new NodeFileSystem())
  readonly folder: string
  readonly arriving: ArrivingFiles
  readonly #temporary: string
  #ids = 0

  constructor(context: TestContext) {
    this.folder = temporaryFolder(context)
    const { fs } = this
    const layout = layoutOf(join(this.folder, '.mlstore'))
    fs.makeDirectory(layout.temporary)
    const ids = { id: () => (this.#ids++).toString(16).padStart(32, '0'), random: () => 0 }
    const processes = { startTime: () => 1 }
    const temporaries = new Temporaries({ fs, ids, processes, host: 'test', pid: 1 })
    this.#temporary = layout.temporary
    this.arriving = new ArrivingFiles({ fs, temporaries, layout })
  }

  get left(): string[] {
    return readdirSync(this.#temporary)
  }

  async write(isRight = true): Promise<void> {
    const file = this.arriving.start(expected) ?? assert.fail('it was not worth it')
    const shared = new Uint8Array(new SharedArrayBuffer(content.length))
    shared.set(content)
    const writes: Promise<void>[] = []
    for (let at = 0; at < content.length; at += MiB) {
      const piece = shared.subarray(at, at + MiB)
      writes.push(file.write([piece.subarray(0, 1000), piece.subarray(1000)]))
    }
    await file.end(isRight)
    await Promise.all(writes)
  }

  place(name: string, digest: Digest = expected.digest): boolean {
    return this.arriving.place(digest, join(this.folder, name))
  }
}

test('a file that is right gets its place, once, synced before', async (context) => {
  const bench = new Bench(context)
  await bench.write()
  assert.ok(bench.fs.calls.lastIndexOf('sync') > bench.fs.calls.lastIndexOf('write'))
  assert.equal(bench.place('other', digestOf(Buffer.from('other'))), false)
  assert.equal(bench.place('a'), true)
  assert.ok(readFileSync(join(bench.folder, 'a')).equals(content))
  assert.equal(bench.place('b'), false)
  assert.deepEqual(bench.left, [])
})

test('what is in the way is left alone', async (context) => {
  const bench = new Bench(context)
  await bench.write()
  writeFileSync(join(bench.folder, 'a'), 'the work of a day')
  assert.equal(bench.place('a'), false)
  assert.equal(readFileSync(join(bench.folder, 'a'), 'utf8'), 'the work of a day')
  assert.equal(bench.place('b'), true)
})

test('a file that is wrong is deleted and never given out', async (context) => {
  const bench = new Bench(context)
  await bench.write(false)
  assert.equal(bench.place('a'), false)
  assert.deepEqual(bench.left, [])
})

test('a small file is not worth it', (context) => {
  const { arriving } = new Bench(context)
  assert.equal(arriving.start({ ...expected, sizeBytes: MiB }), undefined)
})

test('what nobody asked for, or never ended, is deleted', async (context) => {
  const bench = new Bench(context)
  await bench.write()
  const other = { digest: digestOf(Buffer.from('other')), sizeBytes: 20 * MiB }
  const unfinished = bench.arriving.start(other)
  assert.equal(bench.left.length, 2)
  bench.arriving[Symbol.dispose]()
  assert.deepEqual(bench.left, [])
  await unfinished?.end(false)
  assert.equal(bench.place('a'), false)
})

test('a file that a broken disk cut short is not given out', async (context) => {
  const bench = new Bench(context)
  bench.fs.shortenWrites = true
  await bench.write()
  assert.equal(bench.place('a'), false)
  assert.deepEqual(bench.left, [])
})

for (const failing of ['write', 'sync', 'open', 'rename'] as const) {
  test(`where ${failing} fails nothing is given out, and nothing stays`, async (context) => {
    const bench = new Bench(context)
    bench.fs.before(failing, () => {
      throw new MlstoreError('NO_SPACE', 'full')
    })
    if (failing === 'open') assert.equal(bench.arriving.start(expected), undefined)
    else await bench.write()
    assert.equal(bench.place('a'), false)
    assert.equal(lstatSync(join(bench.folder, 'a'), { throwIfNoEntry: false }), undefined)
    bench.arriving[Symbol.dispose]()
    assert.deepEqual(bench.left, [])
  })
}
