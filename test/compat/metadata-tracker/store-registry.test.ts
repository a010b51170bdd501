/** What a metadata tracker says is what the store knows: lineage, aliases, winners, versions. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import * as fc from 'fast-check'

import type { Resource } from '../../../src/compat/metadata-tracker/metadata-tracker.ts'
import { StoreMetadataTracker } from '../../../src/compat/metadata-tracker/store-tracker.ts'
import { resourceArtifact } from '../../../src/compat/metadata-tracker/store-versions.ts'
import { decodeForeignName } from '../../../src/core/foreign-names.ts'
import type { Store } from '../../../src/store/store.ts'
import { TestRepository } from '../../support/store.ts'

const modelType = { type: 'model_version' }

test('models, data sets and prediction jobs of a tracker are versions of artifacts', async (context) => {
  const { store, tracker } = await place(context)
  const model = await tracker.createResource('churn', modelType)
  await tracker.createResource('sales', { type: 'dataset_version' })
  await tracker.createResource('churn', modelType)
  await tracker.createResource('notes')
  const artifacts = (await store.listArtifacts()).map((each) => [each.artifact, each.versions])
  assert.deepEqual(artifacts, [
    ['dataset/pipelines/sales', 1],
    ['model/pipelines/churn', 1],
  ])
  const [made] = await store.log('model/pipelines/churn')
  assert.equal(made?.run, model.run.id)
})

test('lineage of a model version shows the data set versions it was made from', async (context) => {
  const { store, tracker } = await place(context)
  const model = await tracker.createResource('churn', modelType)
  const sales = await tracker.createResource('sales', { type: 'dataset_version' })
  const visits = await tracker.createResource('visits')
  await tracker.buildModelLineage(model, [sales, visits])
  await tracker.buildModelLineage(model, [sales])
  assert.deepEqual(await dataOf(store, 'model/pipelines/churn'), [
    'dataset/pipelines/sales',
    'dataset/pipelines/visits',
  ])
})

test('lineage that is taken over from the version before is shown as well', async (context) => {
  const { store, tracker, open } = await place(context)
  const old = await tracker.createResource('churn', modelType)
  await tracker.buildModelLineage(old, [await tracker.createResource('sales')])
  await tracker.registerVcResource(old, { hexsha: 'a1' })
  await tracker.stop()
  const later = open()
  await later.buildModelLineage(await later.createResource('churn', modelType), [])
  assert.equal((await store.log('model/pipelines/churn')).length, 2)
  assert.deepEqual(await dataOf(store, 'model/pipelines/churn'), ['dataset/pipelines/sales'])
})

test('a prediction job comes from the model version it used', async (context) => {
  const { store, tracker } = await place(context)
  const model = await tracker.createResource('churn', modelType)
  await tracker.createResource('nightly', { type: 'prediction_job', parent: model })
  const related = await store.latestRelated('model/pipelines/churn', 'prediction-job')
  assert.equal(related?.version.artifact, 'prediction-job/pipelines/nightly')
})

test('the tag status moves the alias deployed, and takes it away', async (context) => {
  const { store, tracker, open } = await place(context)
  const first = await tracker.createResource('churn', modelType)
  await tracker.logTag(first, 'status', 'DEPLOYED')
  assert.equal(await deployedRun(store), first.run.id)
  const second = await open().createResource('churn', modelType)
  await tracker.updateResource(second, { status: 'DEPLOYED' })
  assert.equal(await deployedRun(store), second.run.id)
  await tracker.logTag(first, 'status', 'ARCHIVED')
  assert.equal(await deployedRun(store), second.run.id)
  await tracker.logTag(second, 'status', 'ARCHIVED')
  assert.equal(await deployedRun(store), undefined)
  assert.equal(await tracker.getCurrentlyDeployedModelVersion(second), null)
})

test('what others say is deployed is what the tracker says', async (context) => {
  const { store, tracker, open } = await place(context)
  const first = await tracker.createResource('churn', modelType)
  const second = await open().createResource('churn', modelType)
  await tracker.logTag(second, 'status', 'DEPLOYED')
  const [, oldest] = await store.log('model/pipelines/churn')
  assert.ok(oldest !== undefined)
  await store.setAlias(`model/pipelines/churn@${oldest.digest}`, 'deployed')
  assert.deepEqual(await tracker.getCurrentlyDeployedModelVersion(second), first)
})

test('the winning experiment is the winner of the version, whoever chose it', async (context) => {
  const { store, tracker } = await place(context)
  const model = await tracker.createResource('churn', modelType)
  const options = { type: 'experiment', parent: model }
  const first = await tracker.createResource('', options)
  const second = await tracker.createResource('', options)
  await tracker.logTag(model, 'winning_experiment_id', first.id)
  assert.equal((await store.winner('model/pipelines/churn'))?.run, first.run.id)
  await store.chooseWinner('model/pipelines/churn', { run: second.run.id })
  assert.deepEqual(await tracker.getWinningExperiment(model), second)
})

test('a winning experiment that this store does not know is only a tag', async (context) => {
  const { store, tracker } = await place(context)
  const model = await tracker.createResource('churn', modelType)
  const unknown = `${'a'.repeat(32)}.churn`
  await tracker.logTag(model, 'winning_experiment_id', unknown)
  assert.equal(await tracker.getTag(model, 'winning_experiment_id'), unknown)
  assert.equal(await store.winner('model/pipelines/churn'), null)
})

// Longer ones may be too long when they are escaped: what is cut does not come back.
const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 })

test('experiment and id of a resource are parts of its artifact, and come back', () => {
  fc.assert(
    fc.property(part, part, (experiment, id) => {
      const [type, ...segments] = resourceArtifact('model', experiment, id).split('/')
      assert.equal(type, 'model')
      assert.deepEqual(segments.map(decodeForeignName), [experiment, id])
    }),
  )
})

type Place = {
  readonly store: Store
  readonly tracker: StoreMetadataTracker
  /** Another program, a minute later. */
  readonly open: () => StoreMetadataTracker
}

async function place(context: TestContext): Promise<Place> {
  const { store, environment } = await TestRepository.create(context)
  const open = (): StoreMetadataTracker => {
    environment.clock.turn(60)
    return new StoreMetadataTracker({ store, environment, experiment: 'pipelines' })
  }
  return { store, tracker: open(), open }
}

/** Artifacts that the newest version was made from. */
async function dataOf(store: Store, artifact: string): Promise<string[]> {
  const { nodes } = await store.lineage({ reference: artifact, direction: 'up', depth: 1 })
  return nodes
    .flatMap((node) => (node.kind === 'version' && node.name !== null ? [node.name] : []))
    .map((name) => name.replace(/@.*$/, ''))
    .filter((name) => name !== artifact)
    .toSorted()
}

async function deployedRun(store: Store): Promise<Resource['run']['id'] | null | undefined> {
  return (await store.deployed('model/pipelines/churn')).version?.run
}
