/** Loose objects cost no copy and are never trusted: their bytes are hashed on the way out. */

import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { digestOf } from '../../src/core/digest.ts'
import { packKind } from '../../src/core/pack/format.ts'
import { MlstoreError } from '../../src/errors.ts'
import type { LinkMode } from '../../src/objects/loose-files.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { InterceptedFileSystem } from '../support/intercepted-file-system.ts'
import {
  loosePath,
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
const bytes = seededBytes('loose', 3 * MiB + 17)
const digest = digestOf(bytes)

/** A disk whose reflinks are copies: what is built on them behaves the same. */
class CloningFileSystem extends NodeFileSystem {
  override clone(from: string, to: string): boolean {
    copyFileSync(from, to)
    return true
  }
}

async function benchWith(
  context: Parameters<typeof objectStoreBench>[0],
): Promise<{ bench: ObjectStoreBench; path: string }> {
  const bench = await objectStoreBench(context, { fs: new CloningFileSystem() })
  await bench.store.startWrite().abort()
  const path = join(bench.folder, 'model.bin')
  writeFileSync(path, bytes, { mode: 0o644 })
  return { bench, path }
}

/** Writes to a file that is read-only, as root or a program that had it open can. */
function changeInPlace(path: string): void {
  chmodSync(path, 0o644)
  appendFileSync(path, '!')
}

for (const mode of ['hardlink', 'reflink'] as const satisfies readonly LinkMode[]) {
  test(`a file taken in by ${mode} is there, whole and in ranges`, async (context) => {
    const { bench, path } = await benchWith(context)
    const { store } = bench
    const adopted = await store.loose.adopt(path, mode)
    assert.deepEqual(adopted, { digest, sizeBytes: bytes.length, isNew: true })
    assert.equal(store.has(digest), true)
    assert.deepEqual(store.missingOf([digest]), [])
    assert.ok((await readAll(store.readFile(digest))).equals(bytes))
    const range = { start: MiB - 5, end: 2 * MiB + 5 }
    const part = await readAll(store.readFile(digest, { range }))
    assert.ok(part.equals(bytes.subarray(range.start, range.end)))
    assert.ok(Buffer.from(store.readObject(digest)).equals(bytes))
    assert.deepEqual([...store.loose.list()], [{ digest, sizeBytes: bytes.length }])
    await store.loose.verify(digest)
    assert.deepEqual(namesIn(bench, 'tmp'), [])
    assert.ok(readFileSync(path).equals(bytes))
  })

  test(`a file taken in twice by ${mode} is stored once`, async (context) => {
    const { bench, path } = await benchWith(context)
    await bench.store.loose.adopt(path, mode)
    chmodSync(path, 0o644)
    await bench.store.loose.adopt(path, mode)
    assert.equal([...bench.store.loose.list()].length, 1)
    assert.deepEqual(namesIn(bench, 'tmp'), [])
  })

  test(`goes out by ${mode} without a copy, and not over what is there`, async (context) => {
    const { bench, path } = await benchWith(context)
    await bench.store.loose.adopt(path, mode)
    const to = join(bench.folder, 'out.bin')
    assert.equal(await bench.store.loose.linkOut(digest, to, mode), true)
    assert.ok(readFileSync(to).equals(bytes))
    if (mode === 'hardlink') {
      await assert.rejects(bench.store.loose.linkOut(digest, to, mode), {
        code: 'INVALID_ARGUMENT',
      })
      assert.ok(readFileSync(to).equals(bytes))
    }
  })

  test(`an object changed since it was taken in by ${mode} is DIGEST_MISMATCH`, async (context) => {
    const { bench, path } = await benchWith(context)
    await bench.store.loose.adopt(path, mode)
    changeInPlace(loosePath(bench, digest))
    const { store } = bench
    const wrong = { code: 'DIGEST_MISMATCH' }
    await assert.rejects(readAll(store.readFile(digest)), wrong)
    await assert.rejects(store.loose.verify(digest), wrong)
    await assert.rejects(readAll(store.readFile(digest, { range: { start: 0, end: 9 } })), wrong)
    assert.throws(() => store.readObject(digest), wrong)
    const to = join(bench.folder, 'out.bin')
    await assert.rejects(store.loose.linkOut(digest, to, mode), wrong)
    assert.equal(node.lstat(to), undefined)
  })
}

test('a hard-linked file becomes read-only and is the same file', async (context) => {
  const { bench, path } = await benchWith(context)
  await bench.store.loose.adopt(path, 'hardlink')
  assert.equal(statSync(path).mode & 0o777, 0o444)
  assert.equal(statSync(path).ino, statSync(loosePath(bench, digest)).ino)
})

test('a reflinked file stays writable, and a change of it does not reach the store', async (context) => {
  const { bench, path } = await benchWith(context)
  await bench.store.loose.adopt(path, 'reflink')
  assert.equal(statSync(path).mode & 0o777, 0o644)
  appendFileSync(path, 'more')
  assert.ok((await readAll(bench.store.readFile(digest))).equals(bytes))
})

test('a good copy takes the place of one that was changed', async (context) => {
  const { bench, path } = await benchWith(context)
  await bench.store.loose.adopt(path, 'reflink')
  changeInPlace(loosePath(bench, digest))
  await bench.store.loose.adopt(path, 'reflink')
  assert.ok((await readAll(bench.store.readFile(digest))).equals(bytes))
})

test('a hard link that is no longer the file is left alone by the file', async (context) => {
  const { bench, path } = await benchWith(context)
  await bench.store.loose.adopt(path, 'hardlink')
  bench.store.loose.remove(digest)
  assert.equal(bench.store.has(digest), false)
  assert.ok(readFileSync(path).equals(bytes))
  bench.store.loose.remove(digest)
})

test('says that it cannot, where there are no reflinks or links', async (context) => {
  const { bench: plain } = await benchWith(context)
  const fs = new InterceptedFileSystem(node)
  fs.before('link', () => {
    throw new MlstoreError('IO_ERROR', 'cross-device link', { details: { system: 'EXDEV' } })
  })
  fs.clone = () => false
  const { store } = await plain.reopen({ fs })
  const path = join(plain.folder, 'model.bin')
  assert.equal(await store.loose.adopt(path, 'hardlink'), undefined)
  assert.equal(await store.loose.adopt(path, 'reflink'), undefined)
  await plain.store.loose.adopt(path, 'reflink')
  const to = join(plain.folder, 'out')
  assert.equal(await store.loose.linkOut(digest, to, 'hardlink'), false)
  assert.equal(await store.loose.linkOut(digestOf(Buffer.from('x')), to, 'hardlink'), false)
  assert.equal(node.lstat(to), undefined)
})

test('a hard-linked file that is written to meanwhile is refused and stays as it is', async (context) => {
  const { bench, path } = await benchWith(context)
  const fs = new InterceptedFileSystem(node)
  let reads = 0
  fs.before('read', () => {
    reads += 1
    if (reads === 2) appendFileSync(path, 'more')
  })
  const { store } = await bench.reopen({ fs })
  await assert.rejects(store.loose.adopt(path, 'hardlink'), { code: 'FILE_CHANGED' })
  assert.equal(statSync(path).mode & 0o777, 0o644)
  assert.equal(statSync(path).nlink, 1)
  assert.deepEqual([...store.loose.list()], [])
})

for (const step of ['open', 'read', 'sync', 'makeDirectory', 'rename', 'syncDirectory'] as const) {
  test(`the file is as it was when ${step} fails`, async (context) => {
    const { bench, path } = await benchWith(context)
    const fs = new InterceptedFileSystem(node)
    const { store } = await bench.reopen({ fs })
    fs.before(step, () => {
      throw new MlstoreError('NO_SPACE', 'full')
    })
    await assert.rejects(store.loose.adopt(path, 'hardlink'), { code: 'NO_SPACE' })
    assert.ok(readFileSync(path).equals(bytes))
    assert.equal(statSync(path).mode & 0o777, 0o644)
    assert.deepEqual(namesIn(bench, 'tmp'), [])
  })
}

test('a loose object that a session keeps must be there when it is published', async (context) => {
  const { bench, path } = await benchWith(context)
  await bench.store.loose.adopt(path, 'reflink')
  const writer = bench.store.startWrite()
  assert.equal(writer.keep(digest), true)
  assert.deepEqual((await tryPublish(writer)).missing, [])
  bench.store.loose.remove(digest)
  assert.deepEqual(writer.publish().missing, [digest])
  writer.addSmallFile(bytes)
  await publish(writer)
  assert.ok((await readAll(bench.store.readFile(digest))).equals(bytes))
})

test('a file that is in packs is read from there, also when it is loose and changed', async (context) => {
  const { bench, path } = await benchWith(context)
  await bench.store.loose.adopt(path, 'hardlink')
  const writer = bench.store.startWrite()
  writer.addSmallFile(bytes)
  writer.addObject(packKind.blob, Buffer.from('another'))
  await publish(writer)
  changeInPlace(path)
  assert.ok((await readAll(bench.store.readFile(digest))).equals(bytes))
})

test('lists nothing but objects', async (context) => {
  const { bench, path } = await benchWith(context)
  assert.deepEqual([...bench.store.loose.list()], [])
  await bench.store.loose.adopt(path, 'reflink')
  writeFileSync(join(bench.directory, 'objects', 'README'), 'x')
  linkSync(path, join(bench.directory, 'objects', digest.slice(0, 2), 'odd'))
  assert.deepEqual(
    [...bench.store.loose.list()].map((object) => object.digest),
    [digest],
  )
})
