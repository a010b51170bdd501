/** `checkout` follows the lock file as git moves it, and never at the price of someone's edits. */

import assert from 'node:assert/strict'
import { lstatSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'

import { TestRepository } from '../support/store.ts'
import { type FolderSpec, listingOf } from '../worktree/folder-spec.ts'

const old: FolderSpec = {
  'kept.txt': 'same',
  'changed.txt': 'old',
  'old only.txt': 'old',
  sub: { deep: { 'gone.txt': 'old' } },
  link: { link: 'kept.txt' },
  run: { text: '#!', exec: true },
}
const fresh: FolderSpec = {
  'kept.txt': 'same',
  'changed.txt': 'new',
  sub: { 'new.txt': 'new' },
  link: { link: 'changed.txt' },
  run: '#!',
  'empty folder': {},
}

/** Two commits: in the first `data` is `old`, in the second `fresh`. */
async function twoCommits(
  context: TestContext,
): Promise<{ repository: TestRepository; first: string; second: string }> {
  const repository = await TestRepository.create(context, { git: true })
  await repository.addData(old)
  const first = repository.commit('old')
  rmSync(repository.at('data'), { recursive: true })
  await repository.addData(fresh)
  const second = repository.commit('fresh')
  return { repository, first, second }
}

test('git checkout and mlstore checkout bring the data of a commit back, and forth again', async (context) => {
  const { repository, first, second } = await twoCommits(context)
  for (const [commit, folder] of [
    [first, old],
    [second, fresh],
    [first, old],
  ] as const) {
    repository.git('checkout', '--quiet', commit)
    const result = await repository.store.checkout()
    assert.deepEqual(repository.list('data'), listingOf(folder))
    assert.deepEqual(result.paths, ['data'])
    assert.equal(repository.git('status', '--short'), '')
    const again = await repository.store.checkout()
    assert.deepEqual([again.writtenFiles, again.removedFiles], [0, 0])
    assert.equal((await repository.store.status()).paths[0]?.state, 'unchanged')
  }
})

test('files that are the same in both are not touched', async (context) => {
  const { repository, first } = await twoCommits(context)
  const before = lstatSync(repository.at('data/kept.txt'))
  repository.git('checkout', '--quiet', first)
  const { writtenFiles, removedFiles } = await repository.store.checkout()
  const after = lstatSync(repository.at('data/kept.txt'))
  assert.deepEqual([after.ino, after.mtimeMs], [before.ino, before.mtimeMs])
  assert.deepEqual([writtenFiles, removedFiles], [4, 2])
})

test('edits stop it with the whole list, and everything stays as it was', async (context) => {
  const { repository, first } = await twoCommits(context)
  repository.write({ data: { 'changed.txt': 'edited', sub: { 'new.txt': 'edited' } } })
  const before = repository.list('data')
  repository.git('checkout', '--quiet', first)
  await assert.rejects(repository.store.checkout(), {
    code: 'WORKING_TREE_CHANGED',
    details: { paths: ['data/changed.txt', 'data/sub/new.txt'] },
  })
  assert.deepEqual(repository.list('data'), before)
  await repository.store.checkout({ force: true })
  assert.deepEqual(repository.list('data'), listingOf(old))
})

test('an edit that is what the lock wants is no edit', async (context) => {
  const { repository, first } = await twoCommits(context)
  repository.write({ data: { 'changed.txt': 'old' } })
  repository.git('checkout', '--quiet', first)
  await repository.store.checkout()
  assert.deepEqual(repository.list('data'), listingOf(old))
})

test('files of the user stay, and so do the folders they are in', async (context) => {
  const { repository, first } = await twoCommits(context)
  repository.write({ data: { 'mine.txt': 'mine', 'empty folder': { mine: 'mine' } } })
  repository.git('checkout', '--quiet', first)
  await repository.store.checkout()
  const expected = { ...old, 'mine.txt': 'mine', 'empty folder': { mine: 'mine' } }
  assert.deepEqual(repository.list('data'), listingOf(expected))
})

test('a conflict at one path leaves every path as it was', async (context) => {
  const repository = await TestRepository.create(context, { git: true })
  repository.write({ a: { x: '1' }, b: { x: '1' } })
  for (const name of ['a', 'b']) await repository.add(name, { as: `data/${name}` })
  const first = repository.commit('first')
  repository.environment.clock.turn(60)
  repository.write({ a: { x: '2' }, b: { x: '2' } })
  await repository.store.add({ paths: [] })
  repository.commit('second')
  repository.write({ b: { x: 'edited' } })
  repository.git('checkout', '--quiet', first)
  await assert.rejects(repository.store.checkout(), { details: { paths: ['b/x'] } })
  assert.deepEqual(repository.list('a'), { x: 'file 2' })
  await repository.store.checkout({ paths: ['a'] })
  assert.deepEqual(
    [repository.list('a'), repository.list('b')],
    [{ x: 'file 1' }, { x: 'file edited' }],
  )
})

test('a deleted path comes back', async (context) => {
  const { repository } = await twoCommits(context)
  rmSync(repository.at('data'), { recursive: true })
  const result = await repository.store.checkout()
  assert.deepEqual(repository.list('data'), listingOf(fresh))
  assert.deepEqual([result.files, result.writtenFiles], [5, 5])
})

test('a path turns from a file into a folder and back', async (context) => {
  const repository = await TestRepository.create(context, { git: true })
  repository.write({ x: 'file' })
  await repository.add('x', { as: 'model/x' })
  const first = repository.commit('file')
  rmSync(repository.at('x'))
  repository.write({ x: { y: { z: 'folder' } } })
  repository.environment.clock.turn(60)
  await repository.add('x')
  const second = repository.commit('folder')
  repository.git('checkout', '--quiet', first)
  await repository.store.checkout()
  assert.equal(readFileSync(repository.at('x'), 'utf8'), 'file')
  repository.git('checkout', '--quiet', second)
  await repository.store.checkout()
  assert.deepEqual(repository.list('x'), listingOf({ y: { z: 'folder' } }))
  repository.write({ x: { mine: 'mine' } })
  repository.git('checkout', '--quiet', first)
  await assert.rejects(repository.store.checkout(), {
    code: 'WORKING_TREE_CHANGED',
    details: { paths: ['x/mine'] },
  })
})

test('a file at a locked path is replaced when it is as it was, and only then', async (context) => {
  const repository = await TestRepository.create(context, { git: true })
  repository.write({ 'm.bin': 'one' })
  await repository.add('m.bin', { as: 'model/m' })
  const first = repository.commit('one')
  repository.environment.clock.turn(60)
  repository.write({ 'm.bin': 'two' })
  await repository.add('m.bin')
  repository.commit('two')
  repository.git('checkout', '--quiet', first)
  await repository.store.checkout()
  assert.equal(repository.text('m.bin'), 'one')
  repository.write({ 'm.bin': 'mine' })
  await assert.rejects(repository.store.checkout(), { details: { paths: ['m.bin'] } })
})

test('a path that the lock does not have is told', async (context) => {
  const { repository } = await twoCommits(context)
  await assert.rejects(repository.store.checkout({ paths: ['other'] }), {
    code: 'NOT_FOUND',
    message: /other/,
  })
  const store = await repository.open({ cwd: repository.at('data') })
  assert.deepEqual((await store.checkout({ paths: ['.'] })).paths, ['data'])
})

test('a version that nobody here knows is told before anything changes', async (context) => {
  const { repository } = await twoCommits(context)
  const lock = readFileSync(repository.at('mlstore.lock'), 'utf8')
  const unknown = lock.replaceAll(/[0-9a-f]{64}/g, 'ab'.repeat(32))
  writeFileSync(repository.at('mlstore.lock'), unknown)
  await assert.rejects(repository.store.checkout(), { code: 'NOT_FOUND', message: /data/ })
  assert.deepEqual(repository.list('data'), listingOf(fresh))
})

test('for a deleted version any other with its root does', async (context) => {
  const { repository, first } = await twoCommits(context)
  const [newest] = repository.lockLines()
  repository.write({ copy: old })
  await repository.add('copy', { as: 'dataset/copy', noLock: true })
  repository.git('checkout', '--quiet', first)
  const [line] = repository.lockLines()
  assert.notEqual(line?.version, newest?.version)
  await repository.store.remove({ reference: `dataset/x@${line?.version}`, force: true })
  await repository.store.checkout()
  assert.deepEqual(repository.list('data'), listingOf(old))
})

test('without one it is said who deleted it, and nothing changes', async (context) => {
  const { repository, first } = await twoCommits(context)
  repository.git('checkout', '--quiet', first)
  const [line] = repository.lockLines()
  await repository.store.remove({ reference: `dataset/x@${line?.version}`, force: true })
  await assert.rejects(repository.store.checkout(), {
    code: 'NOT_FOUND',
    message: /data, was deleted by anna at 2026-11-21T/,
  })
  assert.deepEqual(repository.list('data'), listingOf(fresh))
})

test('without the note of what was written, everything is the user’s', async (context) => {
  const { repository, first } = await twoCommits(context)
  rmSync(repository.at('.mlstore/worktree.json'))
  repository.git('checkout', '--quiet', first)
  await assert.rejects(repository.store.checkout(), { code: 'WORKING_TREE_CHANGED' })
  assert.deepEqual(repository.list('data'), listingOf(fresh))
})

test('what a killed checkout left is swept by the next, and what lives is left alone', async (context) => {
  const { repository, first } = await twoCommits(context)
  const id = '0'.repeat(32)
  const dead = `.mlstore-tmp-box-4194304-1-${id}`
  const foreign = `.mlstore-tmp-elsewhere-1-1-${id}`
  repository.write({ data: { [dead]: { x: '' }, [foreign]: { x: '' } } })
  repository.git('checkout', '--quiet', first)
  await repository.store.checkout()
  assert.deepEqual(
    readdirSync(repository.at('data')).filter((name) => name.includes('tmp')),
    [foreign],
  )
})

test('a checked-out file can be written, and the next add notices', async (context) => {
  const { repository, first } = await twoCommits(context)
  repository.git('checkout', '--quiet', first)
  await repository.store.checkout()
  assert.equal(statSync(repository.at('data/changed.txt')).mode & 0o200, 0o200)
  repository.write({ data: { 'changed.txt': 'OLD' } })
  const [added] = await repository.store.add({ paths: [] })
  assert.deepEqual([added?.artifact, added?.unchanged], ['dataset/x', false])
})
