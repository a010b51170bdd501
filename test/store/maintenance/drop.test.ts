/** drop frees only what a remote is proved to have and nothing that stays needs. */

import assert from 'node:assert/strict'
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'

import { readFooter } from '../../../src/core/pack/footer-reader.ts'
import { seededBytes } from '../../support/seeded-data.ts'
import type { TestRepository } from '../../support/store.ts'
import { assertSound, filesIn, largestOf, repositoryWithData } from './damage-store.ts'

const packBytes = (repository: TestRepository): number =>
  filesIn(repository.folder, '.mlstore', 'packs').reduce(
    (sum, path) => sum + statSync(path).size,
    0,
  )

/** Every file of the version, fetching what is missing. */
async function assertGets(
  repository: TestRepository,
  reference: string,
  path: string,
): Promise<void> {
  const output = repository.at('out')
  rmSync(output, { recursive: true, force: true })
  await repository.store.get({ reference, output, noLock: true })
  assert.deepEqual(repository.list('out'), repository.list(path))
}

function unlock(repository: TestRepository): void {
  rmSync(repository.at('mlstore.lock'))
}

test('a pushed version is dropped and comes back', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  unlock(repository)
  const before = packBytes(repository)
  const dropped = await repository.store.drop({})
  assert.ok(dropped.bytes > 700_000, `${dropped.bytes} bytes`)
  assert.deepEqual(dropped.kept, [])
  assert.ok(packBytes(repository) < before - 700_000)
  assertSound(await repository.store.fsck())
  await assertGets(repository, 'dataset/x', 'data')
  assertSound(await repository.store.fsck())
})

test('the tree of a dropped version can still be listed without the remote', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.push()
  unlock(repository)
  await repository.store.drop({})
  rmSync(remote.folder, { recursive: true })
  const paths: string[] = []
  for await (const { path } of repository.store.listFiles({ reference: 'dataset/x' })) {
    paths.push(path)
  }
  assert.deepEqual(paths, ['a.txt', 'b.txt', 'big.bin', 'folder'])
})

test('a dry run says what would be freed and frees nothing', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  unlock(repository)
  const before = filesIn(repository.folder, '.mlstore', 'packs')
  const planned = await repository.store.drop({ dryRun: true })
  assert.deepEqual(filesIn(repository.folder, '.mlstore', 'packs'), before)
  assert.deepEqual(await repository.store.drop({}), planned)
  assert.equal((await repository.store.drop({})).objects, 0)
})

test('what no remote has stays', async (context) => {
  const { repository } = await repositoryWithData(context)
  unlock(repository)
  const before = packBytes(repository)
  const { objects, kept } = await repository.store.drop({})
  assert.equal(objects, 0)
  assert.equal(kept.length, 1)
  assert.equal(packBytes(repository), before)
})

test('a version the lock file names stays, unless it is named itself', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  assert.equal((await repository.store.drop({})).objects, 0)
  assert.ok((await repository.store.drop({ references: ['dataset/x'] })).objects > 0)
  await assertGets(repository, 'dataset/x', 'data')
})

test('content that a version shares with one that stays is kept, chunk by chunk', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  const first = await repository.store.show('dataset/x')
  // The second version shares most chunks of the big file and one small file.
  const big = readFileSync(repository.at('data', 'big.bin'))
  const inserted = Buffer.concat([
    big.subarray(0, 350_000),
    Buffer.from('x'),
    big.subarray(350_000),
  ])
  writeFileSync(repository.at('data', 'big.bin'), inserted)
  writeFileSync(repository.at('data', 'b.txt'), 'changed')
  await repository.add('data', { as: 'dataset/x' })
  await repository.store.push()
  const dropped = await repository.store.drop({ references: [`dataset/x@${first.digest}`] })
  assert.ok(dropped.objects > 0)
  assert.ok(dropped.bytes < 400_000, `${dropped.bytes} bytes`)
  assertSound(await repository.store.fsck())
  // The version that stayed is whole without any remote.
  const hidden = `${remote.folder}-hidden`
  const { renameSync } = await import('node:fs')
  renameSync(remote.folder, hidden)
  await assertGets(repository, 'dataset/x', 'data')
  renameSync(hidden, remote.folder)
  writeFileSync(repository.at('data', 'big.bin'), big)
  writeFileSync(repository.at('data', 'b.txt'), 'some other text')
  await assertGets(repository, `dataset/x@${first.digest}`, 'data')
})

test('the newest versions of each artifact stay with --keep-last', async (context) => {
  const { repository } = await repositoryWithData(context)
  for (let index = 0; index < 3; index++) {
    await repository.addData({ 'a.txt': seededBytes(`${index}`, 3000).toString('hex') })
  }
  await repository.store.push()
  unlock(repository)
  const { kept } = await repository.store.drop({ keepLast: 2 })
  assert.equal(kept.length, 2)
  assertSound(await repository.store.fsck())
  await assert.rejects(repository.store.drop({ keepLast: -1 }), { code: 'INVALID_ARGUMENT' })
})

test('a pack that is gone, cut or foreign on the remote is no proof', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.push()
  unlock(repository)
  const pack = largestOf(filesIn(remote.folder, 'pack'))
  const bytes = readFileSync(pack)
  const assertKept = async (): Promise<void> => {
    const { objects, kept } = await repository.store.drop({})
    assert.equal(objects, 0)
    assert.equal(kept.length, 1)
  }
  rmSync(pack)
  await assertKept()
  writeFileSync(pack, bytes)
  truncateSync(pack, bytes.length - 1)
  await assertKept()
  rmSync(remote.folder, { recursive: true })
  await assertKept()
})

test('an unpushed version keeps what it shares with a dropped one', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  writeFileSync(repository.at('data', 'b.txt'), 'changed')
  const second = await repository.add('data', { as: 'dataset/x' })
  unlock(repository)
  const { kept } = await repository.store.drop({})
  assert.equal(kept.length, 1)
  assertSound(await repository.store.fsck())
  await repository.store.removeRemote('origin')
  await assertGets(repository, `dataset/x@${second.digest}`, 'data')
})

test('a drop that a crash stopped before old packs were deleted is finished by the next', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  unlock(repository)
  const packs = filesIn(repository.folder, '.mlstore', 'packs').map((path) => {
    const bytes = readFileSync(path)
    const { fileCount } = readFooter(bytes, basename(path, '.pack'), bytes.length).trailer
    return { path, bytes, saysHow: fileCount > 0 }
  })
  await repository.store.drop({})
  const after = packBytes(repository)
  // What says how files are made goes first, durably: if it is there, so is all that it needs.
  for (const back of [packs, packs.filter(({ saysHow }) => !saysHow)]) {
    for (const { path, bytes } of back) writeFileSync(path, bytes)
    const store = await repository.open()
    await store.setTags('dataset/x', { back: `${back.length}` })
    assertSound(await store.fsck())
    await assertGets(repository, 'dataset/x', 'data')
    await store.drop({})
    assert.equal(packBytes(repository), after)
    assertSound(await store.fsck())
  }
})

test('a loose file is dropped too, and the file of the user stays', async (context) => {
  const { repository } = await repositoryWithData(context)
  writeFileSync(repository.at('model.bin'), 'weights')
  await repository.add('model.bin', { as: 'model/m', hardlink: true })
  await repository.store.push()
  await repository.store.drop({ references: ['model/m'] })
  assert.deepEqual(filesIn(repository.folder, '.mlstore', 'objects'), [])
  assert.equal(readFileSync(repository.at('model.bin'), 'utf8'), 'weights')
  assertSound(await repository.store.fsck())
})

test('a part of a version cannot be dropped, and what is not there neither', async (context) => {
  const { repository } = await repositoryWithData(context)
  const { store } = repository
  await assert.rejects(store.drop({ references: ['dataset/x:a.txt'] }), {
    code: 'INVALID_ARGUMENT',
  })
  await assert.rejects(store.drop({ references: ['dataset/y'] }), { code: 'NOT_FOUND' })
})
