import assert from 'node:assert/strict'
import { test } from 'node:test'

import { at, errorCode, Served } from '../served.ts'

const notFound = [404, 'RESOURCE_DOES_NOT_EXIST']
const invalid = [400, 'INVALID_PARAMETER_VALUE']
const proxy = '/api/2.0/mlflow-artifacts/artifacts'

type Begun = { readonly id: string; readonly run: string }

/** A pending model of a run, with files. */
async function begin(served: Served, name = 'model', more: object = {}): Promise<Begun> {
  const run = await served.createRun()
  const { model } = await served.posted('logged-models', {
    experiment_id: '0',
    name,
    source_run_id: run,
    model_type: 'sklearn',
    params: [{ key: 'depth', value: '3' }],
    tags: [{ key: 'team', value: 'vision' }],
    ...more,
  })
  const id = String(at(model, 'info', 'model_id'))
  await put(served, id, 'MLmodel', 'flavors: {}')
  await put(served, id, 'data/weights', 'weights')
  return { id, run }
}

async function put(served: Served, id: string, path: string, body: string): Promise<void> {
  const place = `${proxy}/0/models/${id}/artifacts/${path}`
  await served.sent('PUT', place, body)
}

const ready = { status: 'LOGGED_MODEL_READY' }

async function finalize(served: Served, id: string): Promise<unknown> {
  const { model } = await served.sent('PATCH', `logged-models/${id}`, ready)
  return model
}

async function runLabels(served: Served): Promise<number> {
  return (await served.repository.store.searchRuns()).runs.length
}

test('a pending model is there with its files, and is in no list of runs', async (t) => {
  const served = await Served.start(t)
  const { id, run } = await begin(served)
  const { model } = await served.got(`logged-models/${id}`)
  const now = served.repository.environment.clock.now().getTime()
  assert.deepEqual(model, {
    info: {
      model_id: id,
      experiment_id: '0',
      name: 'model',
      creation_timestamp_ms: now,
      last_updated_timestamp_ms: now,
      artifact_uri: `mlflow-artifacts:/0/models/${id}/artifacts`,
      status: 'LOGGED_MODEL_PENDING',
      model_type: 'sklearn',
      source_run_id: run,
      tags: [{ key: 'team', value: 'vision' }],
    },
    data: { params: [{ key: 'depth', value: '3' }] },
  })
  assert.equal(await served.text(`${proxy}/0/models/${id}/artifacts/data/weights`), 'weights')
  assert.equal(await runLabels(served), 1)
  assert.deepEqual((await served.repository.store.fsck()).problems, [])
})

test('a model that is finalized is a version of the store, as it was', async (t) => {
  const served = await Served.start(t)
  const { id, run } = await begin(served)
  const { model: before } = await served.got(`logged-models/${id}`)
  const after = await finalize(served, id)
  assert.equal(at(after, 'info', 'status'), 'LOGGED_MODEL_READY')
  for (const key of ['name', 'tags', 'source_run_id', 'model_type', 'creation_timestamp_ms']) {
    assert.deepEqual(at(after, 'info', key), at(before, 'info', key), key)
  }
  assert.deepEqual(at(after, 'data'), at(before, 'data'))
  assert.deepEqual(await finalize(served, id), after)
  const shown = await served.repository.store.show('logged-model/model')
  assert.deepEqual([shown.label, shown.madeBy[0]?.run, shown.files], [id, run, 2])
  const place = `0/models/${id}/artifacts`
  assert.equal(await served.text(`${proxy}/${place}/data/weights`), 'weights')
  assert.deepEqual(await served.got(`logged-models/${id}/artifacts/directories`), {
    root_uri: `mlflow-artifacts:/${place}`,
    files: [
      { path: 'MLmodel', is_dir: false, file_size: 11 },
      { path: 'data', is_dir: true },
    ],
  })
  const folder = { artifact_directory_path: 'data' }
  const below = await served.got(`logged-models/${id}/artifacts/directories`, folder)
  assert.deepEqual(below['files'], [{ path: 'data/weights', is_dir: false, file_size: 7 }])
  const late = await served.send('PUT', `${proxy}/${place}/late`, 'x')
  assert.deepEqual(errorCode(late), [403, 'PERMISSION_DENIED'])
  const params = { params: [{ key: 'late', value: '1' }] }
  assert.deepEqual(errorCode(await served.post(`logged-models/${id}/params`, params)), invalid)
})

test('params and tags are added to a model, and tags to a final one', async (t) => {
  const served = await Served.start(t)
  const { id } = await begin(served)
  await served.posted(`logged-models/${id}/params`, { params: [{ key: 'lr', value: '0.1' }] })
  await served.sent('PATCH', `logged-models/${id}/tags`, { tags: [{ key: 'a', value: '1' }] })
  await finalize(served, id)
  await served.sent('PATCH', `logged-models/${id}/tags`, { tags: [{ key: 'b', value: '2' }] })
  await served.sent('DELETE', `logged-models/${id}/tags/team`, '')
  const { model } = await served.got(`logged-models/${id}`)
  assert.deepEqual(at(model, 'data', 'params'), [
    { key: 'depth', value: '3' },
    { key: 'lr', value: '0.1' },
  ])
  assert.deepEqual(at(model, 'info', 'tags'), [
    { key: 'a', value: '1' },
    { key: 'b', value: '2' },
  ])
  const gone = await served.send('DELETE', `logged-models/${id}/tags/team`, '')
  assert.deepEqual(errorCode(gone), notFound)
})

test('a model whose upload failed says so, and makes no version', async (t) => {
  const served = await Served.start(t)
  const { id } = await begin(served)
  const failed = { status: 'LOGGED_MODEL_UPLOAD_FAILED' }
  const { model } = await served.sent('PATCH', `logged-models/${id}`, failed)
  assert.equal(at(model, 'info', 'status'), 'LOGGED_MODEL_UPLOAD_FAILED')
  assert.deepEqual(await served.repository.store.listArtifacts({ type: 'logged-model' }), [])
  const wrong = await served.send('PATCH', `logged-models/${id}`, { status: 'DONE' })
  assert.deepEqual(errorCode(wrong), invalid)
})

test('models are searched by name, param, tag and run, pending ones too', async (t) => {
  const served = await Served.start(t)
  const first = await begin(served, 'first')
  served.repository.environment.clock.turn(1)
  const second = await begin(served, 'second', { params: [{ key: 'depth', value: '9' }] })
  await finalize(served, second.id)
  const names = async (body: object): Promise<unknown[]> => {
    const request = { experiment_ids: ['0'], ...body }
    const { models } = await served.posted('logged-models/search', request)
    return Array.isArray(models) ? models.map((each) => at(each, 'info', 'name')) : []
  }
  assert.deepEqual(await names({}), ['second', 'first'])
  assert.deepEqual(await names({ filter: "name = 'first'" }), ['first'])
  assert.deepEqual(await names({ filter: "params.depth = '9'" }), ['second'])
  assert.deepEqual(await names({ filter: `source_run_id = '${first.run}'` }), ['first'])
  const order_by = [{ field_name: 'name', ascending: true }]
  assert.deepEqual(await names({ filter: "tags.team = 'vision'", order_by }), ['first', 'second'])
  assert.deepEqual(await names({ experiment_ids: ['0'.repeat(32)] }), [])
  assert.deepEqual(errorCode(await served.post('logged-models/search', {})), invalid)
})

test('a deleted model is gone, pending or final', async (t) => {
  const served = await Served.start(t)
  const pending = await begin(served)
  const final = await begin(served)
  await finalize(served, final.id)
  for (const { id } of [pending, final]) {
    await served.sent('DELETE', `logged-models/${id}`, '')
    assert.deepEqual(errorCode(await served.get(`logged-models/${id}`)), notFound)
  }
  assert.deepEqual(await served.posted('logged-models/search', { experiment_ids: ['0'] }), {})
})

test('a final model is registered by its id, and a pending one is not', async (t) => {
  const served = await Served.start(t)
  const { id, run } = await begin(served)
  await served.posted('registered-models/create', { name: 'digits' })
  const request = { name: 'digits', source: `models:/${id}`, model_id: id }
  assert.deepEqual(errorCode(await served.post('model-versions/create', request)), invalid)
  await finalize(served, id)
  for (const source of [`models:/${id}`, `mlflow-artifacts:/0/models/${id}/artifacts`]) {
    const made = await served.posted('model-versions/create', { ...request, source })
    assert.equal(at(made, 'model_version', 'model_id'), id)
    assert.equal(at(made, 'model_version', 'run_id'), run)
  }
  const { store } = served.repository
  const { root } = await store.show('logged-model/model')
  assert.equal((await store.show('model/digits@v1')).root, root)
})

test('runs that say that they made a model are in its lineage', async (t) => {
  const served = await Served.start(t)
  const { id, run } = await begin(served)
  const before = await served.createRun()
  const after = await served.createRun()
  const models = [{ model_id: id, step: '0' }]
  for (const run_id of [run, before]) await served.posted('runs/outputs', { run_id, models })
  await finalize(served, id)
  for (const run_id of [run, after]) await served.posted('runs/outputs', { run_id, models })
  const { madeBy } = await served.repository.store.show('logged-model/model')
  assert.deepEqual(new Set(madeBy.map((each) => each.run)), new Set([run, before, after]))
  assert.equal(madeBy.length, 3)
  const unknown = { run_id: run, models: [{ model_id: `m-${'0'.repeat(32)}` }] }
  assert.deepEqual(errorCode(await served.post('runs/outputs', unknown)), notFound)
})

test('a pending model stays here when what was pushed is dropped', async (t) => {
  const served = await Served.start(t)
  const { id } = await begin(served)
  const final = await begin(served, 'final')
  await put(served, final.id, 'data/other', 'only in this one')
  await finalize(served, final.id)
  const { store } = served.repository
  await store.addRemote({ name: 'origin', settings: { url: served.repository.at('remote') } })
  await store.push()
  const { objects } = await store.drop({})
  assert.ok(objects > 0)
  assert.deepEqual((await store.fsck()).problems, [])
  const place = `${proxy}/0/models/${id}/artifacts`
  assert.equal(await served.text(`${place}/data/weights`), 'weights')
  await finalize(served, id)
  assert.equal(await served.text(`${place}/data/weights`), 'weights')
})

test('names and ids that are none are refused', async (t) => {
  const served = await Served.start(t)
  for (const name of ['', 'a/b', 'a.b', 'a:b', "a'b"]) {
    const answer = await served.post('logged-models', { experiment_id: '0', name })
    assert.deepEqual(errorCode(answer), invalid, name)
  }
  const unnamed = await served.posted('logged-models', { experiment_id: '0' })
  assert.notEqual(at(unnamed, 'model', 'info', 'name'), '')
  for (const id of ['m-1', `m-${'0'.repeat(32)}`, '0'.repeat(32)]) {
    assert.deepEqual(errorCode(await served.get(`logged-models/${id}`)), notFound)
  }
  const other = await served.post('logged-models', { experiment_id: '17' })
  assert.deepEqual(errorCode(other), notFound)
})

test('models of clients of MLflow 2 are in a tag of their run', async (t) => {
  const served = await Served.start(t)
  const run_id = await served.createRun()
  for (const artifact_path of ['a', 'b']) {
    const model_json = JSON.stringify({ artifact_path })
    await served.posted('runs/log-model', { run_id, model_json })
  }
  const { run } = await served.got('runs/get', { run_id })
  const value = '[{"artifact_path":"a"},{"artifact_path":"b"}]'
  assert.deepEqual(at(run, 'data', 'tags', 0), { key: 'mlflow.log-model.history', value })
  const wrong = { run_id, model_json: 'x' }
  assert.deepEqual(errorCode(await served.post('runs/log-model', wrong)), invalid)
})
