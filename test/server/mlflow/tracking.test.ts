import assert from 'node:assert/strict'
import { test } from 'node:test'

import { at, errorCode, Served } from '../served.ts'

const noRun = '0'.repeat(32)

test('experiments are created, found, renamed, tagged, deleted and restored', async (t) => {
  const served = await Served.start(t)
  const tags = [{ key: 'team', value: 'vision' }]
  const { experiment_id: id } = await served.posted('experiments/create', { name: 'digits', tags })
  const found = await served.got('experiments/get-by-name', { experiment_name: 'digits' })
  assert.equal(at(found, 'experiment', 'experiment_id'), id)
  assert.deepEqual(at(found, 'experiment', 'tags'), tags)
  await served.posted('experiments/update', { experiment_id: id, new_name: 'letters' })
  await served.posted('experiments/set-experiment-tag', { experiment_id: id, key: 'a', value: '' })
  await served.posted('experiments/delete-experiment-tag', { experiment_id: id, key: 'team' })
  const got = await served.got('experiments/get', { experiment_id: String(id) })
  assert.deepEqual(
    [at(got, 'experiment', 'name'), at(got, 'experiment', 'tags')],
    ['letters', [{ key: 'a', value: '' }]],
  )
  await served.posted('experiments/delete', { experiment_id: id })
  const gone = await served.got('experiments/get', { experiment_id: String(id) })
  assert.equal(at(gone, 'experiment', 'lifecycle_stage'), 'deleted')
  const tagging = await served.post('experiments/set-experiment-tag', {
    experiment_id: id,
    key: 'a',
    value: 'b',
  })
  assert.deepEqual(errorCode(tagging), [400, 'INVALID_PARAMETER_VALUE'])
  assert.deepEqual(errorCode(await served.post('experiments/delete', { experiment_id: id })), [
    404,
    'RESOURCE_DOES_NOT_EXIST',
  ])
  await served.posted('experiments/restore', { experiment_id: id })
  const back = await served.got('experiments/get', { experiment_id: String(id) })
  assert.equal(at(back, 'experiment', 'lifecycle_stage'), 'active')
})

test('an experiment that is there already is refused, and one that is not is not found', async (t) => {
  const served = await Served.start(t)
  const twice = await served.post('experiments/create', { name: 'Default' })
  assert.deepEqual(errorCode(twice), [400, 'RESOURCE_ALREADY_EXISTS'])
  for (const experiment_id of ['17', 'x', noRun, '../0']) {
    const answer = await served.get('experiments/get', { experiment_id })
    assert.deepEqual(errorCode(answer), [404, 'RESOURCE_DOES_NOT_EXIST'])
  }
  const place = await served.post('experiments/create', {
    name: 'x',
    artifact_location: 'file:///etc',
  })
  assert.deepEqual(errorCode(place), [400, 'INVALID_PARAMETER_VALUE'])
})

test('experiments are searched with filters, orders and pages', async (t) => {
  const served = await Served.start(t)
  for (const name of ['exp-a', 'exp-b', 'Exp-c']) {
    served.repository.environment.clock.turn(1)
    await served.posted('experiments/create', { name, tags: [{ key: 'k', value: name }] })
  }
  const search = async (body: object): Promise<unknown[]> => {
    const { experiments } = await served.posted('experiments/search', { max_results: 10, ...body })
    return Array.isArray(experiments) ? experiments.map((each) => at(each, 'name')) : []
  }
  assert.deepEqual(await search({}), ['Exp-c', 'exp-b', 'exp-a', 'Default'])
  assert.deepEqual(await search({ filter: "name LIKE 'exp-%'", order_by: ['name ASC'] }), [
    'exp-a',
    'exp-b',
  ])
  assert.deepEqual(
    await search({ filter: "name ILIKE 'EXP-_' and tags.k != 'exp-a'", order_by: ['name DESC'] }),
    ['exp-b', 'Exp-c'],
  )
  assert.deepEqual(await search({ filter: "attribute.experiment_id IN ('0')" }), ['Default'])
  assert.deepEqual(await search({ filter: 'tags.k IS NULL' }), ['Default'])
  const first = await served.posted('experiments/search', { max_results: 3 })
  const next = await served.posted('experiments/search', {
    max_results: 3,
    page_token: first['next_page_token'],
  })
  assert.deepEqual(at(next, 'experiments', 0, 'name'), 'Default')
  assert.equal(next['next_page_token'], undefined)
  const wrong = [
    { filter: 'color = 1' },
    { filter: 'name == ' },
    { max_results: 0 },
    { page_token: 'x' },
  ]
  for (const body of wrong) {
    const answer = await served.post('experiments/search', { max_results: 3, ...body })
    assert.deepEqual(errorCode(answer), [400, 'INVALID_PARAMETER_VALUE'], JSON.stringify(body))
  }
})

test('a run says what was logged into it, with steps and times', async (t) => {
  const served = await Served.start(t)
  const run_id = await served.createRun({
    run_name: 'first',
    tags: [{ key: 'mlflow.user', value: 'bo' }],
  })
  await served.posted('runs/log-parameter', { run_id, key: 'lr', value: '0.1' })
  await served.posted('runs/log-parameter', { run_uuid: run_id, key: 'lr', value: '0.1' })
  await served.posted('runs/log-metric', { run_id, key: 'loss', value: 0.5, timestamp: 7, step: 2 })
  await served.posted('runs/log-batch', {
    run_id,
    metrics: [{ key: 'nan', value: 'NaN', timestamp: '9', step: '-1' }],
    params: [{ key: 'batch', value: '8' }],
    tags: [{ key: 'stage', value: 'dev' }],
  })
  await served.posted('runs/set-tag', { run_id, key: 'gone', value: 'x' })
  await served.posted('runs/delete-tag', { run_id, key: 'gone' })
  const { run } = await served.got('runs/get', { run_id })
  assert.deepEqual(at(run, 'data'), {
    metrics: [
      { key: 'loss', value: 0.5, timestamp: 7, step: 2 },
      { key: 'nan', value: 'NaN', timestamp: 9, step: -1 },
    ],
    params: [
      { key: 'batch', value: '8' },
      { key: 'lr', value: '0.1' },
    ],
    tags: [
      { key: 'mlflow.runName', value: 'first' },
      { key: 'mlflow.user', value: 'bo' },
      { key: 'stage', value: 'dev' },
    ],
  })
  const { run_info: info } = await served.posted('runs/update', {
    run_id,
    status: 'FINISHED',
    end_time: 99,
    run_name: 'n',
  })
  assert.deepEqual(
    [at(info, 'status'), at(info, 'end_time'), at(info, 'run_name')],
    ['FINISHED', 99, 'n'],
  )
  await served.posted('runs/set-tag', { run_id, key: 'mlflow.runName', value: 'other' })
  const renamed = await served.got('runs/get', { run_id })
  assert.equal(at(renamed, 'run', 'info', 'run_name'), 'other')
  assert.equal(at(run, 'info', 'artifact_uri'), `mlflow-artifacts:/0/${run_id}/artifacts`)
})

test('a param that changes is refused and named, and so is what cannot be logged', async (t) => {
  const served = await Served.start(t)
  const run_id = await served.createRun()
  await served.posted('runs/log-parameter', { run_id, key: 'lr', value: '1' })
  const changed = await served.post('runs/log-parameter', { run_id, key: 'lr', value: '2' })
  assert.deepEqual(errorCode(changed), [400, 'INVALID_PARAMETER_VALUE'])
  assert.match(String(changed.body['message']), /already logged with value='1' .* new value '2'/)
  const long = Array.from({ length: 1001 }, (_, step) => ({
    key: 'm',
    value: 1,
    timestamp: 1,
    step,
  }))
  const refused: readonly (readonly [string, object])[] = [
    ['runs/log-metric', { run_id, key: 'a', value: 'x', timestamp: 1 }],
    ['runs/log-metric', { run_id, key: 'a', value: 1 }],
    ['runs/log-metric', { run_id, key: 'a', value: 1, timestamp: -1 }],
    ['runs/log-metric', { run_id, key: '../a', value: 1, timestamp: 1 }],
    ['runs/log-metric', { run_id, key: 'a\u0000', value: 1, timestamp: 1 }],
    ['runs/log-metric', { run_id, key: 'a'.repeat(251), value: 1, timestamp: 1 }],
    ['runs/log-metric', { run_id, key: 'a', value: 1, timestamp: 1, step: 1.5 }],
    ['runs/log-parameter', { run_id, value: 'x' }],
    ['runs/set-tag', { run_id, key: '/a', value: 'x' }],
    ['runs/log-batch', { run_id, metrics: long }],
    [
      'runs/log-batch',
      {
        run_id,
        params: [
          { key: 'a', value: '1' },
          { key: 'a', value: '1' },
        ],
      },
    ],
    ['runs/log-batch', { run_id, metrics: 'x' }],
    ['runs/log-batch', { run_id: '../x', metrics: [] }],
    ['runs/update', { run_id, status: 'DONE' }],
    [
      'runs/create',
      { experiment_id: '0', run_name: 'a', tags: [{ key: 'mlflow.runName', value: 'b' }] },
    ],
  ]
  for (const [path, body] of refused) {
    const answer = await served.post(path, body)
    assert.deepEqual(
      errorCode(answer),
      [400, 'INVALID_PARAMETER_VALUE'],
      JSON.stringify(body).slice(0, 200),
    )
  }
  const missing = await served.post('runs/log-parameter', { run_id: noRun, key: 'a', value: '1' })
  assert.deepEqual(errorCode(missing), [404, 'RESOURCE_DOES_NOT_EXIST'])
})

test('values that are too long are cut as the real server does, keys are not', async (t) => {
  const served = await Served.start(t)
  const run_id = await served.createRun()
  await served.posted('runs/log-parameter', { run_id, key: 'p', value: 'x'.repeat(7000) })
  await served.posted('runs/set-tag', { run_id, key: 't', value: 'x'.repeat(9000) })
  const { params, tags } = (await served.repository.store.tracking()).run(run_id) ?? {}
  assert.deepEqual([params?.get('p')?.length, tags?.get('t')?.length], [6000, 8000])
})

test('runs are deleted, restored and found by view', async (t) => {
  const served = await Served.start(t)
  const [kept, gone] = [await served.createRun(), await served.createRun()]
  await served.posted('runs/delete', { run_id: gone })
  const search = async (run_view_type?: string): Promise<unknown[]> => {
    const { runs } = await served.posted('runs/search', { experiment_ids: ['0'], run_view_type })
    return Array.isArray(runs)
      ? runs.map((run) => String(at(run, 'info', 'run_id'))).toSorted()
      : []
  }
  assert.deepEqual(await search(), [kept])
  assert.deepEqual(await search('DELETED_ONLY'), [gone])
  assert.deepEqual(await search('ALL'), [kept, gone].toSorted())
  const logging = await served.post('runs/set-tag', { run_id: gone, key: 'a', value: 'b' })
  assert.deepEqual(errorCode(logging), [400, 'INVALID_PARAMETER_VALUE'])
  await served.posted('runs/restore', { run_id: gone })
  assert.deepEqual(await search(), [kept, gone].toSorted())
})

test('runs are searched with the filters of MLflow, in order and by pages', async (t) => {
  const served = await Served.start(t)
  for (const [i, acc] of [0.1, 0.9, 0.5].entries()) {
    const run_id = await served.createRun({ run_name: `r${i}`, start_time: i })
    await served.posted('runs/log-batch', {
      run_id,
      metrics: [{ key: 'val/acc', value: acc, timestamp: 1, step: 0 }],
      params: [{ key: 'opt', value: i === 0 ? 'sgd' : 'adam' }],
      tags: [{ key: 'a.b', value: `v${i}` }],
    })
  }
  const search = async (filter: string, more: object = {}): Promise<unknown[]> => {
    const body = { experiment_ids: ['0'], filter, order_by: ['metrics.`val/acc` DESC'], ...more }
    const { runs } = await served.posted('runs/search', body)
    return Array.isArray(runs) ? runs.map((run) => at(run, 'info', 'run_name')) : []
  }
  assert.deepEqual(await search(''), ['r1', 'r2', 'r0'])
  assert.deepEqual(await search("params.opt = 'adam' and metrics.`val/acc` < 0.6"), ['r2'])
  assert.deepEqual(await search("tags.a.b LIKE 'v%' AND attributes.status = 'RUNNING'"), [
    'r1',
    'r2',
    'r0',
  ])
  assert.deepEqual(await search("attribute.start_time <= 1 and run_name ILIKE 'R%'"), ['r1', 'r0'])
  assert.deepEqual(await search('', { experiment_ids: [] }), [])
  const page = { experiment_ids: ['0'], max_results: 2 }
  const first = await served.posted('runs/search', page)
  const second = await served.posted('runs/search', {
    ...page,
    page_token: first['next_page_token'],
  })
  assert.deepEqual(at(second, 'runs', 0, 'info', 'run_name'), 'r0')
  const wrong = [
    { filter: 'metrics.a >' },
    { filter: 'what.a = 1' },
    { max_results: 50_001 },
    { page_token: 'x' },
  ]
  for (const body of wrong) {
    const answer = await served.post('runs/search', { ...page, ...body })
    assert.deepEqual(errorCode(answer), [400, 'INVALID_PARAMETER_VALUE'], JSON.stringify(body))
  }
})

test('the points of a metric come whole, by pages, of several runs and between steps', async (t) => {
  const served = await Served.start(t)
  const runs = [await served.createRun(), await served.createRun()].toSorted()
  for (const run_id of runs) {
    const metrics = [3, 1, 2].map((step) => ({ key: 'm', value: step * 10, timestamp: step, step }))
    await served.posted('runs/log-batch', { run_id, metrics })
  }
  const [run_id = ''] = runs
  const whole = await served.got('metrics/get-history', { run_id, metric_key: 'm' })
  const point = (step: number): object => ({ key: 'm', value: step * 10, timestamp: step, step })
  assert.deepEqual(whole, { metrics: [1, 2, 3].map(point) })
  const page = await served.got('metrics/get-history', {
    run_id,
    metric_key: 'm',
    max_results: '2',
  })
  assert.deepEqual(page['metrics'], [1, 2].map(point))
  const rest = await served.got('metrics/get-history', {
    run_id,
    metric_key: 'm',
    max_results: '2',
    page_token: String(page['next_page_token']),
  })
  assert.deepEqual(rest, { metrics: [point(3)] })
  assert.deepEqual(await served.got('metrics/get-history', { run_id, metric_key: 'none' }), {})
  const bulk = await served.got('metrics/get-history-bulk', [
    ...runs.map((run): [string, string] => ['run_id', run]),
    ['metric_key', 'm'],
  ])
  assert.deepEqual(
    bulk['metrics'],
    runs.flatMap((run) => [1, 2, 3].map((step) => ({ ...point(step), run_id: run }))),
  )
  const between = await served.got('metrics/get-history-bulk-interval', {
    run_ids: run_id,
    metric_key: 'm',
    start_step: '2',
    end_step: '3',
  })
  assert.deepEqual(
    between['metrics'],
    [2, 3].map((step) => ({ ...point(step), run_id })),
  )
  const half = await served.get('metrics/get-history-bulk-interval', {
    run_ids: run_id,
    metric_key: 'm',
    start_step: '2',
  })
  assert.deepEqual(errorCode(half), [400, 'INVALID_PARAMETER_VALUE'])
})

test('a URL of the code is kept without the token in it', async (t) => {
  const served = await Served.start(t)
  const tags = [{ key: 'mlflow.source.git.repoURL', value: 'https://me:ghp_secret@github.com/a/b' }]
  const run_id = await served.createRun({ tags })
  const run = await served.got('runs/get', { run_id })
  assert.equal(JSON.stringify(run).includes('ghp_secret'), false)
})

test('a body that is no JSON, or of another type, is refused in the words of the real server', async (t) => {
  const served = await Served.start(t)
  const broken = await served.post('runs/log-metric', '{')
  assert.equal(
    broken.body['message'],
    "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
  )
  const twice = await served.post(
    'experiments/create',
    JSON.stringify(JSON.stringify({ name: 'twice' })),
  )
  assert.equal(twice.status, 200)
  const response = await fetch(`${served.url}/api/2.0/mlflow/experiments/create`, {
    method: 'POST',
    body: new URLSearchParams({ name: 'x' }),
  })
  assert.equal(response.status, 400)
})

test('a point that a client sent again is one point', async (t) => {
  const served = await Served.start(t)
  const run_id = await served.createRun()
  const point = { run_id, key: 'loss', value: 'NaN', timestamp: 7, step: 1 }
  for (const each of [point, point, { ...point, step: 2 }]) {
    await served.posted('runs/log-metric', each)
  }
  const history = await served.got('metrics/get-history', { run_id, metric_key: 'loss' })
  assert.deepEqual([at(history, 'metrics', 0, 'step'), at(history, 'metrics', 1, 'step')], [1, 2])
  assert.equal(at(history, 'metrics', 2), undefined)
})

test('a batch names what it lacks, and an empty name changes no run', async (t) => {
  const served = await Served.start(t)
  const run_id = await served.createRun({ run_name: 'first' })
  const lacking = { run_id, metrics: [{ key: 'a', value: 1 }] }
  const { body } = await served.post('runs/log-batch', lacking)
  assert.match(String(body['message']), /'metrics\[0\]\.timestamp'/)
  const tags = [{ key: 'mlflow.runName', value: '' }]
  await served.posted('runs/log-batch', { run_id, tags })
  const got = await served.got('runs/get', { run_id })
  assert.equal(at(got, 'run', 'info', 'run_name'), 'first')
  assert.deepEqual(at(got, 'run', 'data', 'tags'), [{ key: 'mlflow.runName', value: 'first' }])
})
