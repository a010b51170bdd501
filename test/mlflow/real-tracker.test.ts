/**
 * `MlflowMetadataTracker` against a real MLflow server: the contract of metadata trackers, runs read
 * by MLflow's own client and by lolpop's tracker, and theirs read here. Needs the Python that
 * `npm run test:mlflow` installs them into.
 */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import { MlflowMetadataTracker } from '../../src/compat/metadata-tracker/mlflow-tracker.ts'
import type { UserValue } from '../../src/core/canonical-json.ts'
import { pythonRepr, pythonStr } from '../../src/core/python-text.ts'
import { metadataTrackerContract } from '../contracts/metadata-tracker.ts'
import { lookAt, mlflowPlace } from '../support/mlflow-place.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type MlflowProcess, startMlflow } from './mlflow-process.ts'
import { runPython } from './python.ts'

const script = fileURLToPath(new URL('tracker.py', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'mlstore-real-tracker-'))
let server: MlflowProcess | undefined

before(async () => {
  server = await startMlflow(folder)
})

after(() => {
  server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

metadataTrackerContract(async (t) => {
  const uri = serverUrl()
  const mlflowExperimentName = newExperiment()
  return mlflowPlace(t, { mlflowTrackingUri: uri, mlflowExperimentName, look: lookAt(uri) })
})

test('the Python client reads every tag, param and byte that was written here', async (t) => {
  const tracker = trackerOf(t, newExperiment())
  const model = await tracker.createResource('churn v-2: a.b', { type: 'model_version' })
  const tags = { text: "it's", empty: '', long: '😀é'.repeat(4000), list: [1, 0.5, null, 'x'] }
  for (const [key, value] of Object.entries(tags)) await tracker.logTag(model, key, value)
  const params = { lr: 1e-7, deep: true, seed: null, note: 'p'.repeat(6000), many: { a: [1] } }
  await tracker.logMetadata(model, 'params', params)
  const files = { 'a b%+é.bin': randomBytes(1_500_000), empty: Buffer.alloc(0) }
  const source = join(temporaryFolder(t), 'data')
  mkdirSync(join(source, 'sub/deep'), { recursive: true })
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(source, name), bytes)
  writeFileSync(join(source, 'sub/deep/x'), 'x')
  await tracker.logArtifact(model, 'all', source)
  const experiment = await tracker.createResource('', { type: 'experiment', parent: model })
  await tracker.stop()

  const [read, nested] = await ask<ReadRun[]>(
    t,
    'read',
    serverUrl(),
    model.run.id,
    experiment.run.id,
  )
  assert.ok(read !== undefined && nested !== undefined)
  assert.deepEqual([read.id, read.name, read.status], [model.run.id, model.run.name, 'FINISHED'])
  assert.ok(read.ended)
  const own = Object.entries(read.tags).filter(([key]) => key.startsWith('churn v-2: a.b.'))
  assert.deepEqual(Object.fromEntries(own), {
    ...Object.fromEntries(
      Object.entries(tags).map(([key, value]) => [`churn v-2: a.b.${key}`, pythonStr(value)]),
    ),
    'churn v-2: a.b.params': pythonRepr(params),
    'churn v-2: a.b.artifact.all': 'churn v-2: a.b/data',
  })
  const expected = Object.entries(params).map(([key, value]) => [key, pythonStr(value)])
  assert.deepEqual(read.params, Object.fromEntries(expected))
  assert.deepEqual(read.files, {
    'churn v-2: a.b/data/a b%+é.bin': sha256(files['a b%+é.bin']),
    'churn v-2: a.b/data/empty': sha256(files.empty),
    'churn v-2: a.b/data/sub/deep/x': sha256(Buffer.from('x')),
  })
  assert.equal(nested.tags['mlflow.parentRunId'], model.run.id)
  assert.equal(nested.tags['parent_run'], undefined)
})

test('what the tracker of lolpop wrote is read here', async (t) => {
  const experimentName = newExperiment()
  const made = await ask<Made[]>(t, 'write', serverUrl(), experimentName, temporaryFolder(t))
  const [first, second] = made
  assert.ok(first !== undefined && second !== undefined)
  const tracker = trackerOf(t, experimentName)
  const now = await tracker.createResource('churn', { type: 'model_version' })
  const newest = await tracker.getPrevResourceVersion(now)
  assert.ok(newest !== null)
  assert.equal(newest.run.id, second.run)
  const before = await tracker.getPrevResourceVersion(newest)
  assert.equal(before?.run.id, first.run)
  assert.equal((await tracker.getCurrentlyDeployedModelVersion(now))?.run.id, first.run)
  assert.equal(await tracker.getTag(newest, 'nothing'), 'None')
  assert.equal(await tracker.getTag(newest, 'sure'), 'True')
  const params = { lr: 0.1, deep: null, name: "it's" }
  assert.deepEqual(await tracker.getMetadata(newest, 'training_params'), params)
  const columns = ['a', 'b"c', "d'e", '\n', 'é\u200B']
  assert.deepEqual(await tracker.getMetadata(newest, 'columns'), columns)
  assert.deepEqual(await tracker.getMetadata(newest, 'dataset_versions'), ['sales_2024'])
  const vc = { hexsha: 'm-v2', uri: 'git://m' }
  assert.deepEqual(await tracker.getVcInfo(newest, 'model_hexsha'), vc)
  const data = await tracker.getResource('data/raw/sales.2024.csv', { parent: newest })
  assert.deepEqual(await tracker.getVcInfo(data), { hexsha: 'd-v2', uri: 'git://data' })
  const winner = await tracker.getWinningExperiment(newest)
  assert.equal(winner?.id, second.experiment)
  assert.ok(winner !== null)
  assert.equal(await tracker.getTag(winner, 'model_trainer'), 'XGBoostModelTrainer')
  assert.equal(tracker.getParentId(winner), 'churn')
  // lolpop keeps no ids of artifacts: it is found by its name.
  const profile = await tracker.getArtifact(newest, 'profile', { directory: temporaryFolder(t) })
  assert.equal(readFileSync(profile, 'utf8'), '<p>v2')
})

test('the tracker of lolpop reads what was written here', async (t) => {
  const experimentName = newExperiment()
  const versions = []
  for (const status of ['DEPLOYED', 'NEW']) {
    const tracker = trackerOf(t, experimentName)
    const model = await tracker.createResource('churn', { type: 'model_version' })
    const data = await tracker.createResource('sales', { type: 'dataset_version' })
    const winner = await tracker.createResource('', { type: 'experiment', parent: model })
    await tracker.logTag(winner, 'model_trainer', 'Boosting')
    await tracker.cleanResource(winner)
    await tracker.updateResource(model, { status, note: "it's", sure: true })
    await tracker.logMetadata(model, 'plain', { rate: 0.5, on: true, list: ['a'] })
    await tracker.logTag(model, 'winning_experiment_id', winner.id)
    await tracker.buildModelLineage(model, [data])
    await tracker.registerVcResource(model, { hexsha: 'a1', uri: 'git://m' }, { key: 'model' })
    await tracker.stop()
    versions.push({ model, winner })
  }
  const [deployed, newest] = versions
  assert.ok(deployed !== undefined && newest !== undefined)
  const { model, winner } = newest
  const answers = await ask<unknown>(t, 'ask', serverUrl(), experimentName, model.run.id, winner.id)
  assert.deepEqual(answers, {
    tag: "it's",
    truth: 'True',
    nothing: null,
    metadata: "{'rate': 0.5, 'on': True, 'list': ['a']}",
    parsed: { rate: 0.5, on: true, list: ['a'] },
    vc: { hexsha: 'a1' },
    lineage: "['sales']",
    winner: [winner.id, winner.run.id, 'FINISHED'],
    winnerParent: 'churn',
    winnerTag: 'Boosting',
    previous: model.run.id,
    deployed: deployed.model.run.id,
    again: winner.run.id,
  })
})

test('previous versions are found whatever letters the id has', async (t) => {
  const experimentName = newExperiment()
  const ids = [
    'churn-v2',
    'a b',
    '2024',
    'from',
    'values',
    'a:b',
    'a.in',
    'order',
    'naïve',
    'UPPER',
  ]
  const earlier = trackerOf(t, experimentName)
  const { id: run } = await earlier.run
  for (const id of ids) {
    await earlier.registerVcResource(await earlier.createResource(id), { hexsha: 'a1' })
  }
  await earlier.stop()
  const tracker = trackerOf(t, experimentName)
  for (const id of ids) {
    const found = await tracker.getPrevResourceVersion(await tracker.createResource(id))
    assert.equal(found?.run.id, run, id)
  }
})

test('Python writes and reads values as they are written and read here', async (t) => {
  // What is printable, and what needs an escape, of every length.
  const letters = Array.from('\'"\\\n\r\t\0\u007F\u00A0é漢😀\u200B\u2028\uE000 aZ{}[]')
  const { value } = fc.letrec<{ value: UserValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, false),
      fc.double(),
      fc.integer(),
      fc.string({
        unit: fc.constantFrom(...letters),
      }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
    ),
  }))
  const written = fc.sample(value, 2000).map(pythonRepr)
  const path = join(temporaryFolder(t), 'texts.json')
  writeFileSync(path, JSON.stringify(written))
  const read = await ask<[json: string, text: string][]>(t, 'texts', path)
  assert.deepEqual(
    read.map(([, text]) => text),
    written,
  )
})

type ReadRun = {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly ended: boolean
  readonly tags: Record<string, string>
  readonly params: Record<string, string>
  readonly files: Record<string, string>
}

type Made = { readonly run: string; readonly experiment: string }

function serverUrl(): string {
  assert.ok(server !== undefined)
  return server.url
}

function newExperiment(): string {
  return `experiment ${randomBytes(6).toString('hex')}`
}

function trackerOf(t: TestContext, mlflowExperimentName: string): MlflowMetadataTracker {
  const mlflowTrackingUri = serverUrl()
  const tracker = new MlflowMetadataTracker({ mlflowTrackingUri, mlflowExperimentName })
  t.after(() => tracker.stop())
  return tracker
}

async function ask<Answer>(t: TestContext, ...words: string[]): Promise<Answer> {
  const answer: Answer = JSON.parse(await runPython(script, words, temporaryFolder(t)))
  return answer
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
