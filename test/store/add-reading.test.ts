/** How `add` reads: each file once, unless something changed; what changes meanwhile is refused. */

import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { test, type TestContext } from 'node:test'

import type { Progress, ProgressStep, ProgressTotal } from '../../src/ports/progress.ts'
import type { Store } from '../../src/store/store.ts'
import { seededBytes } from '../support/seeded-data.ts'
import { TestRepository } from '../support/store.ts'

const MiB = 1024 * 1024

const create = (context: TestContext): Promise<TestRepository> => TestRepository.create(context)

/** A progress that does something when the first bytes of a large file were read. */
function onFirstBytes(act: () => void): Progress {
  let isDone = false
  const advance = (step: ProgressStep): void => {
    if (isDone || (step.bytes ?? 0) <= 0) return
    isDone = true
    act()
  }
  return { start: () => ({ addTotal: () => undefined, advance, end: () => undefined }) }
}

async function textOf(store: Store, reference: string): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.cat(reference)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

const unfinished = (repository: TestRepository): string[] =>
  readdirSync(repository.at('.mlstore/tmp'))

test('a file changed to the same size with its old time is read again', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: 'old text' })
  const path = repository.at('data/a')
  const { atime, mtime } = statSync(path)
  writeFileSync(path, 'new text')
  utimesSync(path, atime, mtime)
  const added = await repository.addData({})
  assert.equal(added.unchanged, false)
  assert.equal(await textOf(repository.store, 'dataset/x:a'), 'new text')
})

test('a file replaced by one with the same size and time is read again', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: 'old text' })
  const path = repository.at('data/a')
  const { atime, mtime } = statSync(path)
  rmSync(path)
  writeFileSync(path, 'new text')
  utimesSync(path, atime, mtime)
  assert.equal((await repository.addData({})).unchanged, false)
})

test('a file that changes right after it was added is read again', async (context) => {
  const repository = await create(context)
  for (let round = 0; round < 20; round++) {
    const text = `text ${String(round).padStart(3, '0')}`
    writeFileSync(repository.at('racy'), text)
    await repository.add('racy', { as: 'model/racy' })
    assert.equal(await textOf(repository.store, 'model/racy'), text)
    repository.environment.clock.turn(1)
  }
})

test('only the executable bit changed: a new version, and no bytes', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: '1' })
  chmodSync(repository.at('data/a'), 0o755)
  const added = await repository.addData({})
  assert.deepEqual([added.unchanged, added.newBytes], [false, 0])
})

for (const [what, change] of Object.entries({
  grows: (path: string) => appendFileSync(path, 'more'),
  'is cut': (path: string) => writeFileSync(path, seededBytes('x', MiB)),
  'is written over': (path: string) => writeFileSync(path, seededBytes('y', 3 * MiB)),
  'is replaced': (path: string) => {
    rmSync(path)
    writeFileSync(path, seededBytes('x', 3 * MiB))
  },
  disappears: (path: string) => rmSync(path),
})) {
  test(`a file that ${what} while it is read is refused by name, and nothing is stored`, async (context) => {
    const repository = await create(context)
    mkdirSync(repository.at('data'))
    const path = repository.at('data/big')
    writeFileSync(path, seededBytes('x', 3 * MiB))
    const progress = onFirstBytes(() => change(path))
    const store = await repository.open({ progress })
    await assert.rejects(store.add({ paths: ['data'], as: 'dataset/x' }), {
      code: 'FILE_CHANGED',
      message: /data\/big/,
    })
    assert.deepEqual(await store.listArtifacts(), [])
    assert.deepEqual(unfinished(repository), [])
    assert.deepEqual(repository.lockLines(), [])
  })
}

test('an interrupted add is INTERRUPTED, leaves nothing, and can be run again', async (context) => {
  const repository = await create(context)
  mkdirSync(repository.at('data'))
  for (const name of ['a', 'b'])
    writeFileSync(repository.at('data', name), seededBytes(name, 3 * MiB))
  const controller = new AbortController()
  const store = await repository.open({ progress: onFirstBytes(() => controller.abort()) })
  const request = { paths: ['data'], as: 'dataset/x' }
  await assert.rejects(store.add({ ...request, signal: controller.signal }), {
    code: 'INTERRUPTED',
  })
  assert.deepEqual(unfinished(repository), [])
  assert.deepEqual(await store.listArtifacts(), [])
  const [added] = await store.add(request)
  assert.equal(added?.newBytes, 6 * MiB)
})

test('a signal that was raised before anything began is heard', async (context) => {
  const repository = await create(context)
  repository.write({ data: { a: '1' }, file: '1' })
  const signal = AbortSignal.abort()
  for (const path of ['data', 'file']) {
    await assert.rejects(repository.add(path, { as: 'dataset/x', signal }), { code: 'INTERRUPTED' })
  }
})

test('progress counts every byte once, as new or as known', async (context) => {
  const repository = await create(context)
  const sizes = [0, 10, 20_000, 300_000, 2 * MiB]
  mkdirSync(repository.at('data'))
  for (const size of sizes) {
    writeFileSync(repository.at('data', `${size}`), seededBytes(`${size}`, size))
    writeFileSync(repository.at('data', `copy of ${size}`), seededBytes(`${size}`, size))
  }
  const done = { files: 0, bytes: 0, dedupedBytes: 0 }
  const total = { files: 0, bytes: 0 }
  const task = {
    addTotal: (more: ProgressTotal) => {
      total.files += more.files ?? 0
      total.bytes += more.bytes ?? 0
    },
    advance: (step: ProgressStep) => {
      done.files += step.files ?? 0
      done.bytes += step.bytes ?? 0
      done.dedupedBytes += step.dedupedBytes ?? 0
    },
    end: () => undefined,
  }
  const store = await repository.open({ progress: { start: () => task } })
  const [added] = await store.add({ paths: ['data'], as: 'dataset/x' })
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  assert.deepEqual(total, { files: 10, bytes: 2 * bytes })
  assert.deepEqual(done, { files: 10, bytes, dedupedBytes: bytes })
  assert.equal(added?.newBytes, bytes)
})

// --- the stat cache is believed only as far as it goes --------------------------------------

/** Takes every pack away, as a gc would that found nothing to refer to them. */
function losePacks(repository: TestRepository): void {
  for (const name of readdirSync(repository.at('.mlstore/packs'))) {
    rmSync(repository.at('.mlstore/packs', name))
  }
}

test('bytes that the store lost are read again from unchanged files', async (context) => {
  const repository = await create(context)
  const big = seededBytes('big', MiB).toString('latin1')
  await repository.addData({ 'small.txt': 'small', 'big.bin': big })
  losePacks(repository)
  const added = await repository.addData({ 'new.txt': 'new' })
  assert.equal(added.unchanged, false)
  for (const [name, text] of [
    ['small.txt', 'small'],
    ['big.bin', big],
    ['new.txt', 'new'],
  ] as const) {
    assert.equal(await textOf(repository.store, `dataset/x:${name}`), text)
  }
})

test('so are those of a new version without a change', async (context) => {
  const repository = await create(context)
  await repository.addData({ 'small.txt': 'small' })
  losePacks(repository)
  await repository.addData({}, { label: 'again' })
  assert.equal(await textOf(repository.store, 'dataset/x@again:small.txt'), 'small')
})

// --- hard links -----------------------------------------------------------------------------

test('--hardlink keeps no second copy: one inode, read-only, and known the next time', async (context) => {
  const repository = await create(context)
  const bytes = seededBytes('model', MiB)
  writeFileSync(repository.at('model.bin'), bytes)
  const added = await repository.add('model.bin', { as: 'model/x', hardlink: true })
  assert.equal(added.newBytes, bytes.length)
  const stat = lstatSync(repository.at('model.bin'))
  assert.deepEqual([stat.nlink, stat.mode & 0o222], [2, 0])
  const packed = readdirSync(repository.at('.mlstore/packs')).map(
    (name) => statSync(repository.at('.mlstore/packs', name)).size,
  )
  assert.ok(packed.every((size) => size < 10_000))
  // Without the option it is not copied either, since its digest is known.
  const again = await repository.add('model.bin', { tags: { again: 'yes' } })
  assert.equal(again.unchanged, true)
  const size = readdirSync(repository.at('.mlstore/packs')).length
  assert.equal(size, packed.length)
  assert.deepEqual(unfinished(repository), [])
})

test('a hard-linked version comes out as a link, or as a copy of its own', async (context) => {
  const repository = await create(context)
  const folder = { 'a.bin': 'a'.repeat(5000), empty: '', run: { text: 'x', exec: true } }
  await repository.addData(folder, { hardlink: true })
  const inode = lstatSync(repository.at('data/a.bin')).ino
  await repository.store.get({ reference: 'dataset/x', output: 'linked', hardlink: true })
  await repository.store.get({ reference: 'dataset/x', output: 'copied' })
  assert.equal(lstatSync(repository.at('linked/a.bin')).ino, inode)
  assert.notEqual(lstatSync(repository.at('copied/a.bin')).ino, inode)
  assert.deepEqual(repository.list('linked'), repository.list('copied'))
  assert.equal(lstatSync(repository.at('copied/a.bin')).mode & 0o200, 0o200)
})

test('a hard-linked file that someone changed all the same is told, not handed out', async (context) => {
  const repository = await create(context)
  await repository.addData({ 'a.bin': 'a'.repeat(5000) }, { hardlink: true })
  chmodSync(repository.at('data/a.bin'), 0o644)
  writeFileSync(repository.at('data/a.bin'), 'b'.repeat(5000))
  await assert.rejects(repository.store.get({ reference: 'dataset/x', output: 'out' }), {
    code: 'DIGEST_MISMATCH',
  })
  assert.throws(() => readFileSync(repository.at('out/a.bin')), { code: 'ENOENT' })
})

test('a hard-linked file counts as new bytes once', async (context) => {
  const repository = await create(context)
  await repository.addData({ 'a.bin': 'a'.repeat(5000) })
  repository.write({ other: { 'b.bin': 'a'.repeat(5000), 'c.bin': 'c'.repeat(50) } })
  const added = await repository.add('other', { as: 'dataset/y', hardlink: true })
  assert.equal(added.newBytes, 50)
})
