import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { test, type TestContext } from 'node:test'

import { HttpClient, shownUrl, statusError } from '../../src/clients/http.ts'
import { isMlstoreError, MlstoreError } from '../../src/errors.ts'
import type { Clock } from '../../src/ports/clock.ts'

/** Waits in no time, and remembers how long it should have been. */
class WrittenClock implements Clock {
  readonly pausesMs: number[] = []
  now = (): Date => new Date(0)
  elapsedMs = (): number => 0
  sleep = async (timeoutMs: number): Promise<void> => {
    this.pausesMs.push(timeoutMs)
  }
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function listen(t: TestContext, handler: Handler): Promise<URL> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return new URL(`http://127.0.0.1:${address.port}/`)
}

function clientOf(t: TestContext, env: Record<string, string> = {}): [HttpClient, WrittenClock] {
  const clock = new WrittenClock()
  const client = new HttpClient({ env, clock, headers: { 'user-agent': 'mlstore-test' } })
  t.after(() => client.close())
  return [client, clock]
}

test('a request carries its method, headers and body', async (t) => {
  const url = await listen(t, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, headers } = request
      const body = Buffer.concat(chunks).toString()
      response.end(
        JSON.stringify({ method, agent: headers['user-agent'], x: headers['x-a'], body }),
      )
    })
  })
  const [client] = clientOf(t)
  const response = await client.send(url, { method: 'POST', headers: { 'x-a': '1' }, body: 'hi' })
  assert.equal(response.status, 200)
  const expected = { method: 'POST', agent: 'mlstore-test', x: '1', body: 'hi' }
  assert.deepEqual(await response.json(), expected)
})

test('a stream of known size is sent with its length and opened again for a retry', async (t) => {
  const seen: (string | undefined)[] = []
  const url = await listen(t, (request, response) => {
    request.resume().on('end', () => {
      seen.push(request.headers['content-length'])
      response.writeHead(seen.length < 3 ? 503 : 201).end()
    })
  })
  const [client, clock] = clientOf(t)
  let opened = 0
  const open = (): Readable => {
    opened += 1
    return Readable.from([Buffer.from('four')])
  }
  const response = await client.send(url, { method: 'PUT', body: { open, sizeBytes: 4 } })
  await response.discard()
  assert.equal(response.status, 201)
  assert.deepEqual([seen, opened], [['4', '4', '4'], 3])
  assert.deepEqual(clock.pausesMs, [500, 1000])
})

test('a POST is never repeated, a status is an answer', async (t) => {
  let count = 0
  const url = await listen(t, (_, response) => {
    count += 1
    response.writeHead(503).end('busy')
  })
  const [client] = clientOf(t)
  const response = await client.send(url, { method: 'POST', body: '' })
  assert.deepEqual([response.status, await response.text(), count], [503, 'busy', 1])
})

test('the pause that a server asks for is kept, within reason', async (t) => {
  let count = 0
  const url = await listen(t, (_, response) => {
    count += 1
    const retryAfter = count === 1 ? '7' : '86400'
    response.writeHead(count < 3 ? 429 : 200, { 'retry-after': retryAfter }).end()
  })
  const [client, clock] = clientOf(t)
  await (await client.send(url)).discard()
  assert.deepEqual(clock.pausesMs, [7000, 30_000])
})

test('a server that is not there is tried again and then named in an error', async (t) => {
  const url = await listen(t, (request) => request.destroy())
  const [client, clock] = clientOf(t)
  await assert.rejects(client.send(url), (error) => {
    assert.ok(isMlstoreError(error, 'REMOTE_UNAVAILABLE'))
    return error.message.includes(url.origin)
  })
  assert.equal(clock.pausesMs.length, 4)
})

test('a token does not follow a redirect to another host', async (t) => {
  const seen: (string | undefined)[] = []
  const other = await listen(t, (request, response) => {
    seen.push(request.headers['authorization'])
    response.end('bytes')
  })
  const url = await listen(t, (request, response) => {
    seen.push(request.headers['authorization'])
    response.writeHead(302, { location: other.href }).end()
  })
  const [client] = clientOf(t)
  const response = await client.send(url, { headers: { authorization: 'Bearer secret' } })
  assert.equal(await response.text(), 'bytes')
  assert.deepEqual(seen, ['Bearer secret', undefined])
})

test('a proxy of the environment is used, but not for hosts that it is not for', async (t) => {
  const asked: (string | undefined)[] = []
  const proxy = createServer().on('connect', (request, socket) => {
    asked.push(request.url)
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => proxy.close())
  const address = proxy.address()
  assert.ok(typeof address === 'object' && address !== null)
  const direct = await listen(t, (_, response) => response.end('direct'))
  const HTTP_PROXY = `http://127.0.0.1:${address.port}`
  const [client] = clientOf(t, { HTTP_PROXY, NO_PROXY: '127.0.0.1' })
  assert.equal(await (await client.send(direct)).text(), 'direct')
  assert.deepEqual(asked, [])
  const sending = client.send(new URL('http://mlstore.invalid/'), { method: 'POST' })
  await assert.rejects(sending, (error) => isMlstoreError(error, 'REMOTE_UNAVAILABLE'))
  assert.deepEqual(asked, ['mlstore.invalid:80'])
})

test('an answer that is no JSON is an error that names the URL without its query', async (t) => {
  const url = await listen(t, (_, response) => response.end('<html>'))
  const [client] = clientOf(t)
  const response = await client.send(new URL('?token=secret', url))
  await assert.rejects(response.json(), (error) => {
    assert.ok(isMlstoreError(error, 'REMOTE_REFUSED'))
    return !error.message.includes('secret')
  })
})

test('an interrupted request says so', async (t) => {
  const abort = new AbortController()
  const url = await listen(t, () => abort.abort())
  const [client] = clientOf(t)
  const sending = client.send(url, { signal: abort.signal })
  await assert.rejects(sending, (error) => isMlstoreError(error, 'INTERRUPTED'))
})

test('statuses become codes, and nothing secret is shown', () => {
  const url = new URL('http://user:secret@host/path?token=secret')
  const codes = [401, 403, 404, 503, 418].map((status) => statusError(url, status, 'It').code)
  const expected = ['REMOTE_REFUSED', 'REMOTE_REFUSED', 'NOT_FOUND', 'REMOTE_UNAVAILABLE']
  assert.deepEqual(codes, [...expected, 'REMOTE_REFUSED'])
  const error = statusError(url, 403, 'It', 'no rights')
  assert.ok(error instanceof MlstoreError)
  assert.equal(`${error.message} ${error.hint}`.includes('secret'), false)
  assert.equal(shownUrl(url), 'http://host/path')
})

test('a body that cannot be read is its own error at once, not the servers', async (t) => {
  let asked = 0
  const url = await listen(t, (request, response) => {
    asked += 1
    request.resume().on('end', () => response.end())
  })
  const [client, clock] = clientOf(t)
  const open = (): Readable =>
    Readable.from(
      (async function* () {
        yield Buffer.from('ab')
        throw new MlstoreError('FILE_CHANGED', 'it changed')
      })(),
    )
  const sending = client.send(url, { method: 'PUT', body: { open, sizeBytes: 4 } })
  await assert.rejects(sending, (error) => isMlstoreError(error, 'FILE_CHANGED'))
  assert.ok(asked <= 1)
  assert.deepEqual(clock.pausesMs, [])
})
