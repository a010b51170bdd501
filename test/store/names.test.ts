/** Aliases, labels and tags: names that move, with their history. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { AddResult } from '../../src/store/results.ts'
import { TestRepository } from '../support/store.ts'

async function twoVersions(
  context: TestContext,
): Promise<{ repository: TestRepository; first: AddResult; second: AddResult }> {
  const repository = await TestRepository.create(context)
  const first = await repository.addData({ a: '1' }, { label: 'v1' })
  const second = await repository.addData({ a: '2' }, { label: 'v2' })
  return { repository, first, second }
}

// --- aliases --------------------------------------------------------------------------------

test('an alias moves, says from where, and keeps its history', async (context) => {
  const { repository, first, second } = await twoVersions(context)
  const { store } = repository
  const named = { artifact: 'dataset/x', alias: 'prod' }
  const [toFirst, toSecond] = [
    { ...named, from: null, to: first.digest },
    { ...named, from: first.digest, to: second.digest },
  ]
  assert.deepEqual(await store.setAlias('dataset/x@v1', 'prod'), toFirst)
  repository.environment.clock.turn(1)
  assert.deepEqual(await store.setAlias('dataset/x', 'prod', { reason: 'better' }), toSecond)
  assert.equal((await store.show('dataset/x@prod')).digest, second.digest)
  assert.deepEqual(await store.listAliases(), [{ ...named, to: second.digest, label: 'v2' }])
  assert.deepEqual(await store.listAliases('dataset/x'), await store.listAliases())
  assert.deepEqual(await store.aliasLog('dataset/x', 'prod'), [
    { ...toSecond, at: '2026-11-21T06:44:51.000Z', by: 'anna', reason: 'better' },
    { ...toFirst, at: '2026-11-21T06:44:50.000Z', by: 'anna', reason: null },
  ])
})

test('an alias set to where it is changes nothing', async (context) => {
  const { repository } = await twoVersions(context)
  await repository.store.setAlias('dataset/x', 'prod')
  const again = await repository.store.setAlias('dataset/x', 'prod')
  assert.equal(again.from, again.to)
  assert.equal((await repository.store.aliasLog('dataset/x', 'prod')).length, 1)
})

test('an alias that was removed is not found, and its history stays', async (context) => {
  const { repository, second } = await twoVersions(context)
  const { store } = repository
  await store.setAlias('dataset/x', 'prod')
  const removed = await store.removeAlias('dataset/x', 'prod')
  assert.deepEqual([removed.from, removed.to], [second.digest, null])
  await assert.rejects(store.show('dataset/x@prod'), { code: 'NOT_FOUND' })
  await assert.rejects(store.removeAlias('dataset/x', 'prod'), { code: 'NOT_FOUND' })
  assert.deepEqual(await store.listAliases(), [])
  assert.equal((await store.aliasLog('dataset/x', 'prod')).length, 2)
})

test('an alias goes before a label of the same name', async (context) => {
  const { repository, second } = await twoVersions(context)
  await repository.store.setAlias('dataset/x@v2', 'v1')
  assert.equal((await repository.store.show('dataset/x@v1')).digest, second.digest)
})

test('an alias that is not there is told with those that are', async (context) => {
  const { repository } = await twoVersions(context)
  const { store } = repository
  await store.setAlias('dataset/x', 'prod')
  const expected = { code: 'NOT_FOUND', hint: /prod/ }
  await assert.rejects(store.removeAlias('dataset/x', 'prd'), expected)
  await assert.rejects(store.aliasLog('dataset/x', 'prd'), expected)
  await assert.rejects(store.aliasLog('dataset/none', 'prod'), {
    code: 'NOT_FOUND',
    message: /none/,
  })
  await assert.rejects(store.listAliases('dataset/none'), { code: 'NOT_FOUND' })
})

test('reset takes the remote’s value; without a remote there is none to take', async (context) => {
  const { repository, first } = await twoVersions(context)
  const { store } = repository
  await store.setAlias('dataset/x@v1', 'prod')
  await assert.rejects(store.resetAlias('dataset/x', 'prod'), { code: 'INVALID_ARGUMENT' })
  const url = `file://${repository.at('remote')}`
  await store.addRemote({ name: 'origin', settings: { url } })
  await store.push()
  await store.setAlias('dataset/x@v2', 'prod')
  const reset = await store.resetAlias('dataset/x', 'prod')
  assert.equal(reset.to, first.digest)
  assert.equal((await store.show('dataset/x@prod')).digest, first.digest)
  await assert.rejects(store.resetAlias('dataset/x', 'none'), { code: 'NOT_FOUND' })
})

// --- labels ---------------------------------------------------------------------------------

test('relabel gives another label, and the old one is free again', async (context) => {
  const { repository, first } = await twoVersions(context)
  const { store } = repository
  const renamed = await store.relabel('dataset/x@v1', 'one')
  assert.deepEqual([renamed.digest, renamed.label], [first.digest, 'one'])
  await assert.rejects(store.show('dataset/x@v1'), { code: 'NOT_FOUND' })
  const third = await repository.addData({ a: '3' }, { label: 'v1' })
  assert.equal((await store.show('dataset/x@v1')).digest, third.digest)
})

test('relabel writes the label into the lines of the lock that name the version, and no others', async (context) => {
  const { repository, second } = await twoVersions(context)
  const { store } = repository
  await store.get({ reference: 'dataset/x@v1', output: 'old' })
  const labels = (): string[] => repository.lockLines().map(({ path, label }) => `${path} ${label}`)
  assert.deepEqual(labels(), ['data v2', 'old v1'])
  await store.relabel('dataset/x@v2', 'two')
  assert.deepEqual(labels(), ['data two', 'old v1'])
  assert.equal(repository.lockLines()[0]?.version, second.digest)
  assert.deepEqual(
    (await store.status()).paths.map(({ label, state }) => [label, state]),
    [
      ['two', 'unchanged'],
      ['v1', 'unchanged'],
    ],
  )
})

test('relabel mends a line that still has an older label', async (context) => {
  const { repository } = await twoVersions(context)
  const before = repository.text('mlstore.lock') ?? ''
  await repository.store.relabel('dataset/x@v2', 'two')
  repository.write({ 'mlstore.lock': before })
  await repository.store.relabel('dataset/x@two', 'two')
  assert.equal(repository.lockLines()[0]?.label, 'two')
})

test('relabel beside a lock that cannot be read changes nothing', async (context) => {
  const { repository } = await twoVersions(context)
  repository.write({ 'mlstore.lock': '<<<<<<< ours\n' })
  const relabelling = repository.store.relabel('dataset/x@v2', 'two')
  await assert.rejects(relabelling, { code: 'INVALID_ARGUMENT' })
  assert.equal((await repository.store.show('dataset/x')).label, 'v2')
})

test('relabel to the label it has changes nothing; to a taken one is refused', async (context) => {
  const { repository, second } = await twoVersions(context)
  const { store } = repository
  assert.equal((await store.relabel('dataset/x@v1', 'v1')).label, 'v1')
  await assert.rejects(store.relabel('dataset/x@v1', 'v2'), {
    code: 'LABEL_TAKEN',
    details: { version: second.digest },
  })
})

// --- tags -----------------------------------------------------------------------------------

test('tags hang on artifacts and versions, and are set and removed one by one', async (context) => {
  const { repository } = await twoVersions(context)
  const { store } = repository
  for (const target of ['dataset/x', 'dataset/x@v1']) {
    const tags = { stage: 'prod', 'odd key =': 'a\nb', empty: '' }
    assert.deepEqual(await store.setTags(target, tags), { target, tags })
    await store.setTags(target, { stage: 'test' })
    const rest = { stage: 'test', 'odd key =': 'a\nb' }
    assert.deepEqual(await store.removeTags(target, ['empty']), { target, tags: rest })
    assert.deepEqual(await store.listTags(target), { target, tags: rest })
  }
  assert.deepEqual((await store.listTags('dataset/x@v2')).tags, {})
})

test('a tag that is not there is told, and none of the others is removed', async (context) => {
  const { repository } = await twoVersions(context)
  const { store } = repository
  await store.setTags('dataset/x', { a: '1', b: '2' })
  await assert.rejects(store.removeTags('dataset/x', ['a', 'c']), {
    code: 'NOT_FOUND',
    message: /c/,
  })
  assert.deepEqual((await store.listTags('dataset/x')).tags, { a: '1', b: '2' })
})

test('wrong targets, keys and values are refused', async (context) => {
  const { repository } = await twoVersions(context)
  const { store } = repository
  await assert.rejects(store.setTags('dataset/none', { a: '1' }), { code: 'NOT_FOUND' })
  await assert.rejects(store.setTags('run:xyz', { a: '1' }), { code: 'NOT_FOUND' })
  await assert.rejects(store.setTags('dataset/x', { '': '1' }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(store.setTags('dataset/x', { a: '\ud800' }), { code: 'INVALID_ARGUMENT' })
  assert.deepEqual((await store.listTags('dataset/x')).tags, {})
})
