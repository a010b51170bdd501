import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { test } from 'node:test'

import { errorCode, Served } from '../served.ts'

const proxy = '/api/2.0/mlflow-artifacts/artifacts'

async function put(served: Served, run: string, path: string, body: Uint8Array): Promise<number> {
  const url = `${served.url}${proxy}/0/${run}/artifacts/${path}`
  const response = await fetch(url, { method: 'PUT', body, headers: { connection: 'close' } })
  await response.text()
  return response.status
}

/** A path as it is: `fetch` would resolve dots before it sends them. */
function rawStatus(served: Served, method: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(served.url)
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, method, path }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
    call.on('error', reject).end('x')
  })
}

test('a file of any size and name comes back as it was sent', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  const files: readonly (readonly [string, Buffer])[] = [
    ['empty', Buffer.alloc(0)],
    ['dir/small é #%41 ?.txt', Buffer.from('small')],
    ['dir/big.bin', randomBytes(3_000_001)],
  ]
  for (const [path, bytes] of files) {
    assert.equal(
      await put(served, run, encodeURIComponent(path).replaceAll('%2F', '/'), bytes),
      200,
    )
  }
  for (const [path, bytes] of files) {
    const encoded = encodeURIComponent(path).replaceAll('%2F', '/')
    const response = await fetch(`${served.url}${proxy}/0/${run}/artifacts/${encoded}`)
    assert.equal(response.status, 200, path)
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes, path)
    const digest = createHash('sha256').update(bytes).digest('hex')
    assert.equal(response.headers.get('etag'), `"${digest}"`)
    assert.match(response.headers.get('content-disposition') ?? '', /^attachment; filename\*=/)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  }
})

test('files are listed by the proxy and by the run, folders once', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  for (const path of ['a.txt', 'dir/b', 'dir/sub/c', 'dirx/d']) {
    await put(served, run, path, Buffer.from(path))
  }
  const root = `0/${run}/artifacts`
  assert.deepEqual(await served.got(proxy, { path: root }), {
    files: [
      { path: 'a.txt', is_dir: false, file_size: 5 },
      { path: 'dir', is_dir: true },
      { path: 'dirx', is_dir: true },
    ],
  })
  assert.deepEqual(await served.got(proxy, { path: `${root}/dir` }), {
    files: [
      { path: 'b', is_dir: false, file_size: 5 },
      { path: 'sub', is_dir: true },
    ],
  })
  assert.deepEqual(await served.got(proxy, { path: `${root}/none` }), {})
  assert.deepEqual(await served.got('artifacts/list', { run_id: run, path: 'dir' }), {
    root_uri: `mlflow-artifacts:/${root}`,
    files: [
      { path: 'dir/b', is_dir: false, file_size: 5 },
      { path: 'dir/sub', is_dir: true },
    ],
  })
})

test('content that is there already is kept once', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  const bytes = randomBytes(2_000_000)
  await put(served, run, 'a', bytes)
  const before = await served.repository.store.fsck()
  await put(served, run, 'b', bytes)
  const after = await served.repository.store.fsck()
  // What is new is the event that says so.
  assert.ok(after.bytes - before.bytes < 1000)
  assert.deepEqual(after.problems, [])
})

test('parts are served, and nothing to who has it', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  await put(served, run, 'f', Buffer.from('0123456789'))
  const url = `${served.url}${proxy}/0/${run}/artifacts/f`
  const ask = async (headers: Record<string, string>): Promise<unknown[]> => {
    const response = await fetch(url, { headers })
    return [response.status, await response.text(), response.headers.get('content-range')]
  }
  assert.deepEqual(await ask({ range: 'bytes=2-4' }), [206, '234', 'bytes 2-4/10'])
  assert.deepEqual(await ask({ range: 'bytes=7-' }), [206, '789', 'bytes 7-9/10'])
  assert.deepEqual(await ask({ range: 'bytes=-3' }), [206, '789', 'bytes 7-9/10'])
  assert.deepEqual(await ask({ range: 'bytes=5-99' }), [206, '56789', 'bytes 5-9/10'])
  assert.deepEqual(await ask({ range: 'bytes=10-' }), [416, '', 'bytes */10'])
  assert.deepEqual(await ask({ range: 'lines=1-2' }), [200, '0123456789', null])
  const { headers } = await fetch(url)
  assert.deepEqual(await ask({ 'if-none-match': headers.get('etag') ?? '' }), [304, '', null])
})

test('files and folders are deleted from what the run shows', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  for (const path of ['a', 'dir/b', 'dir/c', 'dirx']) await put(served, run, path, Buffer.from('x'))
  for (const path of ['a', 'dir']) {
    const response = await fetch(`${served.url}${proxy}/0/${run}/artifacts/${path}`, {
      method: 'DELETE',
    })
    assert.equal(response.status, 200)
  }
  const listed = await served.got('artifacts/list', { run_id: run })
  assert.deepEqual(listed['files'], [{ path: 'dirx', is_dir: false, file_size: 1 }])
})

test('paths that lead elsewhere are refused, however they are encoded', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  const base = `${proxy}/0/${run}/artifacts`
  const hostile = [
    '../../x',
    '%2e%2e/%2e%2e/x',
    '%252e%252e/x',
    '%25252e%25252e%25252fx',
    '..%2fx',
    '..%5cx',
    'a/..%5c..%5cx',
    '%2fetc/passwd',
    '%252fetc/passwd',
    'C:%5cx',
    'C:/x',
    'file:%2f%2f/etc/passwd',
    'a%00b',
    'a%0ab',
    'a//b',
    './a',
    '%ff',
  ]
  for (const path of hostile) {
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const status = await rawStatus(served, method, `${base}/${path}`)
      assert.ok(status === 400 || status === 404, `${method} ${path}: ${status}`)
    }
  }
  for (const path of [
    '/etc/passwd',
    '../x',
    `0/${run}/artifacts/../../x`,
    'C:\\x',
    'file:///etc',
  ]) {
    assert.deepEqual(errorCode(await served.get(proxy, { path })), [400, 'INVALID_PARAMETER_VALUE'])
    const { status } = await served.get('/get-artifact', { run_id: run, path })
    assert.ok(status === 400 || status === 404)
  }
  assert.deepEqual((await served.repository.store.tracking()).files.list(run), [])
})

test('a file cannot be where a folder is, nor below a file', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  await put(served, run, 'dir/b', Buffer.from('x'))
  assert.equal(await put(served, run, 'dir', Buffer.from('x')), 400)
  assert.equal(await put(served, run, 'dir/b/c', Buffer.from('x')), 400)
  assert.equal(await put(served, '0'.repeat(32), 'a', Buffer.from('x')), 404)
})

test('a file whose sending breaks off is not there, and the server goes on', async (t) => {
  const served = await Served.start(t)
  const run = await served.createRun()
  const { hostname, port } = new URL(served.url)
  await new Promise<void>((resolve) => {
    const path = `${proxy}/0/${run}/artifacts/torn`
    const headers = { 'content-length': 4_000_000 }
    const call = request({ hostname, port, method: 'PUT', path, headers })
    call.on('error', () => resolve())
    call.write(randomBytes(2_000_000), () => call.destroy(new Error('broken')))
  })
  assert.equal(await put(served, run, 'whole', Buffer.from('x')), 200)
  const tracking = await served.repository.store.tracking()
  assert.deepEqual(
    tracking.files.list(run).map(({ path }) => path),
    ['whole'],
  )
})

test('the files of a run that ends are a version, which a push brings', async (t) => {
  const served = await Served.start(t)
  const run_id = await served.createRun()
  await put(served, run_id, 'model/weights.bin', Buffer.from('weights'))
  await served.posted('runs/update', { run_id, status: 'FINISHED', end_time: 5 })
  const { store } = served.repository
  const { files } = await store.showRun(run_id)
  assert.notEqual(files.version, null)
  const listed = []
  const request = { reference: `run/${run_id}`, recursive: true }
  for await (const { kind, path } of store.listFiles(request))
    if (kind === 'file') listed.push(path)
  assert.deepEqual(listed, ['model/weights.bin'])
})
