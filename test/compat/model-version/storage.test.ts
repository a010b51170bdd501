/** Where attributes go: to the bucket that is configured, or nowhere. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { fakeClock } from '../../remotes/fake-clock.ts'
import { attributeText, bucket, Registry } from './registry.ts'

test('by default all attributes travel to the configured remote', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  const version = anna.modelVersion()
  anna.write({ 'm/x': 'x' })
  await version.uploadFile(Buffer.from('1'), 'a')
  await version.uploadDirectory('m', 'm')
  await version.uploadConfig({}, 'c')
  const { id, remote } = await version.stop()
  assert.equal(remote, bucket)
  const ben = await registry.computer('ben')
  assert.deepEqual(await ben.content(id), { a: '1', 'm/x': 'x', c: '{}' })
})

test('the bucket of the instance selects the remote', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  await registry.addRemote(anna, 'other-store')
  const version = anna.modelVersion()
  version.configureS3StorageBackend({ s3BackendBucket: 'other-store' })
  await version.uploadFile(Buffer.from('1'), 'a')
  const { id, remote } = await version.stop()
  assert.equal(remote, 'other-store')
  const ben = await registry.computer('ben', { remote: 'none' })
  await registry.addRemote(ben, 'other-store')
  assert.deepEqual(await ben.content(id), { a: '1' })
  const carl = await registry.computer('carl')
  await assert.rejects(carl.modelVersion({ withId: id }).id(), { code: 'NOT_FOUND' })
})

test('the bucket of the environment selects the remote', async (t) => {
  const registry = new Registry(t)
  const env = { ONCLUSIVEML_TRACKING_BACKEND_S3_BACKEND_BUCKET: 'other-store' }
  const anna = await registry.computer('anna', { env })
  await registry.addRemote(anna, 'other-store')
  const version = anna.modelVersion()
  assert.equal((await version.stop()).remote, 'other-store')
})

test('with S3 off attributes stay here, and a download elsewhere says where', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  const version = anna.modelVersion()
  version.configureS3StorageBackend({ useS3Backend: false })
  await version.uploadFile(Buffer.from('private'), 'model/a')
  await version.uploadConfig({ lr: 1 }, 'model/config')
  const { id: withId, files, localFiles } = await version.stop()
  assert.deepEqual([files, localFiles], [0, 2])
  assert.equal((await anna.content(withId))['model/a'], 'private')
  const ben = await registry.computer('ben')
  const seen = ben.modelVersion({ withId, mode: 'read-only' })
  const [attribute] = await seen.listAttributes('model/a')
  assert.deepEqual([attribute?.sizeBytes, attribute?.localTo], [7, 'anna-box'])
  const elsewhere = { code: 'OBJECT_MISSING', details: { path: 'model/a', host: 'anna-box' } }
  await assert.rejects(seen.downloadFile('model/a', 'out'), elsewhere)
  await assert.rejects(seen.downloadDirectory('model', 'out'), elsewhere)
  await assert.rejects(attributeText(seen, 'model/config'), { code: 'OBJECT_MISSING' })
})

test('useS3 of an upload is for that call only', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  anna.write({ 'm/x': 'x' })
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('1'), 'file', { useS3: false })
  await version.uploadDirectory('m', 'folder', { useS3: false })
  await version.uploadConfig({}, 'config', { useS3: false })
  await version.uploadFile(Buffer.from('2'), 'shared')
  version.configureS3StorageBackend({ useS3Backend: false })
  await version.uploadFile(Buffer.from('3'), 'shared too', { useS3: true })
  await version.uploadFile(Buffer.from('4'), 'mine')
  const listed = (await version.listAttributes()).map(({ path, localTo }) => [path, localTo])
  assert.deepEqual(Object.fromEntries(listed), {
    file: 'anna-box',
    'folder/x': 'anna-box',
    config: 'anna-box',
    shared: null,
    'shared too': null,
    mine: 'anna-box',
  })
})

test('with no bucket and no remote the bytes stay here, with a notice', async (t) => {
  const anna = await new Registry(t).computer('anna', { remote: 'none' })
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('1'), 'a')
  const { id, remote, files } = await version.stop()
  assert.deepEqual([remote, files], [null, 1])
  assert.ok(anna.lines.some((line) => line.includes('WARNING') && line.includes('stays here')))
  assert.deepEqual(await anna.content(id), { a: '1' })
})

test('a remote out of reach is told, and work goes on with what is known here', async (t) => {
  const registry = new Registry(t)
  const env = { ONCLUSIVEML_TRACKING_BACKEND_S3_BACKEND_BUCKET: 'gone' }
  const anna = await registry.computer('anna', { env })
  {
    await using store = await anna.store()
    // Nobody listens on the port that is reserved for throwing away.
    const settings = {
      url: 's3://gone',
      endpointUrl: 'http://127.0.0.1:9',
      region: 'x',
      anonymous: true,
    }
    await store.addRemote({ name: 'gone', settings, local: true })
  }
  // Waiting between two tries takes no time.
  const environment = { ...anna.environment, clock: fakeClock() }
  const version = anna.modelVersion({ environment })
  await version.uploadFile(Buffer.from('1'), 'a')
  assert.ok(anna.lines.some((line) => line.includes('Going on with what is known here')))
  await assert.rejects(version.stop(), { code: 'REMOTE_UNAVAILABLE' })
  version.configureS3StorageBackend({ s3BackendBucket: bucket })
  assert.equal((await version.stop()).remote, bucket)
})
