/** What --exclude and --no-hidden left out stays out, of status and of the next add alike. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { StatusResult } from '../../src/store/results.ts'
import { TestRepository } from '../support/store.ts'

const sample = { 'a.txt': 'a', 'a.log': 'log', '.hidden': 'h', sub: { 'b.log': 'b' } }
const noLogs = { exclude: ['*.log'] }

async function statusOf({ store }: TestRepository): Promise<StatusResult['paths'][number]> {
  const [path] = (await store.status()).paths
  assert.ok(path !== undefined)
  return path
}

/** Paths of the newest version. */
async function pathsOf({ store }: TestRepository): Promise<string[]> {
  const paths: string[] = []
  for await (const { path } of store.listFiles({ reference: 'dataset/x', recursive: true })) {
    paths.push(path)
  }
  return paths
}

async function repositoryWithoutLogs(context: TestContext): Promise<TestRepository> {
  const repository = await TestRepository.create(context, { git: true })
  await repository.addData(sample, noLogs)
  return repository
}

test('status and diff see no change in what was left out', async (context) => {
  const repository = await repositoryWithoutLogs(context)
  repository.write({ data: { 'new.log': 'more' } })
  assert.equal((await statusOf(repository)).state, 'unchanged')
  assert.deepEqual((await repository.store.diff('dataset/x', 'data')).added, [])
  repository.write({ data: { 'new.txt': 'new' } })
  const { state, added, removed } = await statusOf(repository)
  assert.deepEqual({ state, added, removed }, { state: 'changed', added: ['new.txt'], removed: [] })
})

test('the next add leaves out the same, with a path and without', async (context) => {
  const repository = await repositoryWithoutLogs(context)
  const same = await repository.add('data')
  assert.equal(same.unchanged, true)
  assert.deepEqual(same.leftOut, { exclude: ['*.log'], noHidden: false })
  for (const paths of [[], ['data']]) {
    repository.write({ data: { 'a.txt': `changed for ${paths.length}` } })
    const [result] = await repository.store.add({ paths })
    assert.equal(result?.unchanged, false)
    assert.deepEqual(await pathsOf(repository), ['.hidden', 'a.txt', 'sub'])
    assert.equal((await statusOf(repository)).state, 'unchanged')
  }
})

test('hidden names stay out as well', async (context) => {
  const repository = await TestRepository.create(context)
  await repository.addData(sample, { noHidden: true })
  assert.equal((await statusOf(repository)).state, 'unchanged')
  const again = await repository.add('data')
  assert.deepEqual([again.unchanged, again.hidden], [true, 1])
})

test('given again, the options replace what was remembered', async (context) => {
  const repository = await repositoryWithoutLogs(context)
  const other = await repository.add('data', { exclude: ['.hidden'] })
  assert.deepEqual(other.leftOut, { exclude: ['.hidden'], noHidden: false })
  assert.deepEqual(await pathsOf(repository), ['a.log', 'a.txt', 'sub', 'sub/b.log'])
  assert.equal((await statusOf(repository)).state, 'unchanged')
})

test('--no-exclude takes everything again, and is remembered too', async (context) => {
  const repository = await repositoryWithoutLogs(context)
  const all = await repository.add('data', { noExclude: true })
  assert.equal(all.files, 4)
  assert.equal((await repository.add('data')).unchanged, true)
  repository.write({ data: { 'new.log': 'new' } })
  assert.deepEqual((await statusOf(repository)).added, ['new.log'])
  const both = repository.add('data', { ...noLogs, noExclude: true })
  await assert.rejects(both, { code: 'INVALID_ARGUMENT' })
})

test('a version made without them is whole after a checkout, and theirs is again after the next', async (context) => {
  const repository = await TestRepository.create(context, { git: true })
  await repository.addData(sample)
  repository.commit('with logs')
  await repository.addData({}, noLogs)
  repository.commit('without logs')
  repository.git('checkout', '--quiet', 'HEAD~1')
  await repository.store.checkout()
  assert.equal((await statusOf(repository)).state, 'unchanged', 'with logs')
  repository.write({ data: { 'new.log': 'new' } })
  assert.deepEqual((await statusOf(repository)).added, ['new.log'])
  repository.git('checkout', '--quiet', 'main')
  await repository.store.checkout()
  assert.equal((await statusOf(repository)).state, 'unchanged', 'without logs')
  assert.equal(repository.text('data/new.log'), 'new', 'what is left out is the user’s')
})

test('an add that keeps no lock line remembers nothing', async (context) => {
  const repository = await TestRepository.create(context)
  await repository.addData(sample)
  await repository.add('data', { ...noLogs, noLock: true })
  assert.equal((await statusOf(repository)).state, 'unchanged')
  assert.equal(repository.text('.mlstore/exclusions.json'), undefined)
})

test('a damaged note of it is told, with the way out', async (context) => {
  const repository = await repositoryWithoutLogs(context)
  for (const text of ['', '[]', '{"known":[{"path":"data"}]}']) {
    repository.write({ '.mlstore': { 'exclusions.json': text } })
    const told = { code: 'CORRUPT', message: /exclusions\.json/, hint: /Delete it/ }
    await assert.rejects(repository.store.status(), told)
    const { problems } = await repository.store.fsck()
    assert.deepEqual(
      problems.map(({ where }) => where),
      ['exclusions.json'],
    )
  }
})
