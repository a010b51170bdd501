/** Making a client, its modes, and stopping it. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'

import { ModelVersion } from '../../../src/index.ts'
import { testEnvironment } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { artifact, attributeText, bucket, model, project, Registry } from './registry.ts'

test('a new version gets the next id of its model', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  assert.equal(await anna.made({ a: '1' }), 'TES-TEST-1')
  const ben = await registry.computer('ben')
  const version = ben.modelVersion()
  assert.equal(await version.id(), 'TES-TEST-2', 'behind what the remote has')
  assert.equal(await version.artifact(), artifact)
})

test('withId goes on with an existing version', async (t) => {
  const registry = new Registry(t)
  const withId = await (await registry.computer('anna')).made({ a: '1', b: '2' })
  const ben = await registry.computer('ben')
  const version = ben.modelVersion({ withId })
  assert.equal(await version.id(), withId)
  await version.uploadFile(Buffer.from('3'), 'c')
  await version.stop()
  assert.deepEqual(await ben.content(withId), { a: '1', b: '2', c: '3' })
  const unknown = ben.modelVersion({ withId: 'TES-TEST-99' })
  await assert.rejects(unknown.id(), { code: 'NOT_FOUND' })
})

test('the constructor refuses what cannot be, before anything is opened', () => {
  const environment = testEnvironment('/nowhere')
  const made = (options: object): ModelVersion =>
    new ModelVersion({ model, project, environment, ...options })
  assert.throws(() => made({ project: 'test' }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => made({ project: undefined }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => made({ model: undefined }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => made({ model: '' }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => made({ mode: 'quick' }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => made({ mode: 'read-only' }), { code: 'INVALID_ARGUMENT' })
})

test('read-only refuses every write, and reads', async (t) => {
  const anna = await new Registry(t).computer()
  const withId = await anna.made({ a: '1', card: '{}' })
  anna.write({ 'm/x': '1' })
  const version = anna.modelVersion({ withId, mode: 'read-only' })
  const writes = [
    version.uploadFile(Buffer.from('2'), 'a'),
    version.uploadDirectory('m', 'm'),
    version.uploadConfig({}, 'c'),
    version.deleteAttribute('a'),
  ]
  for (const write of writes) await assert.rejects(write, { code: 'REFUSED' })
  const unopened = anna.modelVersion({ withId: 'TES-TEST-99', mode: 'read-only' })
  await assert.rejects(unopened.uploadFile('x', 'x'), { code: 'REFUSED' }, 'before it is opened')
  assert.equal(await attributeText(version, 'a'), '1')
  assert.deepEqual(await version.downloadConfig('card'), {})
  assert.equal((await version.stop()).version, null)
  await using store = await anna.store()
  assert.equal((await store.searchRuns()).runs.length, 1, 'looking started nothing')
})

test('sync is durable at return', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion({ mode: 'sync' })
  await version.uploadFile(Buffer.from('1'), 'a')
  assert.deepEqual(await anna.content(await version.id()), { a: '1' })
})

test('async uploads in the background and has everything by stop', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion({ mode: 'async' })
  for (let i = 0; i < 20; i++) await version.uploadFile(Buffer.from(String(i)), `n/${i}`)
  await version.wait()
  const id = await version.id()
  assert.equal(Object.keys(await anna.content(id)).length, 20, 'durable after wait')
  await version.uploadFile(Buffer.from('last'), 'last')
  const stopped = await version.stop()
  assert.deepEqual([stopped.id, stopped.files, stopped.remote], [id, 21, bucket])
})

test('an upload that failed in the background is told by stop, and nothing is sealed', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion({ mode: 'async' })
  await version.uploadFile(Buffer.from('1'), 'good')
  await version.uploadFile('nowhere.bin', 'bad/one')
  await version.uploadFile('nowhere.bin', 'bad/two')
  const id = await version.id()
  for (const end of [version.wait(), version.stop()]) {
    await assert.rejects(end, {
      code: 'NOT_FOUND',
      details: { attributes: ['bad/one', 'bad/two'] },
    })
  }
  await using store = await anna.store()
  await assert.rejects(store.show(`${artifact}@${id}`), { code: 'NOT_FOUND' })
  await version.uploadFile(Buffer.from('2'), 'bad/one')
  await assert.rejects(version.stop(), { code: 'NOT_FOUND' }, 'the other one is still missing')
  assert.deepEqual(await version.deleteAttribute('bad/two'), [], 'given up')
  assert.equal((await version.stop()).files, 2)
})

test('offline makes the version here and sends nothing', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  const version = anna.modelVersion({ mode: 'offline' })
  await version.uploadFile(Buffer.from('1'), 'a')
  const { id: withId, remote } = await version.stop()
  assert.equal(remote, null)
  const ben = await registry.computer('ben')
  await assert.rejects(ben.modelVersion({ withId }).id(), { code: 'NOT_FOUND' })
  await using store = await anna.store()
  await store.push()
  assert.deepEqual(await ben.content(withId), { a: '1' })
})

test('debug stores nothing, reads nothing and needs no store', async (t) => {
  const environment = testEnvironment(temporaryFolder(t))
  const version = new ModelVersion({
    model,
    project,
    environment,
    mode: 'debug',
    createStore: true,
  })
  await version.uploadFile('nowhere', 'a')
  await version.uploadDirectory('nowhere', 'b')
  await version.uploadConfig({ lr: 1 }, 'c')
  await assert.rejects(version.uploadFile('x', '../a'), { code: 'INVALID_ARGUMENT' })
  assert.deepEqual(await version.listAttributes(), [])
  await assert.rejects(version.downloadConfig('c'), { code: 'NOT_FOUND' })
  assert.equal((await version.stop()).version, null)
  assert.equal(existsSync(`${environment.cwd}/.mlstore`), false)
})

test('stop pushes what there is and closes the client', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('1'), 'a')
  const stopped = await version.stop()
  assert.deepEqual(await version.stop(), stopped, 'again, it changes nothing')
  assert.deepEqual([stopped.files, stopped.localFiles, stopped.remote], [1, 0, bucket])
  await assert.rejects(version.uploadFile(Buffer.from('2'), 'b'), { code: 'REFUSED' })
  await assert.rejects(version.listAttributes(), { code: 'REFUSED' })
  assert.equal(await version.id(), stopped.id)
  const ben = await registry.computer('ben')
  assert.deepEqual(await ben.content(stopped.id), { a: '1' })
})

test('a push that fails leaves the version here, and stop again sends it', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('1'), 'a')
  version.configureS3StorageBackend({ s3BackendBucket: 'no such bucket' })
  await assert.rejects(version.stop(), { code: 'INVALID_ARGUMENT' })
  version.configureS3StorageBackend({ s3BackendBucket: bucket })
  const stopped = await version.stop()
  assert.equal(stopped.remote, bucket)
  const ben = await registry.computer('ben')
  assert.deepEqual(await ben.content(stopped.id), { a: '1' })
})

test('stop warns when there is no model card, and requireCard refuses', async (t) => {
  const anna = await new Registry(t).computer()
  const warnings = (): number =>
    anna.lines.filter((line) => /WARNING.*no model card/.test(line)).length
  await anna.made({ a: '1' })
  assert.equal(warnings(), 1)
  const version = anna.modelVersion({ requireCard: true })
  await version.uploadFile(Buffer.from('1'), 'model/model_card/x')
  await assert.rejects(version.stop(), { code: 'REFUSED' }, 'a namespace is no card')
  await version.deleteAttribute('model')
  await version.uploadConfig({ model_type: 'base' }, 'model/model_card')
  await version.stop()
  assert.equal(warnings(), 1)
})

test('of two computers that make a version at once, the later gets the next id', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  const ben = await registry.computer('ben')
  const [ofAnna, ofBen] = [anna.modelVersion(), ben.modelVersion()]
  await ofAnna.uploadFile(Buffer.from('anna'), 'who')
  await ofBen.uploadFile(Buffer.from('ben'), 'who')
  assert.equal(await ofAnna.id(), await ofBen.id())
  await ofAnna.stop()
  const stopped = await ofBen.stop()
  assert.deepEqual([stopped.renumberedFrom, stopped.id], ['TES-TEST-1', 'TES-TEST-2'])
  assert.ok(ben.lines.some((line) => line.includes('TES-TEST-1 is TES-TEST-2')))
  assert.deepEqual(await anna.content('TES-TEST-1'), { who: 'anna' })
  assert.deepEqual(await anna.content('TES-TEST-2'), { who: 'ben' })
})

test('a scope that ends early makes no version, and the draft can be gone on with', async (t) => {
  const anna = await new Registry(t).computer()
  let withId = ''
  {
    await using version = anna.modelVersion()
    await version.uploadFile(Buffer.from('1'), 'a')
    withId = await version.id()
  }
  await using store = await anna.store()
  await assert.rejects(store.show(`${artifact}@${withId}`), { code: 'NOT_FOUND' })
  const again = anna.modelVersion({ withId })
  await again.uploadFile(Buffer.from('2'), 'b')
  await again.stop()
  assert.deepEqual(await anna.content(withId), { a: '1', b: '2' })
})

test('a store of the caller is used and stays open; without any there is an error with a hint', async (t) => {
  const environment = testEnvironment(temporaryFolder(t))
  const lost = new ModelVersion({ model, project, environment })
  await assert.rejects(lost.id(), { code: 'STORE_MISSING' })
  const making = new ModelVersion({ model, project, environment, createStore: true })
  assert.equal(await making.id(), 'TES-TEST-1')
  await making.close()
  const registry = await new Registry(t).computer()
  await using store = await registry.store()
  const version = new ModelVersion({ model, project, environment: registry.environment, store })
  await version.stop()
  assert.equal((await store.listArtifacts()).length, 1)
})
