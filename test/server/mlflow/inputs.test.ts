import assert from 'node:assert/strict'
import { test } from 'node:test'

import { at, errorCode, Served } from '../served.ts'

const digits = {
  name: 'digits: 10/10',
  digest: 'd1',
  source_type: 'local',
  source: '{"uri": "digits.csv"}',
  schema: '{"columns": []}',
  profile: '{"rows": 7}',
}

function asInput(dataset: object, context?: string): object {
  const tags = context === undefined ? [] : [{ key: 'mlflow.data.context', value: context }]
  return { dataset, ...(tags.length > 0 && { tags }) }
}

test('what a run read is shown with it, once, and its first tags stay', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  const training = asInput(digits, 'training')
  await served.posted('runs/log-inputs', { run_id: run, datasets: [training, training] })
  await served.posted('runs/log-inputs', { run_id: run, datasets: [asInput(digits, 'eval')] })
  const got = await served.got('runs/get', { run_id: run })
  assert.deepEqual(at(got, 'run', 'inputs'), { dataset_inputs: [training] })
  const found = await served.posted('runs/search', { experiment_ids: ['0'] })
  assert.deepEqual(at(found, 'runs', 0, 'inputs'), { dataset_inputs: [training] })
})

test('a long description comes back whole', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  const long = asInput({ ...digits, schema: 's'.repeat(1_000_000), profile: 'p'.repeat(2_000_000) })
  await served.posted('runs/log-inputs', { run_id: run, datasets: [long] })
  const got = await served.got('runs/get', { run_id: run })
  assert.deepEqual(at(got, 'run', 'inputs'), { dataset_inputs: [long] })
})

test('runs that read the same share a version, which lineage leads to', async (t) => {
  const served = await Served.start(t)
  const runs = [await served.createRun(), await served.createRun()]
  const other = asInput({ ...digits, digest: 'd2' })
  for (const run of runs) {
    for (const input of [asInput(digits, 'training'), other]) {
      await served.posted('runs/log-inputs', { run_id: run, datasets: [input] })
    }
  }
  const { store } = served.repository
  const [artifact] = await store.listArtifacts()
  assert.equal(artifact?.artifact, 'mlflow-dataset/digits%3A 10%2F10')
  assert.equal(artifact.versions, 2)
  const shown = await store.showRun(runs[1] ?? '')
  assert.deepEqual(
    shown.inputs.map(({ role }) => role),
    ['training', 'data'],
  )
})

test('runs are found by what they read', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  await served.createRun()
  await served.posted('runs/log-inputs', { run_id: run, datasets: [asInput(digits, 'training')] })
  const found = async (filter: string): Promise<unknown> => {
    const answer = await served.posted('runs/search', { experiment_ids: ['0'], filter })
    return at(answer, 'runs', 0, 'info', 'run_id')
  }
  assert.equal(await found("datasets.name = 'digits: 10/10'"), run)
  assert.equal(await found("dataset.digest = 'd1' and datasets.context = 'training'"), run)
  assert.equal(await found("datasets.name LIKE 'digits%'"), run)
  assert.equal(await found("datasets.digest = 'd2'"), undefined)
})

test('the data sets of experiments are listed, each once', async (t) => {
  const served = await Served.start(t)
  const search = (body: object): ReturnType<Served['posted']> =>
    served.posted('experiments/search-datasets', body)
  assert.deepEqual(await search({ experiment_ids: ['0'] }), {})
  for (const context of ['training', undefined, 'training']) {
    const run_id = await served.createRun()
    await served.posted('runs/log-inputs', { run_id, datasets: [asInput(digits, context)] })
  }
  const summary = { experiment_id: '0', name: digits.name, digest: 'd1' }
  const { dataset_summaries: summaries } = await search({ experiment_ids: ['0', '0'] })
  assert.ok(Array.isArray(summaries))
  assert.deepEqual(
    summaries.toSorted((a, b) => Object.keys(a).length - Object.keys(b).length),
    [summary, { ...summary, context: 'training' }],
  )
})

test('wrong inputs are refused, and nothing of them is logged', async (t) => {
  const served = await Served.start(t)
  const run_id = await served.createRun()
  const refused = async (path: string, body: object): Promise<unknown> =>
    errorCode(await served.post(path, body))
  const invalid = [400, 'INVALID_PARAMETER_VALUE']
  const long = asInput({ ...digits, name: 'n'.repeat(501) })
  const datasets = [asInput(digits), long]
  assert.deepEqual(await refused('runs/log-inputs', { run_id, datasets }), invalid)
  assert.deepEqual(await refused('runs/log-inputs', { datasets: [] }), invalid)
  assert.deepEqual(await refused('runs/log-inputs', { run_id, datasets: 7 }), invalid)
  assert.deepEqual(await refused('runs/log-inputs', { run_id: '0'.repeat(32), datasets: [] }), [
    404,
    'RESOURCE_DOES_NOT_EXIST',
  ])
  assert.deepEqual(await refused('experiments/search-datasets', {}), invalid)
  const many = Array.from({ length: 21 }, (_, i) => String(i))
  assert.deepEqual(await refused('experiments/search-datasets', { experiment_ids: many }), invalid)
  const got = await served.got('runs/get', { run_id })
  assert.deepEqual(at(got, 'run', 'inputs'), {})
})
