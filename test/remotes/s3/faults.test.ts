/** Each way in which a store or the network fails, through the real SDK and all layers. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'

import type { Remote } from '../../../src/ports/remote.ts'
import type { Fault, S3Operation } from '../../support/s3-server/faults.ts'
import { openAt, openOnServer } from './open.ts'

const bytes = randomBytes(100_000)
const key = 'pack/ab/one'
const path = `some/prefix/${key}`
const busy: Fault = { kind: 'answer', status: 503, code: 'SlowDown' }

async function keysOf(remote: Remote, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const object of remote.list(prefix)) keys.push(object.key)
  return keys
}

const requests: readonly {
  readonly on: S3Operation
  readonly run: (remote: Remote) => Promise<unknown>
}[] = [
  { on: 'GET', run: async (remote) => assert.deepEqual(await remote.get(key), bytes) },
  {
    on: 'HEAD',
    run: async (remote) => assert.equal((await remote.head(key))?.sizeBytes, bytes.length),
  },
  { on: 'PUT', run: (remote) => remote.put(key, bytes) },
  { on: 'DELETE', run: (remote) => remote.delete('pack/ab/none') },
  { on: 'LIST', run: async (remote) => assert.deepEqual(await keysOf(remote, 'pack/'), [key]) },
]

const passing: readonly { readonly title: string; readonly fault: Fault }[] = [
  { title: 'a connection cut before the request is done', fault: { kind: 'cut before' } },
  { title: 'an answer that is lost', fault: { kind: 'cut after' } },
  { title: '503 SlowDown', fault: busy },
  { title: '503 without a body', fault: { kind: 'answer', status: 503 } },
  { title: '500 InternalError', fault: { kind: 'answer', status: 500, code: 'InternalError' } },
  { title: '502 from a proxy', fault: { kind: 'page', status: 502, html: '<html>Bad</html>' } },
  { title: '429', fault: { kind: 'answer', status: 429, code: 'TooManyRequests' } },
  { title: '408', fault: { kind: 'answer', status: 408, code: 'RequestTimeout' } },
  { title: 'a conflict', fault: { kind: 'answer', status: 409, code: 'OperationAborted' } },
]

for (const { title, fault } of passing) {
  test(`${title} is got over by trying again, for every request`, async (context) => {
    const { server, remote, clock } = await openOnServer(context)
    server.objects.set(path, { bytes, modifiedAt: new Date(), headers: {} })
    for (const { on, run } of requests) {
      server.faults.add({ on, fault, times: 2 })
      await run(remote)
      assert.deepEqual(server.faults.unmet, [], on)
    }
    assert.equal(clock.sleepsMs.length, 2 * requests.length)
  })
}

test('a body that is cut short, stalls, or is another range is read again', async (context) => {
  const { server, remote } = await openOnServer(context, {
    environment: { limits: { stallMs: 50 } },
  })
  await remote.put(key, bytes)
  const range = { start: 5_000, end: 90_000 }
  const faults: Fault[] = [
    { kind: 'cut body', atByte: 40_000 },
    { kind: 'cut body', atByte: 0 },
    { kind: 'stall body', atByte: 40_000 },
    { kind: 'stall body', atByte: 0 },
  ]
  for (const fault of [...faults, { kind: 'shift range' } as const]) {
    server.faults.add({ on: 'GET', fault })
    assert.deepEqual(await remote.get(key, { range }), bytes.subarray(5_000, 90_000), fault.kind)
    assert.deepEqual(server.faults.unmet, [])
  }
  for (const fault of faults) {
    server.faults.add({ on: 'GET', fault })
    assert.deepEqual(await remote.get(key), bytes, fault.kind)
    assert.deepEqual(server.faults.unmet, [])
  }
})

test('a store that ignores ranges is REMOTE_UNSUPPORTED, unless the range is the object', async (context) => {
  const { server, remote } = await openOnServer(context)
  await remote.put(key, bytes)
  server.faults.add({ on: 'GET', fault: { kind: 'ignore range' }, times: 3 })
  for (const range of [
    { start: 0, end: 10 },
    { start: 1, end: bytes.length },
  ]) {
    await assert.rejects(remote.get(key, { range }), { code: 'REMOTE_UNSUPPORTED' })
  }
  const range = { start: 0, end: bytes.length }
  assert.deepEqual(await remote.get(key, { range }), bytes)
  assert.deepEqual(server.faults.unmet, [])
})

test('a flipped bit comes through: finding it is for whoever knows the digest', async (context) => {
  const { server, remote } = await openOnServer(context)
  await remote.put(key, bytes)
  server.faults.add({ on: 'GET', fault: { kind: 'flip bit', atByte: 7 } })
  const found = (await remote.get(key)) ?? assert.fail()
  assert.equal(found[7], (bytes[7] ?? 0) ^ 1)
})

test('Retry-After is waited for, in seconds or until a time by the clock of the server', async (context) => {
  const { server, remote, clock } = await openOnServer(context)
  const date = new Date(Date.UTC(2030, 1, 1, 12, 0, 0)).toUTCString()
  const later = new Date(Date.UTC(2030, 1, 1, 12, 0, 42)).toUTCString()
  server.faults.add(
    { fault: { ...busy, headers: { 'retry-after': '17' } } },
    { fault: { ...busy, headers: { date, 'retry-after': later } } },
  )
  await remote.put(key, bytes)
  await remote.put(key, bytes)
  assert.deepEqual(clock.sleepsMs, [17_000, 42_000])
})

test('a store that stays busy is REMOTE_UNAVAILABLE after six tries', async (context) => {
  const { server, remote } = await openOnServer(context)
  server.faults.add({ fault: busy, times: Infinity })
  await assert.rejects(remote.put(key, bytes), { code: 'REMOTE_UNAVAILABLE' })
  assert.equal(server.requests.length, 6)
})

test('SDK retries do not turn an own success into a lost race', async (context) => {
  const { server, remote } = await openOnServer(context)
  server.faults.add({ on: 'PUT', fault: { kind: 'cut after' } })
  assert.equal(await remote.create('log/1', bytes), 'unknown')
  assert.deepEqual(server.log, ['PUT some/prefix/log/1'])
  assert.deepEqual(await remote.get('log/1'), bytes)
})

test('a create whose outcome is not clear is unknown, and sent once', async (context) => {
  const faults: Fault[] = [
    { kind: 'cut before' },
    { kind: 'apply late' },
    { kind: 'answer', status: 409, code: 'ConditionalRequestConflict' },
    { kind: 'answer', status: 409, code: 'ConcurrentModification' },
    { kind: 'answer', status: 500, code: 'InternalError' },
    { kind: 'answer', status: 502 },
    { kind: 'answer', status: 503, code: 'SlowDown' },
    { kind: 'answer', status: 504 },
    { kind: 'answer', status: 429 },
    { kind: 'page', status: 200, html: '<html>Please log in</html>' },
  ]
  for (const fault of faults) {
    const { server, remote, clock } = await openOnServer(context)
    server.faults.add({ on: 'PUT', fault })
    assert.equal(await remote.create('log/1', bytes), 'unknown', JSON.stringify(fault))
    assert.equal(server.requests.length, 1)
    assert.deepEqual(clock.sleepsMs, [])
  }
})

test('a create that arrives after the reader saw nothing is still there once', async (context) => {
  const { server, remote } = await openOnServer(context)
  server.faults.add({ on: 'PUT', fault: { kind: 'apply late' } })
  assert.equal(await remote.create('log/1', bytes), 'unknown')
  assert.equal(await remote.get('log/1'), undefined)
  server.late()
  assert.deepEqual(await remote.get('log/1'), bytes)
  assert.equal(await remote.create('log/1', bytes), 'exists')
})

test('a create that is refused for good says so', async (context) => {
  const { server, remote } = await openOnServer(context, { server: { conditions: 'unsupported' } })
  await assert.rejects(remote.create('log/1', bytes), { code: 'REMOTE_UNSUPPORTED' })
  server.faults.add({ fault: { kind: 'answer', status: 403, code: 'AccessDenied' } })
  await assert.rejects(remote.create('log/1', bytes), { code: 'REMOTE_REFUSED' })
  server.faults.add({ fault: { kind: 'answer', status: 507 } })
  await assert.rejects(remote.create('log/1', bytes), { code: 'NO_SPACE' })
})

test('a create that never reached a store is an error, not unknown', async (context) => {
  const { server } = await openOnServer(context)
  const settings = { endpointUrl: `https://127.0.0.1:${server.port}` }
  const remote = await openAt(server, { settings })
  context.after(() => remote.close())
  await assert.rejects(remote.create('log/1', bytes), { code: 'REMOTE_UNAVAILABLE' })
})

test('a page of a login portal is never taken for a stored object', async (context) => {
  const { server, remote } = await openOnServer(context)
  const portal: Fault = { kind: 'page', status: 200, html: '<html>Please log in</html>' }
  for (const [on, request] of [
    ['PUT', () => remote.put(key, bytes)],
    ['LIST', () => keysOf(remote, '')],
  ] as const) {
    server.faults.clear()
    server.faults.add({ on, fault: portal, times: 6 })
    await assert.rejects(request(), { code: 'REMOTE_UNAVAILABLE' }, on)
  }
})

test('404 counts as absent only when the store says NoSuchKey', async (context) => {
  const { server, remote } = await openOnServer(context)
  const faults: Fault[] = [
    { kind: 'answer', status: 404, code: 'NoSuchBucket' },
    { kind: 'answer', status: 404 },
    { kind: 'page', status: 404, html: '<html>Not Found</html>' },
  ]
  for (const fault of faults) {
    server.faults.add({ on: 'GET', fault })
    await assert.rejects(remote.get(key), { code: 'REMOTE_REFUSED' })
  }
  assert.equal(await remote.get(key), undefined)
})

test('403 on an absent key is marked, since it may only mean that listing is not granted', async (context) => {
  const { server, remote } = await openOnServer(context)
  for (const [on, request] of [
    ['GET', () => remote.get(key)],
    ['HEAD', () => remote.head(key)],
  ] as const) {
    server.faults.add({ on, fault: { kind: 'answer', status: 403, code: 'AccessDenied' } })
    await assert.rejects(
      request(),
      (error: { code?: string; details?: { forbidden?: boolean } }) => {
        assert.equal(error.code, 'REMOTE_REFUSED')
        assert.equal(error.details?.forbidden, true)
        return true
      },
    )
  }
})

test('an error in the second page of a listing is got over, and a lost token is an error', async (context) => {
  const { server, remote } = await openOnServer(context, { server: { pageSize: 3 } })
  const keys = Array.from({ length: 8 }, (_, index) => `log/${index}`)
  for (const name of keys) await remote.put(name, Buffer.from(name))
  server.faults.add({ on: 'LIST', after: 1, fault: busy })
  assert.deepEqual(await keysOf(remote, 'log/'), keys)
  server.faults.add({ on: 'LIST', fault: { kind: 'cut body', atByte: 300 } })
  assert.deepEqual(await keysOf(remote, 'log/'), keys)
  server.faults.add({ on: 'LIST', fault: { kind: 'lose token' }, times: 6 })
  await assert.rejects(keysOf(remote, 'log/'), { code: 'REMOTE_UNAVAILABLE' })
  assert.deepEqual(server.faults.unmet, [])
})

test('the region that the store names is used from then on, for a create too', async (context) => {
  const { server, remote, clock } = await openOnServer(context, { server: { region: 'garage' } })
  assert.equal(await remote.create('log/1', bytes), 'created')
  assert.equal(server.requests.length, 2)
  await remote.put(key, bytes)
  assert.equal(server.requests.length, 3)
  assert.deepEqual(clock.sleepsMs, [])
})

test('a clock that is days off is set right by the answer, for a create too', async (context) => {
  const day = 24 * 3600 * 1000
  for (const clockAheadMs of [2 * day, -2 * day]) {
    const { server, remote } = await openOnServer(context, { server: { clockAheadMs } })
    assert.equal(await remote.create('log/1', bytes), 'created')
    await remote.put(key, bytes)
    assert.equal(server.requests.length, 3)
  }
})

test('an interrupted request ends at once, in the middle of a body or before an answer', async (context) => {
  const { server, remote } = await openOnServer(context)
  await remote.put(key, bytes)
  const gate = new Promise<void>(() => undefined)
  const cases = [
    { on: 'GET', fault: { kind: 'stall body', atByte: 10 } },
    { on: 'GET', fault: { kind: 'wait', gate } },
    { on: 'PUT', fault: { kind: 'wait', gate } },
  ] as const
  for (const { on, fault } of cases) {
    const before = server.requests.length
    server.faults.add({ on, fault })
    const controller = new AbortController()
    const { signal } = controller
    const request =
      on === 'GET' ? remote.get(key, { signal }) : remote.create('log/1', bytes, { signal })
    const rejected = assert.rejects(request, { code: 'INTERRUPTED' })
    while (server.requests.length === before) await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    await rejected
  }
})

test('many requests at once with one signal bring no warning, and leave no listener', async (context) => {
  const { remote } = await openOnServer(context)
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  context.after(() => process.off('warning', note))
  const { signal } = new AbortController()
  const keys = Array.from({ length: 60 }, (_, index) => `log/${index}`)
  await Promise.all(keys.map((name) => remote.put(name, bytes, { signal })))
  await Promise.all(keys.map((name) => remote.get(name, { signal })))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(warnings, [])
  while (getEventListeners(signal, 'abort').length > 0) {
    await new Promise((resolve) => setImmediate(resolve))
  }
})

test('a store that says nothing is given up on and asked again', async (context) => {
  const { server, remote } = await openOnServer(context, {
    environment: { limits: { silenceMsMax: 100 } },
  })
  const gate = new Promise<void>(() => undefined)
  server.faults.add({ on: 'PUT', fault: { kind: 'wait', gate }, times: 2 })
  await remote.put(key, bytes)
  server.faults.add({ on: 'PUT', fault: { kind: 'wait', gate } })
  assert.equal(await remote.create('log/1', bytes), 'unknown')
})

test('connections are kept open between requests and closed with the remote', async (context) => {
  const { server, remote } = await openOnServer(context)
  for (let index = 0; index < 5; index++) await remote.put(`log/${index}`, bytes)
  assert.equal(server.connections, 1)
  await remote.close()
  while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve))
})

test('stores other than AWS get no checksum headers, no streams and no Expect', async (context) => {
  const { server, remote } = await openOnServer(context)
  // From 2 MiB on the SDK would ask first whether it may send.
  await remote.put(key, Buffer.alloc(3 * 1024 * 1024))
  await remote.create('log/1', bytes)
  await remote.get(key)
  await remote.delete(key)
  for (const { headers } of server.requests) {
    const names = Object.keys(headers)
    assert.deepEqual(
      names.filter((name) => /checksum|trailer|expect$|decoded/.test(name)),
      [],
    )
    assert.equal(headers['content-encoding'], undefined)
  }
  assert.match(String(server.requests[0]?.headers['x-amz-content-sha256']), /^[0-9a-f]{64}$/)
})

test('server-side encryption is asked for with every write', async (context) => {
  const { server, remote } = await openOnServer(context, {
    settings: { sse: 'aws:kms', sseKmsKeyId: 'key-1' },
  })
  await remote.put(key, bytes)
  await remote.create('log/1', bytes)
  for (const { headers } of server.requests) {
    assert.equal(headers['x-amz-server-side-encryption'], 'aws:kms')
    assert.equal(headers['x-amz-server-side-encryption-aws-kms-key-id'], 'key-1')
  }
})
