/** What is peculiar to the tracker on MLflow; the rest is its contract. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { MlflowClient } from '../../../src/clients/mlflow/client.ts'
import {
  MlflowMetadataTracker,
  type MlflowMetadataTrackerOptions,
} from '../../../src/compat/metadata-tracker/mlflow-tracker.ts'
import { isMlstoreError } from '../../../src/errors.ts'
import { MlflowServer } from '../../support/mlflow-server.ts'
import { type TestEnvironment, testEnvironment } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { writeFolder } from '../../worktree/folder-spec.ts'

type Place = {
  readonly server: MlflowServer
  readonly environment: TestEnvironment
  /** A tracker of the experiment `churn`. */
  readonly open: (options?: MlflowMetadataTrackerOptions) => MlflowMetadataTracker
}

async function start(t: TestContext): Promise<Place> {
  const server = await MlflowServer.start(t)
  const environment = testEnvironment(temporaryFolder(t))
  const open = (options: MlflowMetadataTrackerOptions = {}): MlflowMetadataTracker => {
    const mlflow = { mlflowTrackingUri: server.url, mlflowExperimentName: 'churn' }
    const tracker = new MlflowMetadataTracker({ environment, ...mlflow, ...options })
    t.after(() => tracker.client.close())
    return tracker
  }
  return { server, environment, open }
}

test('the tracking URI and the name of the experiment are required', (t) => {
  const environment = testEnvironment(temporaryFolder(t))
  const namesMissing = (options: MlflowMetadataTrackerOptions, ...missing: string[]): void => {
    assert.throws(
      () => new MlflowMetadataTracker({ environment, ...options }),
      (error) =>
        isMlstoreError(error, 'INVALID_ARGUMENT') &&
        ['mlflowTrackingUri', 'mlflowExperimentName'].every(
          (name) => error.message.includes(name) === missing.includes(name),
        ),
    )
  }
  namesMissing({}, 'mlflowTrackingUri', 'mlflowExperimentName')
  namesMissing({ mlflowTrackingUri: 'http://host' }, 'mlflowExperimentName')
  namesMissing({ mlflowExperimentName: 'churn', mlflowTrackingUri: '' }, 'mlflowTrackingUri')
})

test('what is not given is looked up in the environment', async (t) => {
  const { server, environment } = await start(t)
  const names = { mlflow_tracking_uri: server.url, mlflow_experiment_name: 'of lolpop' }
  const wrong = { MLFLOW_TRACKING_URI: 'http://wrong', MLFLOW_EXPERIMENT_NAME: 'wrong' }
  const own = { MLFLOW_TRACKING_URI: server.url, MLFLOW_EXPERIMENT_NAME: 'of MLflow' }
  for (const env of [{ ...names, ...wrong }, own]) {
    const tracker = new MlflowMetadataTracker({ environment: { ...environment, env } })
    await tracker.run
    await tracker.stop()
  }
  const experiments = [...server.experiments.values()].map(({ name }) => name)
  assert.deepEqual(experiments, ['of lolpop', 'of MLflow'])
})

test('client, run and url are attributes of the tracker', async (t) => {
  const { server, open } = await start(t)
  const tracker = open()
  assert.equal(tracker.url, server.url)
  assert.ok(tracker.client instanceof MlflowClient)
  const { id, name } = await tracker.run
  const { tags } = await tracker.client.getRun(id)
  assert.equal(tags.get('mlflow.runName'), name)
})

test('a run has the tags that MLflow and lolpop look for', async (t) => {
  const { server, open, environment } = await start(t)
  const tracker = open()
  const model = await tracker.createResource('churn')
  const experiment = await tracker.createResource('', { type: 'experiment', parent: model })
  const common = {
    'mlflow.user': 'anna',
    'mlflow.source.name': 'mlstore',
    'mlflow.source.type': 'LOCAL',
  }
  const tagsOf = (id: string): object => {
    const tags = new Map(server.run(id).tags)
    assert.ok(tags.delete('mlflow.runName'))
    return Object.fromEntries(tags)
  }
  assert.deepEqual(tagsOf(model.run.id), { ...common, parent_run: 'True' })
  const nested = { ...common, 'mlflow.parentRunId': model.run.id }
  assert.deepEqual(tagsOf(experiment.run.id), nested)
  assert.equal(server.run(model.run.id).startTime, environment.clock.now().getTime())
  const sent = server.seen.filter(({ path }) => path.endsWith('runs/create'))
  assert.deepEqual(
    sent.map(({ body }) => body.user_id),
    ['anna', 'anna'],
  )
})

test('values are logged as Python writes them', async (t) => {
  const { server, open } = await start(t)
  const tracker = open()
  const model = await tracker.createResource('churn')
  await tracker.logTag(model, 'parts', { a: [1, 0.5, true, null, "it's"] })
  await tracker.logTag(model, 'on', true)
  await tracker.logMetadata(model, 'params', { lr: 1e-7, seed: null, kind: 'gbt' })
  const { tags, params } = server.run()
  assert.equal(tags.get('churn.parts'), `{'a': [1, 0.5, True, None, "it's"]}`)
  assert.equal(tags.get('churn.on'), 'True')
  assert.deepEqual(Object.fromEntries(params), { lr: '1e-07', seed: 'None', kind: 'gbt' })
  assert.equal(await tracker.getTag(model, 'on'), 'True')
  assert.deepEqual(await tracker.getMetadata(model, 'parts'), { a: [1, 0.5, true, null, "it's"] })
  // Text that only looks like a number stays text.
  await tracker.logMetadata(model, 'commit', '12e4567')
  assert.equal(await tracker.getMetadata(model, 'commit'), '12e4567')
})

test('metadata that MLflow would cut or not name are refused whole', async (t) => {
  const { server, open } = await start(t)
  const tracker = open()
  const model = await tracker.createResource('churn')
  const long = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`p${i}`, 'x'.repeat(2000)]))
  const refused = { code: 'INVALID_ARGUMENT' }
  await assert.rejects(tracker.logMetadata(model, 'params', long), refused)
  await assert.rejects(tracker.logMetadata(model, "it's params", { a: 1 }), refused)
  await assert.rejects(tracker.logTag(model, 'a'.repeat(250), 'x'), refused)
  assert.equal(server.run().params.size, 0)
  assert.equal(server.run().tags.has('churn.params'), false)
})

test('the search for a previous version is that of lolpop', async (t) => {
  const { server, open, environment } = await start(t)
  const tracker = open()
  const model = await tracker.createResource('churn')
  const extraFilters = ["tags.churn.status = 'DEPLOYED'"]
  await tracker.getPrevResourceVersion(model, { extraFilters })
  const search = server.seen.find(({ path }) => path.endsWith('runs/search'))
  assert.deepEqual(search?.body, {
    experiment_ids: ['1'],
    filter: `attributes.start_time <= ${environment.clock.now().getTime()} and attribute.status = 'FINISHED' and tags.parent_run = 'True' and tags.churn.exists = 'True' and tags.churn.status = 'DEPLOYED'`,
    order_by: ['attributes.start_time DESC'],
    // One more than is wanted: the run itself may be among them.
    max_results: 2,
  })
})

test('two programs that begin at once share one experiment', async (t) => {
  const { server, open } = await start(t)
  const trackers = [open(), open(), open()]
  const runs = await Promise.all(trackers.map((tracker) => tracker.run))
  assert.equal(new Set(runs.map(({ id }) => id)).size, 3)
  assert.deepEqual([...server.experiments.values()], [{ name: 'churn', stage: 'active' }])
  for (const { experimentId } of server.runs.values()) assert.equal(experimentId, '1')
})

test('an experiment that was deleted is refused in words', async (t) => {
  const { server, open } = await start(t)
  server.experiments.set('1', { name: 'churn', stage: 'deleted' })
  await assert.rejects(open().run, { code: 'REFUSED' })
  assert.equal(server.runs.size, 0)
})

test('a failure to begin is no failure for ever', async (t) => {
  const { server, open } = await start(t)
  const tracker = open()
  server.authorization = 'Bearer other'
  await assert.rejects(tracker.run, { code: 'REMOTE_REFUSED' })
  server.authorization = undefined
  assert.equal(server.run((await tracker.run).id).status, 'RUNNING')
})

test('a tracker that was stopped goes on with its run', async (t) => {
  const { server, open, environment } = await start(t)
  const tracker = open()
  const { id } = await tracker.run
  environment.clock.turn(60)
  await tracker.stop()
  const end = environment.clock.now().getTime()
  assert.deepEqual([server.run().status, server.run().endTime], ['FINISHED', end])
  await tracker.stop()
  assert.equal((await tracker.createResource('churn')).run.id, id)
  assert.equal(server.run().status, 'RUNNING')
  await tracker.stop()
  assert.equal(server.run().status, 'FINISHED')
})

test('relative paths of artifacts start in the working directory that was given', async (t) => {
  const { server, open, environment } = await start(t)
  writeFolder(environment.cwd, { 'a.txt': 'here', below: { 'a.txt': 'below' } })
  const model = await open().createResource('churn')
  await open().logArtifact(model, 'here', 'a.txt')
  await open({ cwd: 'below' }).logArtifact({ ...model, id: 'other' }, 'below', 'a.txt')
  assert.deepEqual(server.filesOf(server.run(model.run.id)), {
    'churn/a.txt': 'here',
    'other/a.txt': 'below',
  })
})
