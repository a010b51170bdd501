/** Against test/support/mlflow-server.ts; test/mlflow/ has the real server. */

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test, type TestContext } from 'node:test'
import { inspect } from 'node:util'

import { MlflowClient } from '../../../src/clients/mlflow/client.ts'
import { isRefusal, refusalError } from '../../../src/clients/mlflow/errors.ts'
import { isMlstoreError } from '../../../src/errors.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import { MlflowServer } from '../../support/mlflow-server.ts'

type Env = Readonly<Record<string, string>>

const noPauses: Clock = {
  now: () => new Date(0),
  elapsedMs: () => 0,
  sleep: async () => undefined,
}

function clientOf(t: TestContext, trackingUri: string, env: Env = {}): MlflowClient {
  const client = new MlflowClient({ trackingUri, env, clock: noPauses })
  t.after(() => client.close())
  return client
}

async function newRun(client: MlflowClient, name = 'churn'): Promise<string> {
  const experimentId = await client.createExperiment(name)
  const run = await client.createRun({ experimentId, startTime: 5, user: 'anna', tags: { a: 'b' } })
  return run.runId
}

test('a run is made, changed and read back', async (t) => {
  const server = await MlflowServer.start(t)
  const client = clientOf(t, server.url)
  const runId = await newRun(client)
  await client.logBatch(runId, {
    params: { lr: '0.1', __proto__x: 'y' },
    tags: { empty: '', constructor: 'c' },
    metrics: [{ key: 'loss', value: Number.NaN, timestamp: 7, step: 1 }],
  })
  await client.deleteTag(runId, 'a')
  await client.updateRun(runId, { status: 'FAILED', endTime: 9 })
  const run = await client.getRun(runId)
  const { status, startTime, endTime, experimentId, lifecycleStage } = run
  assert.deepEqual([status, startTime, endTime], ['FAILED', 5, 9])
  assert.deepEqual([experimentId, lifecycleStage], ['1', 'active'])
  assert.deepEqual(Object.fromEntries(run.params), { lr: '0.1', __proto__x: 'y' })
  assert.equal(run.tags.get('empty'), '')
  assert.equal(run.tags.get('constructor'), 'c')
  assert.equal(run.tags.has('a'), false)
  assert.equal(server.run().metrics.get('loss'), 'NaN')
})

test('an experiment is found by its name, and made only once', async (t) => {
  const server = await MlflowServer.start(t)
  const client = clientOf(t, server.url)
  assert.equal(await client.experimentByName('churn & more'), undefined)
  const experimentId = await client.createExperiment('churn & more')
  const found = await client.experimentByName('churn & more')
  assert.deepEqual(found, { experimentId, name: 'churn & more', lifecycleStage: 'active' })
  await assert.rejects(client.createExperiment('churn & more'), (error) => {
    assert.ok(isRefusal(error, 'RESOURCE_ALREADY_EXISTS'))
    return isMlstoreError(error, 'REFUSED')
  })
})

test('who asks is taken from the environment, then from the URI', async (t) => {
  const server = await MlflowServer.start(t)
  const uri = server.url.replace('//', '//uri%40user:p%3Aw@')
  const userOfEnv = { MLFLOW_TRACKING_USERNAME: 'anna', MLFLOW_TRACKING_PASSWORD: 'pw' }
  const tokenOfEnv = { MLFLOW_TRACKING_TOKEN: 'abc' }
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  const cases: readonly (readonly [string, Env, string | undefined])[] = [
    [server.url, {}, undefined],
    [uri, {}, basic('uri@user:p:w')],
    [uri, tokenOfEnv, 'Bearer abc'],
    [uri, { ...tokenOfEnv, ...userOfEnv }, basic('anna:pw')],
    [server.url, { MLFLOW_TRACKING_USERNAME: 'anna' }, undefined],
  ]
  for (const [trackingUri, env, authorization] of cases) {
    server.authorization = authorization
    await clientOf(t, trackingUri, env).experimentByName('churn')
    assert.equal(server.seen.at(-1)?.authorization, authorization)
  }
})

test('secrets are in no error and in no picture of a client', async (t) => {
  const server = await MlflowServer.start(t)
  server.authorization = 'Basic other'
  const env = { MLFLOW_TRACKING_USERNAME: 'anna', MLFLOW_TRACKING_PASSWORD: 'geheim' }
  const client = clientOf(t, server.url.replace('//', '//bob:geheim@'), env)
  const error: unknown = await client.experimentByName('churn').catch((thrown: unknown) => thrown)
  assert.ok(isMlstoreError(error, 'REMOTE_REFUSED'))
  const shown = [
    inspect(error, { depth: 9 }),
    error.hint,
    inspect(client, { depth: 9, showHidden: true }),
  ]
  assert.equal(
    [...shown, JSON.stringify(client), client.trackingUri].join('\n').includes('geheim'),
    false,
  )
  assert.equal(client.trackingUri, server.url)
  for (const uri of ['postgresql://anna:geheim@host/db', 'anna:geheim@host']) {
    assert.throws(
      () => clientOf(t, uri),
      (thrown) => isMlstoreError(thrown, 'INVALID_ARGUMENT') && !thrown.message.includes('geheim'),
    )
  }
})

test('a folder, a database or Databricks is refused as a tracking URI', (t) => {
  for (const uri of ['./mlruns', 'file:///tmp/mlruns', 'sqlite:///mlflow.db', 'databricks', '']) {
    assert.throws(() => clientOf(t, uri), { code: 'INVALID_ARGUMENT' })
  }
})

test('a server below a path is found there', async (t) => {
  const paths: (string | undefined)[] = []
  const url = await listen(t, (path) => {
    paths.push(path)
    return [200, '{}']
  })
  for (const uri of [`${url}/ml`, `${url}/ml/`]) {
    const client = clientOf(t, uri)
    assert.equal(client.trackingUri, `${url}/ml`)
    await client.searchRuns({ experimentId: '1', filter: '', orderBy: [], maxResults: 1 })
    await client.artifacts('mlflow-artifacts:/1/r/artifacts').list('x')
  }
  const search = '/ml/api/2.0/mlflow/runs/search'
  const list = '/ml/api/2.0/mlflow-artifacts/artifacts?path=1%2Fr%2Fartifacts%2Fx'
  assert.deepEqual(paths, [search, list, search, list])
})

test('what is repeatable is repeated while the server is busy, and a new run is not', async (t) => {
  const server = await MlflowServer.start(t)
  const client = clientOf(t, server.url)
  const runId = await newRun(client)
  server.failures.push(503, 429)
  await client.logBatch(runId, { tags: { a: 'b' } })
  server.failures.push(503)
  await client.getRun(runId)
  server.failures.push(503)
  await client.updateRun(runId, { status: 'FINISHED' })
  server.failures.push(503)
  const count = server.seen.length
  const starting = client.createRun({ experimentId: '1', startTime: 1, user: '', tags: {} })
  await assert.rejects(starting, { code: 'REMOTE_UNAVAILABLE' })
  assert.equal(server.seen.length, count + 1)
  assert.equal(server.runs.size, 1)
})

test('every code of MLflow is one of ours', () => {
  const url = new URL('http://host/path?token=secret')
  const expected: Record<string, readonly string[]> = {
    NOT_FOUND: ['RESOURCE_DOES_NOT_EXIST', 'NOT_FOUND'],
    INVALID_ARGUMENT: ['INVALID_PARAMETER_VALUE', 'BAD_REQUEST', 'MALFORMED_REQUEST'],
    REFUSED: ['RESOURCE_ALREADY_EXISTS', 'RESOURCE_CONFLICT', 'ABORTED', 'INVALID_STATE'],
    REMOTE_REFUSED: ['PERMISSION_DENIED', 'UNAUTHENTICATED', 'QUOTA_EXCEEDED', 'GIT_CONFLICT'],
    REMOTE_UNSUPPORTED: ['ENDPOINT_NOT_FOUND', 'NOT_IMPLEMENTED', 'FEATURE_DISABLED'],
    REMOTE_UNAVAILABLE: ['INTERNAL_ERROR', 'TEMPORARILY_UNAVAILABLE', 'REQUEST_LIMIT_EXCEEDED'],
    CORRUPT: ['DATA_LOSS'],
  }
  for (const [code, theirs] of Object.entries(expected)) {
    for (const errorCode of theirs) {
      const text = JSON.stringify({ error_code: errorCode, message: 'why' })
      const error = refusalError({ url, status: 400, what: 'It', text })
      assert.equal(error.code, code, errorCode)
      assert.equal(error.details?.['errorCode'], errorCode)
      assert.ok(error.message.includes('why') && !error.message.includes('secret'))
    }
  }
})

test('answers that are not of MLflow have the code of their status', () => {
  const url = new URL('http://host/')
  const codes = [401, 403, 404, 405, 418, 429, 500, 501, 502].map(
    (status) => refusalError({ url, status, what: 'It', text: '<html>' }).code,
  )
  const denied = ['REMOTE_REFUSED', 'REMOTE_REFUSED']
  const unsupported = ['REMOTE_UNSUPPORTED', 'REMOTE_UNSUPPORTED']
  const rest = ['REMOTE_UNAVAILABLE', 'REMOTE_UNAVAILABLE', 'REMOTE_UNSUPPORTED']
  assert.deepEqual(codes, [
    ...denied,
    ...unsupported,
    'REMOTE_REFUSED',
    ...rest,
    'REMOTE_UNAVAILABLE',
  ])
})

test('what is no answer of MLflow is refused', async (t) => {
  let answer = ''
  const url = await listen(t, () => [200, answer])
  const client = clientOf(t, url)
  const info = { run_id: 'r', experiment_id: '1', status: 'RUNNING', start_time: 1 }
  const answers = [
    '<html>',
    '[]',
    '{}',
    '{"run": {"info": {}}}',
    JSON.stringify({ run: { info: { ...info, artifact_uri: 'x', lifecycle_stage: 'gone' } } }),
  ]
  for (answer of answers) await assert.rejects(client.getRun('r'), { code: 'REMOTE_REFUSED' })
  const whole = { ...info, start_time: '17', artifact_uri: 'x', lifecycle_stage: 'active' }
  answer = JSON.stringify({ run: { info: whole } })
  const run = await client.getRun('r')
  assert.deepEqual([run.startTime, run.endTime, run.tags.size], [17, null, 0])
})

test('values that MLflow would cut are refused before anything is sent', async (t) => {
  const server = await MlflowServer.start(t)
  const client = clientOf(t, server.url)
  const runId = await newRun(client)
  await client.logBatch(runId, { tags: { a: '😀'.repeat(8000) }, params: { p: 'x'.repeat(6000) } })
  assert.equal(server.run().tags.get('a'), '😀'.repeat(8000))
  const count = server.seen.length
  const batches = [
    { tags: { a: 'x'.repeat(8001) } },
    { params: { q: 'x'.repeat(6001) } },
    { tags: { a: '\uD800' } },
  ]
  for (const batch of batches) {
    await assert.rejects(client.logBatch(runId, batch), { code: 'INVALID_ARGUMENT' })
  }
  assert.equal(server.seen.length, count)
})

test('a value that an older server cuts is an error, and half of it does not stay', async (t) => {
  const server = await MlflowServer.start(t)
  server.tagCharactersMax = 5000
  const client = clientOf(t, server.url)
  const runId = await newRun(client)
  await client.logBatch(runId, { tags: { fits: 'x'.repeat(5000) } })
  const logging = client.logBatch(runId, { tags: { long: 'x'.repeat(5001), short: 'y' } })
  await assert.rejects(logging, { code: 'REMOTE_UNSUPPORTED' })
  assert.equal(server.run().tags.has('long'), false)
  assert.equal(server.run().tags.get('short'), 'y')
})

test('more than one request holds is sent in several', async (t) => {
  const server = await MlflowServer.start(t)
  const client = clientOf(t, server.url)
  const runId = await newRun(client)
  const many = (prefix: string, count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, String(i)]))
  await client.logBatch(runId, { params: many('p', 250), tags: many('t', 101) })
  const { params, tags } = server.run()
  assert.deepEqual(Object.fromEntries(params), many('p', 250))
  assert.equal([...tags.keys()].filter((key) => /^t\d+$/.test(key)).length, 101)
})

test('a search finds runs, the newest first, and says what it does not understand', async (t) => {
  const server = await MlflowServer.start(t)
  const client = clientOf(t, server.url)
  const experimentId = await client.createExperiment('churn')
  for (const startTime of [3, 1, 2]) server.addRun({ experimentId, startTime, status: 'FINISHED' })
  const search = { experimentId, orderBy: ['attributes.start_time DESC'], maxResults: 2 }
  const filter = "attribute.status = 'FINISHED'"
  const found = await client.searchRuns({ ...search, filter })
  assert.deepEqual(
    found.map(({ startTime }) => startTime),
    [3, 2],
  )
  const failing = client.searchRuns({ ...search, filter: 'nonsense' })
  await assert.rejects(failing, { code: 'INVALID_ARGUMENT' })
})

test('a client that was closed can be used again', async (t) => {
  const server = await MlflowServer.start(t)
  const client = clientOf(t, server.url)
  const runId = await newRun(client)
  await client.close()
  await client.close()
  assert.equal((await client.getRun(runId)).runId, runId)
})

test('an interrupt ends a request', async (t) => {
  const abort = new AbortController()
  const url = await listen(t, () => {
    abort.abort()
    return [200, '{}']
  })
  const options = { trackingUri: url, env: {}, clock: noPauses, signal: abort.signal }
  const client = new MlflowClient(options)
  t.after(() => client.close())
  await assert.rejects(client.getRun('r'), { code: 'INTERRUPTED' })
})

async function listen(
  t: TestContext,
  answer: (path: string | undefined) => readonly [status: number, body: string],
): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answer(request.url)
    request.resume().on('end', () => response.writeHead(status).end(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `http://127.0.0.1:${address.port}`
}
