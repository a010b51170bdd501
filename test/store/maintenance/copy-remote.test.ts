/** remote copy: the same repository in another place, resumable, and nothing else there. */

import assert from 'node:assert/strict'
import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { after, test, type TestContext } from 'node:test'

import { TestRepository } from '../../support/store.ts'
import {
  assertSound,
  filesIn,
  flipBit,
  largestOf,
  makeRemote,
  type Remote,
  repositoryWithData,
} from './damage-store.ts'

/** Keys and bytes, without what a probe left. */
function contentOf({ folder }: Remote): Record<string, string> {
  const files = filesIn(folder).filter((path) => !relative(folder, path).startsWith('probe'))
  return Object.fromEntries(
    files.map((path) => [relative(folder, path), readFileSync(path).toString('hex')]),
  )
}

/** A remote with a checkpoint, made once; each test gets a copy of it. */
let template: Promise<string> | undefined
const templateFolders: string[] = []
after(() => {
  for (const folder of templateFolders) rmSync(folder, { recursive: true })
})

async function makeTemplate(): Promise<string> {
  const keep = { after: () => undefined }
  const { repository, remote } = await repositoryWithData(keep, { seed: 'f' })
  templateFolders.push(repository.folder, dirname(remote.folder))
  for (let index = 0; index < 16; index++) {
    await repository.store.push()
    await repository.store.setTags('dataset/x', { index: `${index}` })
  }
  await repository.addData({ 'a.txt': 'the last' })
  await repository.store.push()
  await repository.store.close()
  return remote.folder
}

/** A store that knows the remote, with nothing of its content, and an empty one beside it. */
async function pushedRepository(
  context: TestContext,
): Promise<{ repository: TestRepository; from: Remote; to: Remote }> {
  template ??= makeTemplate()
  const [from, to] = [makeRemote(context), makeRemote(context)]
  cpSync(await template, from.folder, { recursive: true })
  const repository = await TestRepository.create(context)
  await repository.store.addRemote({ name: 'origin', settings: { url: from.url } })
  await repository.store.addRemote({ name: 'backup', settings: { url: to.url } })
  await repository.store.fetch()
  return { repository, from, to }
}

test('a copy made from a metadata-only clone is the same, byte for byte, and works by itself', async (context) => {
  const { repository, from, to } = await pushedRepository(context)
  const copied = await repository.store.copyRemote('origin', 'backup')
  assert.deepEqual(contentOf(to), contentOf(from))
  assert.equal(copied.objects, Object.keys(contentOf(to)).length)
  assert.equal(copied.from, 'origin')
  assertSound(await repository.store.fsck({ remote: 'backup' }))

  const clone = await TestRepository.create(context, { seed: '1' })
  await clone.store.addRemote({ name: 'origin', settings: { url: to.url } })
  await clone.store.fetch()
  await clone.store.get({ reference: 'dataset/x', output: clone.at('data'), noLock: true })
  assert.equal(clone.text('data/a.txt'), 'the last')
  assert.equal(readFileSync(clone.at('data', 'big.bin')).length, 700_000)
  // The old name takes the new place over.
  await repository.store.setRemoteUrl('origin', to.url)
  rmSync(from.folder, { recursive: true })
  await repository.addData({ 'a.txt': 'after the move' })
  await repository.store.push()
  assertSound(await repository.store.fsck({ remote: 'origin' }))
})

test('a copy that was interrupted anywhere is finished by the next', async (context) => {
  const { repository, from, to } = await pushedRepository(context)
  await repository.store.copyRemote('origin', 'backup')
  const whole = contentOf(to)
  // The order in which keys arrive: what is behind some point is not there yet.
  const keys = Object.keys(whole).sort((a, b) => orderOf(a) - orderOf(b))
  for (const share of [0.1, 0.3, 0.6, 0.9]) {
    for (const key of keys.slice(Math.floor(keys.length * share))) rmSync(join(to.folder, key))
    const { objects } = await repository.store.copyRemote('origin', 'backup')
    assert.ok(objects > 0 && objects < keys.length)
    assert.deepEqual(contentOf(to), contentOf(from))
  }
  // Once more there is nothing to do but to write the hint.
  assert.equal((await repository.store.copyRemote('origin', 'backup')).objects, 1)
})

/** Packs come before the entry that names them; here all of them come first. */
function orderOf(key: string): number {
  const folders = ['format.json', 'pack', 'index', 'log', 'ckpt/segment', 'ckpt/0', 'ckpt/LATEST']
  return folders.findIndex((folder) => key.startsWith(folder))
}

test('what was pushed since the last copy is added', async (context) => {
  const { repository, from, to } = await pushedRepository(context)
  await repository.store.copyRemote('origin', 'backup')
  await repository.addData({ 'a.txt': 'one more' })
  await repository.store.push()
  const { objects } = await repository.store.copyRemote('origin', 'backup')
  assert.ok(objects < 12, `${objects} objects`)
  assert.deepEqual(contentOf(to), contentOf(from))
})

test('another repository is not written over', async (context) => {
  const { repository, to } = await pushedRepository(context)
  const other = await TestRepository.create(context, { seed: '2' })
  await other.store.addRemote({ name: 'origin', settings: { url: to.url } })
  await other.addData({ 'b.txt': 'other' })
  await other.store.push()
  const before = contentOf(to)
  await assert.rejects(repository.store.copyRemote('origin', 'backup'), { code: 'REMOTE_REPLACED' })
  assert.deepEqual(contentOf(to), before)
})

test('a copy that went its own way is not written over', async (context) => {
  const { repository, from, to } = await pushedRepository(context)
  await repository.store.copyRemote('origin', 'backup')
  const other = await TestRepository.create(context, { seed: '2' })
  await other.store.addRemote({ name: 'origin', settings: { url: to.url } })
  await other.store.fetch()
  await other.addData({ 'b.txt': 'other' })
  await other.store.push()
  await assert.rejects(repository.store.copyRemote('origin', 'backup'), { code: 'REMOTE_REPLACED' })
  await repository.addData({ 'a.txt': 'one more' })
  await repository.store.push({ remote: 'origin' })
  await assert.rejects(repository.store.copyRemote('origin', 'backup'), { code: 'REMOTE_REPLACED' })
  assert.ok(from.folder !== to.folder)
})

test('damage is not copied', async (context) => {
  const { repository, from } = await pushedRepository(context)
  flipBit(largestOf(filesIn(from.folder, 'pack')), 5000)
  await assert.rejects(repository.store.copyRemote('origin', 'backup'), { code: 'DIGEST_MISMATCH' })
})

test('an empty remote and the same place cannot be copied', async (context) => {
  const { repository, from } = await pushedRepository(context)
  const { store } = repository
  await assert.rejects(store.copyRemote('backup', 'origin'), { code: 'NOT_FOUND' })
  await store.addRemote({ name: 'twin', settings: { url: from.url } })
  await assert.rejects(store.copyRemote('origin', 'twin'), { code: 'INVALID_ARGUMENT' })
  renameSync(from.folder, `${from.folder}-gone`)
  await assert.rejects(store.copyRemote('origin', 'backup'))
})
