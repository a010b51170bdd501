/** What a run read and made: said by the run itself, or recorded of the commands inside of it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Store } from '../../../src/store/store.ts'
import { TestRepository } from '../../support/store.ts'

/** The store as a command inside of the run opens it. */
function inside(repo: TestRepository, run: string): Promise<Store> {
  return repo.open({ environment: { ...repo.environment, env: { MLSTORE_RUN_ID: run } } })
}

test('use records an input once, with a role; output adds a version that the run made', async (t) => {
  const repo = await TestRepository.create(t)
  const data = await repo.addData({ 'a.csv': '1' }, { label: 'v1' })
  repo.write({ 'model.bin': 'weights' })
  const run = await repo.store.startRun({ code: false })
  const used = await run.use('dataset/x@v1')
  await run.use('dataset/x')
  await run.use('dataset/x', { role: 'test' })
  const made = await run.output('model.bin', 'model/m', { label: 'v1', role: 'checkpoint' })
  await run.end()
  assert.equal(used.digest, data.digest)
  const { inputs, outputs } = await repo.store.showRun(run.id)
  assert.deepEqual(inputs, [
    { version: data.digest, role: 'data', name: 'dataset/x@v1' },
    { version: data.digest, role: 'test', name: 'dataset/x@v1' },
  ])
  assert.deepEqual(outputs, [{ version: made.digest, role: 'checkpoint', name: 'model/m@v1' }])
  const [version] = await repo.store.log('model/m')
  assert.equal(version?.run, run.id)
  await assert.rejects(run.use('dataset/none'), { code: 'INVALID_ARGUMENT' })
})

test('add, get and checkout inside of a run are its outputs and inputs', async (t) => {
  const repo = await TestRepository.create(t)
  const data = await repo.addData({ 'a.csv': '1' })
  const run = await repo.store.startRun({ detached: true, code: false })
  const store = await inside(repo, run.id)
  await store.get({ reference: 'dataset/x', output: 'copy' })
  await store.checkout()
  repo.write({ 'model.bin': 'weights' })
  const [made] = await store.add({ paths: ['model.bin'], as: 'model/m' })
  const { inputs, outputs } = await repo.store.showRun(run.id)
  assert.deepEqual(
    inputs.map(({ version, role }) => [version, role]),
    [[data.digest, 'data']],
  )
  assert.deepEqual(
    outputs.map(({ version, role }) => [version, role]),
    [[made?.digest, 'output']],
  )
})

test('pull of a version inside of a run is an input, too', async (t) => {
  const repo = await TestRepository.create(t)
  const data = await repo.addData({ 'a.csv': '1' })
  const settings = { url: `file://${repo.at('remote')}` }
  await repo.store.addRemote({ name: 'origin', settings })
  await repo.store.push()
  const run = await repo.store.startRun({ detached: true, code: false })
  const store = await inside(repo, run.id)
  await store.pull({ references: ['dataset/x'] })
  const { inputs } = await repo.store.showRun(run.id)
  assert.deepEqual(
    inputs.map(({ version }) => version),
    [data.digest],
  )
})

test('the same content made by another run is another version', async (t) => {
  const repo = await TestRepository.create(t)
  repo.write({ 'model.bin': 'weights' })
  const digests = new Set<string>()
  for (const name of ['one', 'two']) {
    const run = await repo.store.startRun({ name, detached: true, code: false })
    const store = await inside(repo, run.id)
    for (let i = 0; i < 2; i++) {
      const [made] = await store.add({ paths: ['model.bin'], as: 'model/m' })
      digests.add(made?.digest ?? '')
    }
  }
  assert.equal(digests.size, 2)
})

test('a run started inside of a run is its child', async (t) => {
  const repo = await TestRepository.create(t)
  const parent = await repo.store.startRun({ detached: true, code: false })
  const store = await inside(repo, parent.id)
  const child = await store.startRun({ name: 'child', code: false })
  assert.equal((await child.end()).parent, parent.id)
})

test('a run of another store is refused before anything is done', async (t) => {
  const repo = await TestRepository.create(t)
  await repo.addData({ 'a.csv': '1' })
  repo.write({ 'model.bin': 'weights' })
  for (const id of ['f'.repeat(32), 'no id']) {
    const store = await inside(repo, id)
    await assert.rejects(store.add({ paths: ['model.bin'], as: 'model/m' }), { code: 'NOT_FOUND' })
    await assert.rejects(store.get({ reference: 'dataset/x', output: 'c' }), { code: 'NOT_FOUND' })
    await assert.rejects(store.checkout(), { code: 'NOT_FOUND' })
    await assert.rejects(store.startRun(), { code: 'NOT_FOUND' })
  }
  assert.equal(repo.text('c/a.csv'), undefined)
  const outside = await inside(repo, '')
  await outside.checkout()
})
