/** `BucketRef` does what the document of WaBucketRef says, from one machine to another. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { runConfigHash } from '../../../src/core/run-config-hash.ts'
import { BucketRef, bucketProject } from '../../../src/compat/bucket-ref/bucket-ref.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { bucketFiles, Person } from './bucket-ref-world.ts'

const project = 'my-w&b-project'
const model = { 'weights.bin': 'w'.repeat(100), sub: { 'config.json': '{}' } }
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('the example of the document works between two machines', async (t) => {
  const bucket = temporaryFolder(t)
  const anna = await Person.create(t, bucket, 'a')
  const ben = await Person.create(t, bucket, 'b')
  anna.write({ data: { 'train.csv': '1,2' } })
  await using uploading = anna.api()
  assert.equal(
    await uploading.uploadArtifact('data', 'name', 'type', { alias: 'version' }),
    'version',
  )
  await uploading.close()

  await using api = ben.api()
  const folder = await api.downloadArtifact('name', 'type', 'version')
  assert.equal(ben.text('type/name/version/train.csv'), '1,2')
  assert.equal(folder, ben.at('type', 'name', 'version'))
  ben.write({ trained: { 'model.bin': 'trained' } })
  const { run } = api
  assert.ok(run)
  run.logMetrics({ f1: 0.93 })
  const alias = await api.uploadArtifact('trained', 'my-model', 'model')
  await api.close()

  await using again = anna.api()
  await again.downloadArtifact('my-model', 'model', alias)
  assert.equal(anna.text(`model/my-model/${alias}/model.bin`), 'trained')
  const store = await ben.store()
  const { inputs, outputs, metrics } = await store.showRun(run.id)
  assert.deepEqual({ ...metrics }, { f1: 0.93 })
  assert.equal(inputs.length, 1)
  assert.equal(outputs.length, 1)
})

test('an upload puts the artifact under its type, name and alias in the bucket', async (t) => {
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  anna.write({ model })
  await using api = anna.api()
  await api.uploadArtifact('model', 'resnet', 'model', { alias: 'v1' })
  const store = await anna.store()
  const files = ['sub/config.json', 'weights.bin']
  assert.deepEqual(await bucketFiles(store, 'model/resnet/v1', project), files)
  assert.deepEqual(await bucketFiles(store, `model/${project}/resnet/v1`, 'another'), files)
  await assert.rejects(bucketFiles(store, 'model/resnet/v2', project), { code: 'NOT_FOUND' })
  await assert.rejects(bucketFiles(store, 'model/resnet/v1', 'another'), { code: 'NOT_FOUND' })
})

test('the project is mandatory, and comes from the option before the environment', () => {
  assert.equal(bucketProject('given', { WANDB_PROJECT: 'wandb' }), 'given')
  assert.equal(bucketProject(undefined, { WANDB_PROJECT: 'wandb' }), 'wandb')
  const both = { WANDB_PROJECT: 'wandb', MLSTORE_PROJECT: 'own' }
  assert.equal(bucketProject(undefined, both), 'own')
  for (const env of [{}, { WANDB_PROJECT: '' }]) {
    assert.throws(() => bucketProject(undefined, env), { code: 'INVALID_ARGUMENT' })
  }
})

test('without a project nothing is opened or made', async (t) => {
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  const { environment } = anna
  assert.throws(() => new BucketRef({ environment, bucket: 'bucket-name' }), {
    code: 'INVALID_ARGUMENT',
  })
})

test('the bucket is that of the project unless another is named', async (t) => {
  const bucket = temporaryFolder(t)
  const own = temporaryFolder(t)
  const anna = await Person.create(t, bucket, 'a', { remotes: { vision: own } })
  anna.write({ model })
  await using api = anna.api({ bucket: undefined, projectName: 'vision' })
  assert.equal(api.bucket, 'vision')
  await api.uploadArtifact('model', 'resnet', 'model')
  assert.deepEqual(
    api.transfers.map(({ remote }) => remote),
    ['vision'],
  )
  await using named = anna.api({ projectName: 'vision' })
  await named.uploadArtifact('model', 'resnet', 'model')
  assert.deepEqual(
    named.transfers.map(({ remote }) => remote),
    ['bucket-name'],
  )
})

test('an upload starts a run by itself, and later transfers share it', async (t) => {
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  anna.write({ model })
  await using api = anna.api({ runName: 'nightly', jobType: 'train', entity: 'team' })
  assert.equal(api.run === undefined, true)
  const first = await api.uploadArtifact('model', 'resnet', 'model')
  const { run } = api
  assert.equal(run?.name, 'nightly')
  assert.equal(run.experiment, project)
  await api.downloadArtifact('resnet', 'model', first, { destination: 'out' })
  await api.uploadArtifact('model', 'other', 'model')
  assert.equal(api.run, run)
  await api.close()
  assert.equal(api.run, undefined)
  const shown = await (await anna.store()).showRun(run.id)
  assert.equal(shown.status, 'FINISHED')
  assert.deepEqual([shown.tags['job_type'], shown.tags['entity']], ['train', 'team'])
  assert.deepEqual([shown.inputs.length, shown.outputs.length], [1, 2])
})

test('a download starts a run that has the artifact as an input', async (t) => {
  const bucket = temporaryFolder(t)
  const anna = await Person.create(t, bucket, 'a')
  const ben = await Person.create(t, bucket, 'b')
  anna.write({ model })
  await using api = anna.api()
  const alias = await api.uploadArtifact('model', 'resnet', 'model')
  await api.close()
  await using reading = ben.api({ runName: 'evaluation' })
  await reading.downloadArtifact('resnet', 'model', alias)
  const [transfer] = reading.transfers
  await reading.close()
  const store = await ben.store()
  const { inputs, name, status } = await store.showRun(transfer?.run ?? '')
  assert.deepEqual([name, status], ['evaluation', 'FINISHED'])
  assert.deepEqual(
    inputs.map(({ version }) => version),
    [transfer?.digest],
  )
})

test('the run says which job it is part of', async (t) => {
  const env = {
    NEURO_JOB_ID: 'job-1',
    NEURO_JOB_NAME: 'train',
    NEURO_JOB_OWNER: 'anna',
    NEURO_JOB_TAGS: 'gpu, nightly,',
    MLSTORE_JOB_NAME: 'mine',
  }
  const anna = await Person.create(t, temporaryFolder(t), 'a', { env })
  anna.write({ model })
  await using api = anna.api()
  await api.uploadArtifact('model', 'resnet', 'model')
  const store = await anna.store()
  const { tags } = await store.showRun(api.run?.id ?? '')
  const expected = {
    job_id: 'job-1',
    job_name: 'mine',
    owner: 'anna',
    'job_tag.gpu': 'true',
    'job_tag.nightly': 'true',
  }
  assert.deepEqual(tags, expected)
  const { runs } = await store.searchRuns({ query: "tags.job_id = 'job-1'" })
  assert.deepEqual(
    runs.map(({ run }) => run),
    [api.run?.id],
  )
})

test('a download goes to the folder that is named, else to type, name and alias', async (t) => {
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  anna.write({ model, elsewhere: {} })
  await using api = anna.api()
  await api.uploadArtifact('model', 'resnet', 'net', { alias: 'v1' })
  assert.equal(await api.downloadArtifact('resnet', 'net', 'v1'), anna.at('net', 'resnet', 'v1'))
  assert.deepEqual(anna.list('net/resnet/v1'), anna.list('model'))
  const destination = 'elsewhere'
  const folder = await api.downloadArtifact('resnet', 'net', 'v1', { destination })
  assert.equal(folder, anna.at('elsewhere'))
  assert.deepEqual(anna.list('elsewhere'), anna.list('model'))
})

test('an alias is a new UUID unless it is given', async (t) => {
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  anna.write({ model })
  await using api = anna.api()
  const first = await api.uploadArtifact('model', 'resnet', 'model')
  const second = await api.uploadArtifact('model', 'resnet', 'model')
  assert.match(first, uuid)
  assert.match(second, uuid)
  assert.notEqual(first, second)
  assert.equal(await api.uploadArtifact('model', 'resnet', 'model', { alias: 'best' }), 'best')
  for (const alias of [first, second, 'best']) {
    await api.downloadArtifact('resnet', 'model', alias, { destination: alias })
  }
})

test('an alias can be the hash of the arguments of the run', async (t) => {
  const bucket = temporaryFolder(t)
  const anna = await Person.create(t, bucket, 'a')
  const ben = await Person.create(t, bucket, 'b')
  anna.write({ model })
  const runArgs = { lr: 0.1, epochs: 3 }
  const hash = '047c860a51a638fc421412d832a505bd9313955f9db1087c71796735d515fa54'
  await using api = anna.api()
  const run = await api.startRun({ runArgs })
  const alias = '!run-config-hash'
  assert.equal(await api.uploadArtifact('model', 'resnet', 'model', { alias }), hash)
  await api.close()
  const { params } = await (await anna.store()).showRun(run.id)
  assert.deepEqual({ ...params }, { epochs: '3', lr: '0.1' })

  await using reading = ben.api()
  await reading.startRun({ runArgs: { epochs: 3, lr: 0.1 } })
  assert.equal(
    await reading.downloadArtifact('resnet', 'model', alias),
    ben.at('model/resnet', hash),
  )
  await reading.downloadArtifact('resnet', 'model', hash, { destination: 'by-hash' })
  assert.deepEqual(ben.list('by-hash'), anna.list('model'))
  await using bare = anna.api()
  const ofNone = await bare.uploadArtifact('model', 'resnet', 'model', { alias })
  assert.equal(ofNone, runConfigHash({}))
})

test('a run that has started is not started again', async (t) => {
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  await using api = anna.api()
  await api.startRun({ runName: 'one' })
  await assert.rejects(api.startRun(), { code: 'REFUSED' })
  await api.close()
  assert.equal((await api.startRun({ runName: 'two' })).name, 'two')
})

test('closing releases the store and tells the bucket how the run ended', async (t) => {
  const bucket = temporaryFolder(t)
  const anna = await Person.create(t, bucket, 'a')
  const ben = await Person.create(t, bucket, 'b')
  anna.write({ model })
  await using api = anna.api()
  await api.uploadArtifact('model', 'resnet', 'model')
  const id = api.run?.id ?? ''
  await api.close()
  await api.close()
  const store = await ben.store()
  await store.fetch({ remote: 'bucket-name' })
  assert.equal((await store.showRun(id)).status, 'FINISHED')
})

test('a scope that is left without closing leaves a run that failed', async (t) => {
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  const { id } = await (async () => {
    await using api = anna.api()
    return api.startRun()
  })()
  assert.equal((await (await anna.store()).showRun(id)).status, 'FAILED')
})

test('names that a store does not take are kept apart and read back', async (t) => {
  const bucket = temporaryFolder(t)
  const anna = await Person.create(t, bucket, 'a')
  const ben = await Person.create(t, bucket, 'b')
  const names = ['a/b', 'a%2Fb', 'a:b', '..', ' a ', 'ä', 'a\u0308']
  for (const name of names) anna.write({ [`f${names.indexOf(name)}`]: { name } })
  await using api = anna.api({ projectName: 'team/vision' })
  for (const [index, name] of names.entries()) {
    await api.uploadArtifact(`f${index}`, name, 'a type', { alias: name })
  }
  await api.close()
  await using reading = ben.api({ projectName: 'team/vision' })
  for (const [index, name] of names.entries()) {
    const destination = `out${index}`
    await reading.downloadArtifact(name, 'a type', name, { destination })
    assert.equal(ben.text(`${destination}/name`), name)
  }
})
