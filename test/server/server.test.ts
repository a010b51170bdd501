import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isMlstoreError } from '../../src/errors.ts'
import { startServer } from '../../src/server/server.ts'
import { TestRepository } from '../support/store.ts'
import { at, errorCode, Served } from './served.ts'

test('health, version and unknown endpoints are answered, the last in JSON', async (t) => {
  const served = await Served.start(t)
  const health = await fetch(`${served.url}/health`)
  assert.deepEqual([health.status, await health.text()], [200, 'OK'])
  const version = await fetch(`${served.url}/version`)
  assert.equal(await version.text(), '1.2.3')
  for (const path of ['/', '/api/2.0/mlflow/traces', '/api/3.0/mlflow/server-info']) {
    assert.deepEqual(errorCode(await served.get(path)), [404, 'ENDPOINT_NOT_FOUND'], path)
  }
})

test('each request is one line of log that has no query and no body', async (t) => {
  const served = await Served.start(t)
  await served.get('runs/get', { run_id: 'secret-in-query' })
  await served.post('runs/set-tag', { run_id: 'x', key: 'k', value: 'secret-in-body' })
  const [first, second] = served.requests
  assert.deepEqual(
    [first?.method, first?.path, first?.status],
    ['GET', '/api/2.0/mlflow/runs/get', 404],
  )
  assert.equal(second?.status, 404)
  assert.equal(JSON.stringify(served.requests).includes('secret'), false)
})

test('a server that only reads refuses every change and makes none itself', async (t) => {
  const served = await Served.start(t, { readOnly: true })
  const created = await served.post('experiments/create', { name: 'x' })
  assert.deepEqual(errorCode(created), [403, 'PERMISSION_DENIED'])
  assert.deepEqual(await served.posted('experiments/search', { max_results: 10 }), {})
})

test('a body that is too long is refused and not read to its end', async (t) => {
  const served = await Served.start(t)
  const value = 'x'.repeat(21 * 1024 * 1024)
  const answer = await served.post('runs/set-tag', { run_id: 'x', key: 'k', value })
  assert.deepEqual(errorCode(answer), [400, 'BAD_REQUEST'])
})

test('an address that others can reach wants a token', async (t) => {
  const { store, environment } = await TestRepository.create(t)
  const starting = startServer({ store, environment, version: '1', host: '0.0.0.0', port: 0 })
  await assert.rejects(starting, (error) => isMlstoreError(error, 'INVALID_ARGUMENT'))
})

test('a port that is taken is named in the error', async (t) => {
  const served = await Served.start(t)
  const { store, environment } = served.repository
  const port = Number(new URL(served.url).port)
  const starting = startServer({ store, environment, version: '1', port })
  await assert.rejects(starting, (error) => {
    assert.ok(isMlstoreError(error, 'IO_ERROR'))
    return error.message.includes(String(port))
  })
})

test('with a token only those who show it are answered', async (t) => {
  const served = await Served.start(t, { token: 'secret-token' })
  assert.deepEqual(errorCode(await served.get('experiments/search')), [401, 'UNAUTHENTICATED'])
  const headers = { authorization: 'Bearer secret-token' }
  const answer = await fetch(`${served.url}/api/2.0/mlflow/experiments/get?experiment_id=0`, {
    headers,
  })
  assert.equal(at(await answer.json(), 'experiment', 'name'), 'Default')
})

test('closing answers what was asked before', async (t) => {
  const { store, environment } = await TestRepository.create(t)
  const server = await startServer({ store, environment, version: '1', port: 0 })
  const headers = { 'content-type': 'application/json', connection: 'close' }
  const creating = Array.from({ length: 20 }, async (_, i) => {
    const url = `${server.url}/api/2.0/mlflow/experiments/create`
    return fetch(url, { method: 'POST', headers, body: JSON.stringify({ name: `e${i}` }) })
  })
  const first = await Promise.race(creating)
  assert.equal(first.status, 200)
  const [answers] = await Promise.all([Promise.allSettled(creating), server.close()])
  const made = answers.filter((each) => each.status === 'fulfilled' && each.value.status === 200)
  const names = (await store.tracking()).experiments().map(({ name }) => name)
  assert.equal(names.length, made.length + 1)
})
