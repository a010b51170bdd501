/** `status`: what differs from the lock file, file by file, and what no remote has yet. */

import assert from 'node:assert/strict'
import { chmodSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { test, type TestContext } from 'node:test'

import type { LockedPathStatus } from '../../src/store/results.ts'
import { TestRepository } from '../support/store.ts'

const create = (context: TestContext): Promise<TestRepository> => TestRepository.create(context)

async function statusOf(repository: TestRepository, path = 'data'): Promise<LockedPathStatus> {
  const { paths } = await repository.store.status()
  const found = paths.find((each) => each.path === path)
  assert.ok(found !== undefined)
  return found
}

const sample = {
  'a.txt': 'a',
  'b.txt': 'b',
  sub: { 'c.txt': 'c' },
  empty: {},
  link: { link: 'a.txt' },
}

test('nothing locked, nothing to say', async (context) => {
  const repository = await create(context)
  assert.deepEqual(await repository.store.status(), {
    paths: [],
    unpushed: [],
    behind: [],
    conflicts: [],
  })
})

test('an added folder is unchanged, also when it is asked again and again', async (context) => {
  const repository = await create(context)
  const { label } = await repository.addData(sample)
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(await statusOf(repository), {
      path: 'data',
      artifact: 'dataset/x',
      label,
      state: 'unchanged',
      added: [],
      removed: [],
      changed: [],
    })
  }
})

test('a changed folder lists what was added, removed and changed', async (context) => {
  const repository = await create(context)
  await repository.addData(sample)
  repository.write({ data: { 'a.txt': 'changed', new: { 'd.txt': 'd' } } })
  rmSync(repository.at('data/b.txt'))
  rmSync(repository.at('data/empty'), { recursive: true })
  rmSync(repository.at('data/link'))
  symlinkSync('b.txt', repository.at('data/link'))
  chmodSync(repository.at('data/sub/c.txt'), 0o755)
  const { state, added, removed, changed } = await statusOf(repository)
  assert.deepEqual(
    { state, added, removed, changed },
    {
      state: 'changed',
      added: ['new', 'new/d.txt'],
      removed: ['b.txt', 'empty'],
      changed: ['a.txt', 'link', 'sub/c.txt'],
    },
  )
})

test('a change of the same size with the old time is seen', async (context) => {
  const repository = await create(context)
  await repository.addData(sample)
  await statusOf(repository)
  const { atime, mtime } = statSync(repository.at('data/a.txt'))
  writeFileSync(repository.at('data/a.txt'), 'z')
  utimesSync(repository.at('data/a.txt'), atime, mtime)
  assert.deepEqual((await statusOf(repository)).changed, ['a.txt'])
})

test('a change that is taken back is none', async (context) => {
  const repository = await create(context)
  await repository.addData(sample)
  repository.write({ data: { 'a.txt': 'other' } })
  assert.equal((await statusOf(repository)).state, 'changed')
  repository.write({ data: { 'a.txt': 'a' } })
  assert.equal((await statusOf(repository)).state, 'unchanged')
})

test('a path that is gone is missing', async (context) => {
  const repository = await create(context)
  await repository.addData(sample)
  rmSync(repository.at('data'), { recursive: true })
  assert.equal((await statusOf(repository)).state, 'missing')
})

test('a single file is compared by itself', async (context) => {
  const repository = await create(context)
  repository.write({ 'm.bin': 'one', other: '' })
  await repository.add('m.bin', { as: 'model/m' })
  assert.equal((await statusOf(repository, 'm.bin')).state, 'unchanged')
  repository.write({ 'm.bin': 'two' })
  const { state, changed, added } = await statusOf(repository, 'm.bin')
  assert.deepEqual({ state, changed, added }, { state: 'changed', changed: ['m.bin'], added: [] })
})

test('a file where a folder was, and a folder where a file was, are changes', async (context) => {
  const repository = await create(context)
  repository.write({ file: 'x', folder: { 'a.txt': 'a', 'b.txt': 'b' } })
  for (const name of ['file', 'folder']) await repository.add(name, { as: `data/${name}` })
  for (const name of ['file', 'folder']) rmSync(repository.at(name), { recursive: true })
  repository.write({ file: { y: 'y' }, folder: 'z' })
  const file = await statusOf(repository, 'file')
  assert.deepEqual([file.state, file.added, file.removed], ['changed', ['y'], ['file']])
  const folder = await statusOf(repository, 'folder')
  assert.deepEqual([folder.state, folder.changed], ['changed', ['folder']])
})

test('what add leaves out is no change: ignored files, tool folders, sockets', async (context) => {
  const repository = await create(context)
  await repository.addData({ '.mlstoreignore': '*.log\n', 'a.txt': 'a' })
  repository.write({ data: { 'x.log': 'x', '.git': { config: '' } } })
  const server = createServer().listen(repository.at('data/socket'))
  context.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  assert.equal((await statusOf(repository)).state, 'unchanged')
})

test('a lock that was moved by git is compared with what is there', async (context) => {
  const repository = await TestRepository.create(context, { git: true })
  await repository.addData({ a: '1' })
  const first = repository.commit('one')
  await repository.addData({ a: '2' })
  repository.commit('two')
  repository.git('checkout', '--quiet', first)
  assert.deepEqual((await statusOf(repository)).changed, ['a'])
})

test('without the tree’s nodes it is still known whether something changed', async (context) => {
  const repository = await create(context)
  await repository.addData(sample)
  const lock = repository.text('mlstore.lock') ?? ''
  const other = await TestRepository.create(context, { seed: '7' })
  other.write({ data: sample, 'mlstore.lock': lock })
  assert.equal((await statusOf(other)).state, 'unchanged')
  other.write({ data: { 'a.txt': 'z' } })
  const { state, changed } = await statusOf(other)
  assert.deepEqual([state, changed], ['changed', []])
})

test('what a remote lacks is listed for each, from before it was first reached', async (context) => {
  const repository = await create(context)
  const { label } = await repository.addData(sample)
  const url = `file://${repository.at('remote')}`
  await repository.store.addRemote({ name: 'origin', settings: { url } })
  const { unpushed, behind } = await repository.store.status()
  assert.deepEqual(unpushed, [{ remote: 'origin', versions: [`dataset/x@${label}`], events: 2 }])
  assert.deepEqual(behind, [])
})

test('a lock file in conflict is told with its line', async (context) => {
  const repository = await create(context)
  await repository.addData(sample)
  repository.write({ 'mlstore.lock': '# mlstore lock 1\n<<<<<<< ours\n' })
  await assert.rejects(repository.store.status(), {
    code: 'INVALID_ARGUMENT',
    message: /line 2/,
  })
})
