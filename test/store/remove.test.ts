/** `rm` and `restore`: what is in use stays, and what was deleted can come back. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { TestRepository } from '../support/store.ts'

async function twoVersions(context: TestContext): Promise<TestRepository> {
  const repository = await TestRepository.create(context)
  await repository.addData({ a: '1' }, { label: 'v1' })
  await repository.addData({ a: '2' }, { label: 'v2' })
  return repository
}

test('a deleted version is gone from every answer, and comes back', async (context) => {
  const repository = await twoVersions(context)
  const { store } = repository
  const { digest, sizeBytes } = await store.show('dataset/x@v1')
  const [removed] = await store.remove({ reference: 'dataset/x@v1', reason: 'bad data' })
  assert.deepEqual(removed, { artifact: 'dataset/x', label: 'v1', digest, sizeBytes })
  assert.deepEqual(
    (await store.log('dataset/x')).map(({ label }) => label),
    ['v2'],
  )
  assert.equal((await store.listArtifacts())[0]?.versions, 1)
  const gone = { code: 'NOT_FOUND', message: /v1 was deleted by anna at 2026/, hint: /restore/ }
  await assert.rejects(store.get({ reference: 'dataset/x@v1', output: 'out' }), gone)
  await assert.rejects(store.setAlias('dataset/x@v1', 'prod'), gone)
  await assert.rejects(store.remove({ reference: 'dataset/x@v1' }), gone)
  assert.equal((await store.show('dataset/x@v1')).removed, true)
  const [restored] = await store.restore('dataset/x@v1')
  assert.equal(restored?.digest, digest)
  assert.equal((await store.show('dataset/x@v1')).removed, false)
  await store.get({ reference: 'dataset/x@v1', output: 'out' })
  assert.deepEqual(repository.list('out'), { a: 'file 1' })
})

test('a version deleted twice on two machines and restored once is there', async (context) => {
  const repository = await twoVersions(context)
  const other = await repository.open()
  await repository.store.remove({ reference: 'dataset/x@v1' })
  await repository.store.restore('dataset/x@v1')
  await other.remove({ reference: 'dataset/x@v1' })
  await repository.store.restore('dataset/x@v1')
  assert.equal((await other.show('dataset/x@v1')).removed, false)
})

test('what an alias, the lock or another version uses is refused, naming the use', async (context) => {
  const repository = await twoVersions(context)
  const { store } = repository
  repository.write({ model: 'm' })
  await repository.add('model', { as: 'model/x', inputs: ['dataset/x@v1'], noLock: true })
  await store.setAlias('dataset/x@v1', 'prod')
  await store.get({ reference: 'dataset/x@v1' })
  await assert.rejects(store.remove({ reference: 'dataset/x@v1' }), (error: unknown) => {
    assert.ok(error instanceof Error)
    assert.match(error.message, /is dataset\/x@prod/)
    assert.match(error.message, /is locked for data/)
    assert.match(error.message, /is an input of version/)
    return 'code' in error && error.code === 'REFUSED'
  })
  await store.remove({ reference: 'dataset/x@v1', force: true })
  await assert.rejects(store.show('dataset/x@v1').then(({ removed }) => assert.ok(!removed)))
})

test('a dry run says what would go, and nothing goes', async (context) => {
  const repository = await twoVersions(context)
  const { store } = repository
  const plan = await store.remove({ reference: 'dataset/x@v1', dryRun: true })
  assert.deepEqual(
    plan.map(({ label }) => label),
    ['v1'],
  )
  assert.equal((await store.log('dataset/x')).length, 2)
  await assert.rejects(store.remove({ reference: 'dataset/x@v2', dryRun: true }), {
    code: 'REFUSED',
  })
})

test('--all deletes every version, also of an artifact that is its own input', async (context) => {
  const repository = await twoVersions(context)
  const { store } = repository
  await repository.addData({ a: '3' }, { inputs: ['dataset/x@v2'] })
  const removed = await store.remove({ reference: 'dataset/x', all: true, force: true })
  assert.equal(removed.length, 3)
  assert.deepEqual(await store.listArtifacts(), [])
  await assert.rejects(store.log('dataset/x'), { code: 'NOT_FOUND', message: /deleted by anna/ })
  await store.restore('dataset/x@v1')
  assert.equal((await store.log('dataset/x')).length, 1)
})

test('which version must be said, and nothing else', async (context) => {
  const repository = await twoVersions(context)
  const { store } = repository
  for (const request of [
    { reference: 'dataset/x' },
    { reference: 'dataset/x@v1', all: true },
    { reference: 'dataset/x@v1:a' },
  ]) {
    await assert.rejects(store.remove(request), { code: 'INVALID_ARGUMENT' })
  }
  await assert.rejects(store.remove({ reference: 'dataset/none', all: true }), {
    code: 'NOT_FOUND',
  })
  await assert.rejects(store.restore('dataset/x'), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(store.restore('dataset/x@none'), { code: 'NOT_FOUND' })
})

test('restoring what is not deleted changes nothing', async (context) => {
  const repository = await twoVersions(context)
  await repository.store.restore('dataset/x@v1')
  assert.equal((await repository.store.log('dataset/x')).length, 2)
})

test('the label of a deleted version stays taken', async (context) => {
  const repository = await twoVersions(context)
  await repository.store.remove({ reference: 'dataset/x@v1' })
  await assert.rejects(repository.addData({ a: '3' }, { label: 'v1' }), { code: 'LABEL_TAKEN' })
})
