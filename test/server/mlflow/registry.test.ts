import assert from 'node:assert/strict'
import { test } from 'node:test'

import { at, errorCode, Served } from '../served.ts'

const notFound = [404, 'RESOURCE_DOES_NOT_EXIST']
const invalid = [400, 'INVALID_PARAMETER_VALUE']
const proxy = '/api/2.0/mlflow-artifacts/artifacts'

/** A run with the files of a model in the folder `model`. */
async function modelRun(served: Served, weights = 'weights'): Promise<string> {
  const run = await served.createRun()
  await served.putFile(run, 'model/MLmodel', 'flavors: {}')
  await served.putFile(run, 'model/data/weights', weights)
  return run
}

async function register(served: Served, name: string, body: object = {}): Promise<unknown> {
  const run_id = await modelRun(served)
  const request = { name, source: `runs:/${run_id}/model`, run_id, ...body }
  const { model_version } = await served.posted('model-versions/create', request)
  return model_version
}

async function create(served: Served, name: string, body: object = {}): Promise<void> {
  await served.posted('registered-models/create', { name, ...body })
}

test('a model is there before it has versions, with its description and tags', async (t) => {
  const served = await Served.start(t)
  const tags = [{ key: 'team', value: 'vision' }]
  const made = await served.posted('registered-models/create', {
    name: 'digits',
    description: 'reads digits',
    tags,
  })
  const createdAt = served.repository.environment.clock.now().getTime()
  assert.deepEqual(made['registered_model'], {
    name: 'digits',
    creation_timestamp: createdAt,
    last_updated_timestamp: createdAt,
    description: 'reads digits',
    tags,
  })
  assert.deepEqual(await served.got('registered-models/get', { name: 'digits' }), made)
  const twice = await served.post('registered-models/create', { name: 'digits' })
  assert.deepEqual(errorCode(twice), [400, 'RESOURCE_ALREADY_EXISTS'])
  assert.deepEqual(errorCode(await served.get('registered-models/get', { name: 'x' })), notFound)
})

test('a version of a run is a numbered version of the store, with lineage', async (t) => {
  const served = await Served.start(t)
  await create(served, 'digits')
  const run_id = await modelRun(served)
  const source = `mlflow-artifacts:/0/${run_id}/artifacts/model`
  const request = { name: 'digits', source, run_id, description: 'd', run_link: 'http://r' }
  const tags = [{ key: 'a', value: 'b' }]
  const made = await served.posted('model-versions/create', { ...request, tags })
  const now = served.repository.environment.clock.now().getTime()
  assert.deepEqual(made['model_version'], {
    name: 'digits',
    version: '1',
    creation_timestamp: now,
    last_updated_timestamp: now,
    current_stage: 'None',
    description: 'd',
    source,
    run_id,
    status: 'READY',
    tags,
    run_link: 'http://r',
  })
  const second = await served.posted('model-versions/create', { name: 'digits', source, run_id })
  assert.equal(at(second, 'model_version', 'version'), '2')
  const { store } = served.repository
  const log = await store.log('model/digits')
  assert.deepEqual(
    log.map(({ label }) => label),
    ['v2', 'v1'],
  )
  const files = []
  for await (const { path } of store.listFiles({ reference: 'model/digits@v1', recursive: true })) {
    files.push(path)
  }
  assert.deepEqual(files, ['MLmodel', 'data', 'data/weights'])
  assert.equal((await store.show('model/digits@v1')).madeBy[0]?.run, run_id)
})

test('files of a version are fetched at the place that its download URI names', async (t) => {
  const served = await Served.start(t)
  await create(served, 'digits')
  await register(served, 'digits')
  const got = await served.got('model-versions/get-download-uri', { name: 'digits', version: '1' })
  const [, place = ''] =
    /^mlflow-artifacts:\/(versions\/[0-9a-f]{64}\/artifacts)$/.exec(String(got['artifact_uri'])) ??
    []
  assert.notEqual(place, '')
  assert.deepEqual(await served.got(proxy, { path: place }), {
    files: [
      { path: 'MLmodel', is_dir: false, file_size: 11 },
      { path: 'data', is_dir: true },
    ],
  })
  assert.deepEqual(await served.got(proxy, { path: `${place}/data` }), {
    files: [{ path: 'weights', is_dir: false, file_size: 7 }],
  })
  assert.equal(await served.text(`${proxy}/${place}/data/weights`), 'weights')
  assert.deepEqual(errorCode(await served.get(`${proxy}/${place}/none`)), notFound)
  for (const method of ['PUT', 'DELETE']) {
    const answer = await served.send(method, `${proxy}/${place}/data/weights`, 'x')
    assert.deepEqual(errorCode(answer), [403, 'PERMISSION_DENIED'])
  }
})

test('what changes in the run later changes no version', async (t) => {
  const served = await Served.start(t)
  await create(served, 'digits')
  const run_id = await modelRun(served)
  await served.posted('model-versions/create', {
    name: 'digits',
    source: `runs:/${run_id}/model/data/weights`,
    run_id,
  })
  await served.putFile(run_id, 'model/data/weights', 'other')
  const chunks = []
  for await (const chunk of served.repository.store.cat('model/digits')) chunks.push(chunk)
  assert.equal(Buffer.concat(chunks).toString(), 'weights')
})

test('aliases are the aliases of the store, whoever sets them', async (t) => {
  const served = await Served.start(t)
  await create(served, 'digits')
  await register(served, 'digits')
  await register(served, 'digits')
  const alias = { name: 'digits', alias: 'champion' }
  await served.posted('registered-models/alias', { ...alias, version: '1' })
  const { store } = served.repository
  assert.equal((await store.show('model/digits@champion')).label, 'v1')
  await store.setAlias('model/digits@v2', 'challenger')
  const got = await served.got('registered-models/get', { name: 'digits' })
  assert.deepEqual(at(got, 'registered_model', 'aliases'), [
    { alias: 'challenger', version: '2' },
    { alias: 'champion', version: '1' },
  ])
  const found = await served.got('registered-models/alias', alias)
  assert.deepEqual(
    [at(found, 'model_version', 'version'), at(found, 'model_version', 'aliases')],
    ['1', ['champion']],
  )
  await served.sent('DELETE', 'registered-models/alias', alias)
  assert.deepEqual(errorCode(await served.get('registered-models/alias', alias)), invalid)
  for (const wrong of ['latest', 'v3', 'a b', 'a/b']) {
    const body = { name: 'digits', alias: wrong, version: '1' }
    assert.deepEqual(errorCode(await served.post('registered-models/alias', body)), invalid, wrong)
  }
  const none = { name: 'digits', alias: 'a', version: '9' }
  assert.deepEqual(errorCode(await served.post('registered-models/alias', none)), notFound)
})

test('versions that somebody added get numbers in their order, and stay as they are', async (t) => {
  const served = await Served.start(t)
  const { repository } = served
  repository.write({ weights: 'one' })
  await repository.store.add({ paths: ['weights'], as: 'model/team/resnet' })
  repository.environment.clock.turn(1)
  repository.write({ weights: 'two' })
  await repository.store.add({ paths: ['weights'], as: 'model/team/resnet' })
  const got = await served.got('registered-models/get', { name: 'team/resnet' })
  assert.equal(at(got, 'registered_model', 'latest_versions', 0, 'version'), '2')
  const uri = await served.got('model-versions/get-download-uri', {
    name: 'team/resnet',
    version: '1',
  })
  const version = await served.got('model-versions/get', { name: 'team/resnet', version: '1' })
  assert.equal(at(version, 'model_version', 'source'), uri['artifact_uri'])
  const place = String(uri['artifact_uri']).slice('mlflow-artifacts:/'.length)
  assert.equal(await served.text(`${proxy}/${place}/weights`), 'one')
  assert.deepEqual(
    (await repository.store.byNumber('model/team/resnet', 2)).subject,
    `version:${(await repository.store.show('model/team/resnet')).digest}`,
  )
})

test('a server that only reads gives no numbers', async (t) => {
  const served = await Served.start(t, { readOnly: true })
  const { repository } = served
  repository.write({ weights: 'one' })
  await repository.store.add({ paths: ['weights'], as: 'model/resnet' })
  const got = await served.got('registered-models/get', { name: 'resnet' })
  assert.equal(at(got, 'registered_model', 'latest_versions'), undefined)
  assert.deepEqual(errorCode(await served.post('registered-models/create', { name: 'x' })), [
    403,
    'PERMISSION_DENIED',
  ])
})

test('a model keeps its versions, tags and aliases under another name, and back', async (t) => {
  const served = await Served.start(t)
  await create(served, 'old', { description: 'd', tags: [{ key: 'k', value: 'v' }] })
  await register(served, 'old', { tags: [{ key: 'a', value: 'b' }] })
  await register(served, 'old')
  await served.posted('registered-models/alias', { name: 'old', alias: 'prod', version: '1' })
  const before = await served.got('registered-models/get', { name: 'old' })
  const firstOf = (name: string): Promise<object> =>
    served.got('model-versions/get', { name, version: '1' })
  const first = await firstOf('old')
  await create(served, 'taken')
  const taken = { name: 'old', new_name: 'taken' }
  assert.deepEqual(errorCode(await served.post('registered-models/rename', taken)), [
    400,
    'RESOURCE_ALREADY_EXISTS',
  ])
  await served.posted('registered-models/rename', { name: 'old', new_name: 'new' })
  assert.deepEqual(errorCode(await served.get('registered-models/get', { name: 'old' })), notFound)
  assert.deepEqual(at(await firstOf('new'), 'model_version', 'tags'), [{ key: 'a', value: 'b' }])
  const { store } = served.repository
  assert.equal((await store.show('model/new@prod')).label, 'v1')
  await served.posted('registered-models/rename', { name: 'new', new_name: 'old' })
  assert.deepEqual(await firstOf('old'), first)
  assert.deepEqual(await served.got('registered-models/get', { name: 'old' }), before)
  assert.deepEqual((await store.fsck()).problems, [])
})

test('deleted versions and models are gone, and their numbers are never given again', async (t) => {
  const served = await Served.start(t)
  await create(served, 'digits')
  await register(served, 'digits')
  await register(served, 'digits')
  await served.posted('registered-models/alias', { name: 'digits', alias: 'a', version: '2' })
  const second = { name: 'digits', version: '2' }
  await served.sent('DELETE', 'model-versions/delete', second)
  assert.deepEqual(errorCode(await served.get('model-versions/get', second)), notFound)
  const { registered_model: model } = await served.got('registered-models/get', { name: 'digits' })
  assert.equal(at(model, 'aliases'), undefined)
  assert.equal(at(await register(served, 'digits'), 'version'), '3')
  await served.sent('DELETE', 'registered-models/delete', { name: 'digits' })
  assert.deepEqual(
    errorCode(await served.get('registered-models/get', { name: 'digits' })),
    notFound,
  )
  assert.deepEqual(await served.got('model-versions/search', { filter: "name = 'digits'" }), {})
  await create(served, 'digits')
  assert.equal(at(await register(served, 'digits'), 'version'), '4')
})

test('a stage is a tag of the version; others may be archived by the move', async (t) => {
  const served = await Served.start(t)
  await create(served, 'digits')
  for (let i = 0; i < 3; i++) await register(served, 'digits')
  const move = (version: string, stage: string, archive: boolean): Promise<object> =>
    served.posted('model-versions/transition-stage', {
      name: 'digits',
      version,
      stage,
      archive_existing_versions: archive,
    })
  await move('1', 'production', false)
  await move('2', 'Production', true)
  const got = await served.got('registered-models/get-latest-versions', { name: 'digits' })
  const versions = Array.isArray(got['model_versions']) ? got['model_versions'] : []
  assert.deepEqual(
    versions.map((each) => [at(each, 'version'), at(each, 'current_stage')]),
    [
      ['3', 'None'],
      ['2', 'Production'],
      ['1', 'Archived'],
    ],
  )
  const some = { name: 'digits', stages: ['PRODUCTION'] }
  const latest = await served.posted('registered-models/get-latest-versions', some)
  assert.equal(at(latest, 'model_versions', 0, 'version'), '2')
  assert.equal(at(latest, 'model_versions', 1), undefined)
  const wrong = { name: 'digits', version: '1', stage: 'Live' }
  assert.deepEqual(errorCode(await served.post('model-versions/transition-stage', wrong)), invalid)
  const { tags } = await served.repository.store.listTags('model/digits@v2')
  assert.deepEqual(tags, { stage: 'Production' })
})

test('descriptions and tags of models and versions are changed and taken away', async (t) => {
  const served = await Served.start(t)
  await create(served, 'digits')
  await register(served, 'digits')
  served.repository.environment.clock.turn(1000)
  const later = served.repository.environment.clock.now().getTime()
  const version = { name: 'digits', version: '1' }
  await served.posted('registered-models/set-tag', { name: 'digits', key: 'k', value: 'v' })
  await served.posted('model-versions/set-tag', { ...version, key: 'k', value: 'w' })
  await served.sent('PATCH', 'registered-models/update', { name: 'digits', description: 'm' })
  const updated = await served.sent('PATCH', 'model-versions/update', {
    ...version,
    description: 'v',
  })
  assert.deepEqual(
    ['description', 'tags', 'last_updated_timestamp'].map((key) =>
      at(updated, 'model_version', key),
    ),
    ['v', [{ key: 'k', value: 'w' }], later],
  )
  await served.sent('DELETE', 'registered-models/delete-tag', { name: 'digits', key: 'k' })
  await served.sent('DELETE', 'model-versions/delete-tag', { ...version, key: 'k' })
  const { registered_model: model } = await served.got('registered-models/get', { name: 'digits' })
  assert.deepEqual([at(model, 'description'), at(model, 'tags')], ['m', undefined])
  assert.equal(at(model, 'latest_versions', 0, 'tags'), undefined)
})

test('models and versions are searched with filters, orders and pages', async (t) => {
  const served = await Served.start(t)
  for (const name of ['a-one', 'a-two', 'b']) {
    served.repository.environment.clock.turn(1)
    await create(served, name, { tags: [{ key: 'team', value: name }] })
    await register(served, name)
  }
  await register(served, 'a-one', { tags: [{ key: 'x', value: 'y' }] })
  const names = async (query: Record<string, string>): Promise<unknown[]> => {
    const { registered_models: found } = await served.got('registered-models/search', query)
    return Array.isArray(found) ? found.map((each) => at(each, 'name')) : []
  }
  assert.deepEqual(await names({}), ['a-one', 'a-two', 'b'])
  assert.deepEqual(await names({ filter: "name LIKE 'a-%'", order_by: 'name DESC' }), [
    'a-two',
    'a-one',
  ])
  assert.deepEqual(await names({ filter: "tags.team = 'b'" }), ['b'])
  assert.deepEqual(await names({ filter: "tags.`mlflow.prompt.is_prompt` = 'true'" }), [])
  const first = await served.got('registered-models/search', { max_results: '2' })
  const token = String(first['next_page_token'])
  assert.deepEqual(await names({ max_results: '2', page_token: token }), ['b'])
  const versions = async (query: Record<string, string>): Promise<unknown[]> => {
    const { model_versions: found } = await served.got('model-versions/search', query)
    return Array.isArray(found)
      ? found.map((each) => `${String(at(each, 'name'))}/${String(at(each, 'version'))}`)
      : []
  }
  assert.deepEqual(await versions({}), ['a-one/2', 'b/1', 'a-two/1', 'a-one/1'])
  assert.deepEqual(await versions({ filter: "name='a-one' and version_number > 1" }), ['a-one/2'])
  assert.deepEqual(await versions({ filter: "tags.x = 'y'" }), ['a-one/2'])
  for (const filter of ['color = 1', 'name ==', 'a-one']) {
    const answer = await served.get('registered-models/search', { filter })
    assert.deepEqual(errorCode(answer), invalid, filter)
  }
})

test('a version can be made of another one, named as clients do', async (t) => {
  const served = await Served.start(t)
  await create(served, 'from')
  await create(served, 'to')
  const first = await register(served, 'from')
  await served.posted('registered-models/alias', { name: 'from', alias: 'best', version: '1' })
  for (const source of ['models:/from/1', 'models:/from@best', 'models:/from/latest']) {
    const made = await served.posted('model-versions/create', { name: 'to', source })
    assert.equal(at(made, 'model_version', 'run_id'), at(first, 'run_id'), source)
  }
  const { store } = served.repository
  const roots = new Set()
  for (const reference of ['model/from@v1', 'model/to@v1', 'model/to@v3']) {
    roots.add((await store.show(reference)).root)
  }
  assert.equal(roots.size, 1)
})

test('a source that the store does not hold is refused, and makes nothing', async (t) => {
  const served = await Served.start(t)
  await create(served, 'digits')
  const run_id = await modelRun(served)
  const other = await served.createRun()
  const wrong = [
    '/etc/passwd',
    'file:///etc',
    'file:/etc',
    's3://bucket/x',
    `http://h/api/2.0/mlflow-artifacts/artifacts/0/${run_id}/artifacts/model`,
    `mlflow-artifacts://host/0/${run_id}/artifacts/model`,
    `mlflow-artifacts:/0/${run_id}/artifacts/../../x`,
    `mlflow-artifacts:/0/${run_id}/artifacts/%252e%252e/x`,
    `mlflow-artifacts:/0/${other}/artifacts/model`,
    `runs:/${other}/model`,
    `runs://host/${run_id}/model`,
    'runs:/x/model',
    'models:/',
    'models://registry/digits/1',
  ]
  for (const source of wrong) {
    const answer = await served.post('model-versions/create', { name: 'digits', source, run_id })
    assert.deepEqual(errorCode(answer), invalid, source)
  }
  for (const source of [`runs:/${run_id}/none`, 'models:/digits/1', 'models:/none/1']) {
    const answer = await served.post('model-versions/create', { name: 'digits', source })
    assert.deepEqual(errorCode(answer), notFound, source)
  }
  const unknown = { name: 'none', source: `runs:/${run_id}/model`, run_id }
  assert.deepEqual(errorCode(await served.post('model-versions/create', unknown)), notFound)
  assert.deepEqual(await served.got('model-versions/search'), {})
})

test('names that are none of a model are refused, and prompts are not kept', async (t) => {
  const served = await Served.start(t)
  for (const name of [' ', 'a/b', 'a:b', '..', '.']) {
    assert.deepEqual(errorCode(await served.post('registered-models/create', { name })), invalid)
  }
  const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
  assert.deepEqual(errorCode(await served.post('registered-models/create', { name: 'p', tags })), [
    400,
    'FEATURE_DISABLED',
  ])
  const odd = 'a @ "b" %41 é?'
  await create(served, odd)
  await register(served, odd)
  const got = await served.got('model-versions/get', { name: odd, version: '1' })
  assert.equal(at(got, 'model_version', 'name'), odd)
})

test('registrations at the same time all get numbers of their own', async (t) => {
  const served = await Served.start(t)
  await create(served, 'digits')
  const run_id = await modelRun(served)
  const request = { name: 'digits', source: `runs:/${run_id}/model`, run_id }
  const made = await Promise.all(
    Array.from({ length: 12 }, () => served.posted('model-versions/create', request)),
  )
  const numbers = made.map((each) => Number(at(each, 'model_version', 'version')))
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 12 }, (_, i) => i + 1),
  )
  assert.equal((await served.repository.store.log('model/digits')).length, 12)
})
