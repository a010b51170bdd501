import assert from 'node:assert/strict'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { downloadArtifact, uploadArtifact } from '../../../src/clients/mlflow/artifact-files.ts'
import type { ArtifactProxy } from '../../../src/clients/mlflow/artifact-proxy.ts'
import { MlflowClient } from '../../../src/clients/mlflow/client.ts'
import { systemEnvironment } from '../../../src/store/system-environment.ts'
import { MlflowServer, type StoredRun } from '../../support/mlflow-server.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { listFolder, writeFolder } from '../../worktree/folder-spec.ts'

type Place = {
  readonly server: MlflowServer
  readonly client: MlflowClient
  readonly run: StoredRun
  readonly artifacts: ArtifactProxy
  /** Of local files. */
  readonly folder: string
}

async function open(t: TestContext): Promise<Place> {
  const server = await MlflowServer.start(t)
  const env = { MLFLOW_TRACKING_TOKEN: 'abc' }
  const clock = { ...systemEnvironment().clock, sleep: async () => undefined }
  const client = new MlflowClient({ trackingUri: server.url, env, clock })
  t.after(() => client.close())
  const run = server.addRun({ experimentId: '1' })
  const artifacts = client.artifacts(run.artifactUri)
  return { server, client, run, artifacts, folder: temporaryFolder(t) }
}

test('a file is kept and comes back with every byte', async (t) => {
  const { artifacts, folder, server, run } = await open(t)
  writeFolder(folder, { 'a b%é.bin': 'hello', empty: '' })
  await uploadArtifact(artifacts, join(folder, 'a b%é.bin'), 'churn/a b%é.bin')
  await uploadArtifact(artifacts, join(folder, 'empty'), 'churn/empty')
  assert.deepEqual(server.filesOf(run), { 'churn/a b%é.bin': 'hello', 'churn/empty': '' })
  await downloadArtifact(artifacts, 'churn/a b%é.bin', join(folder, 'back'))
  await downloadArtifact(artifacts, 'churn/empty', join(folder, 'back-empty'))
  assert.equal(readFileSync(join(folder, 'back'), 'utf8'), 'hello')
  assert.equal(readFileSync(join(folder, 'back-empty'), 'utf8'), '')
})

test('a file of several megabytes comes back with every byte', async (t) => {
  const { artifacts, folder } = await open(t)
  const bytes = Buffer.alloc(5_000_003, 'mlstore')
  writeFileSync(join(folder, 'big'), bytes)
  await uploadArtifact(artifacts, join(folder, 'big'), 'big')
  await downloadArtifact(artifacts, 'big', join(folder, 'back'))
  assert.ok(readFileSync(join(folder, 'back')).equals(bytes))
})

test('a folder is kept with what is below it, and comes back', async (t) => {
  const { artifacts, folder, server, run } = await open(t)
  writeFolder(folder, { data: { 'a.txt': '1', sub: { deep: { 'b.txt': '22' } } } })
  await uploadArtifact(artifacts, join(folder, 'data'), 'churn/data')
  const kept = { 'churn/data/a.txt': '1', 'churn/data/sub/deep/b.txt': '22' }
  assert.deepEqual(server.filesOf(run), kept)
  await downloadArtifact(artifacts, 'churn/data', join(folder, 'back'))
  assert.deepEqual(listFolder(join(folder, 'back')), listFolder(join(folder, 'data')))
})

test('of a link to a file, what it leads to is kept', async (t) => {
  const { artifacts, folder, server, run } = await open(t)
  writeFolder(folder, { 'a.txt': '1', data: {} })
  symlinkSync('../a.txt', join(folder, 'data', 'b.txt'))
  await uploadArtifact(artifacts, join(folder, 'data'), 'data')
  assert.deepEqual(server.filesOf(run), { 'data/b.txt': '1' })
})

test('what is kept again leaves nothing of what was there', async (t) => {
  const { artifacts, folder, server, run } = await open(t)
  const states = [
    { data: { a: '1', sub: { b: '2' } } },
    { data: { b: '3', sub: { b: '4' } } },
    { data: 'file' },
    { data: { a: { b: 'folder' } } },
  ] as const
  const expected = [
    { 'data/a': '1', 'data/sub/b': '2' },
    { 'data/b': '3', 'data/sub/b': '4' },
    { data: 'file' },
    { 'data/a/b': 'folder' },
  ]
  for (const [i, state] of states.entries()) {
    writeFolder(join(folder, String(i)), state)
    await uploadArtifact(artifacts, join(folder, String(i), 'data'), 'data')
    assert.deepEqual(server.filesOf(run), expected[i])
  }
})

test('a file is sent again, whole, when the server is busy', async (t) => {
  const { artifacts, folder, server, run } = await open(t)
  writeFolder(folder, { a: 'hello' })
  server.failures.push(503, 503)
  await artifacts.put('a', join(folder, 'a'))
  assert.equal(server.seen.filter(({ method }) => method === 'PUT').length, 3)
  assert.deepEqual(server.filesOf(run), { a: 'hello' })
})

test('what is not there, and what MLflow cannot keep, is refused', async (t) => {
  const { artifacts, folder, server } = await open(t)
  writeFolder(folder, { hollow: { sub: {} }, looped: {} })
  symlinkSync('.', join(folder, 'looped', 'again'))
  const upload = async (name: string): Promise<void> =>
    uploadArtifact(artifacts, join(folder, name), 'x')
  await assert.rejects(upload('missing'), { code: 'NOT_FOUND' })
  await assert.rejects(upload('hollow'), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(upload('looped'), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(uploadArtifact(artifacts, '/dev/null', 'x'), { code: 'INVALID_ARGUMENT' })
  assert.equal(server.files.size, 0)
  const missing = downloadArtifact(artifacts, 'nope/x', join(folder, 'back'))
  await assert.rejects(missing, { code: 'NOT_FOUND' })
})

test('a name from the server never leaves the folder that it is fetched to', async (t) => {
  const { artifacts, folder, server } = await open(t)
  const root = artifactRoot(server)
  for (const name of ['../escaped', './escaped', '/escaped', 'nul\0', 'sub/../../escaped']) {
    server.files.clear()
    server.files.set(`${root}/data/fine`, Buffer.from('x'))
    server.files.set(`${root}/data/${name}`, Buffer.from('x'))
    const fetching = downloadArtifact(artifacts, 'data', join(folder, 'back'))
    await assert.rejects(fetching, { code: 'REMOTE_REFUSED' })
    assert.deepEqual(listFolder(folder), {}, 'nothing is left')
  }
})

test('fewer bytes than were listed are an error, and nothing is left', async (t) => {
  const { artifacts, folder, server } = await open(t)
  const path = `${artifactRoot(server)}/data/a`
  server.files.set(path, Buffer.from('12345'))
  server.claimedSizes.set(path, 6)
  for (const wanted of ['data/a', 'data']) {
    const fetching = downloadArtifact(artifacts, wanted, join(folder, 'back'))
    await assert.rejects(fetching, { code: 'REMOTE_UNAVAILABLE' })
    assert.equal(existsSync(join(folder, 'back')), false)
  }
})

test('an interrupt ends a download, and nothing is left', async (t) => {
  const { folder } = await open(t)
  const abort = new AbortController()
  const slow = createServer((request, response) => {
    const isList = request.url?.includes('?path=') === true
    if (isList) return response.end('{"files": [{"path": "a", "is_dir": false, "file_size": 9}]}')
    // The rest never comes.
    response.write('half', () => abort.abort())
    return undefined
  })
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    slow.closeAllConnections()
    slow.close()
  })
  const address = slow.address()
  assert.ok(typeof address === 'object' && address !== null)
  const trackingUri = `http://127.0.0.1:${address.port}`
  const { clock } = systemEnvironment()
  const client = new MlflowClient({ trackingUri, env: {}, clock, signal: abort.signal })
  t.after(() => client.close())
  const artifacts = client.artifacts('mlflow-artifacts:/1/r/artifacts')
  const fetching = downloadArtifact(artifacts, 'a', join(folder, 'back'))
  await assert.rejects(fetching, { code: 'INTERRUPTED' })
  assert.deepEqual(listFolder(folder), {})
})

test('a target that is there is not written over', async (t) => {
  const { artifacts, folder, server } = await open(t)
  server.files.set(`${artifactRoot(server)}/a`, Buffer.from('new'))
  server.files.set(`${artifactRoot(server)}/data/a`, Buffer.from('new'))
  writeFolder(folder, { back: 'old', folder: { a: 'old' } })
  const before = listFolder(folder)
  for (const [path, target] of Object.entries({ a: 'back', data: 'folder' })) {
    const fetching = downloadArtifact(artifacts, path, join(folder, target))
    await assert.rejects(fetching, { code: 'INVALID_ARGUMENT' })
  }
  assert.deepEqual(listFolder(folder), before)
})

test('artifacts on another server are fetched there, without the credentials of this one', async (t) => {
  const { client, folder, run, server } = await open(t)
  const other = await MlflowServer.start(t)
  const { host } = new URL(other.url)
  const uris = [
    `mlflow-artifacts://${host}/1/${run.id}/artifacts`,
    `${other.url}/api/2.0/mlflow-artifacts/artifacts/1/${run.id}/artifacts`,
  ]
  writeFolder(folder, { a: 'x' })
  for (const [i, uri] of uris.entries()) {
    await uploadArtifact(client.artifacts(uri), join(folder, 'a'), `a${i}`)
  }
  assert.deepEqual(other.filesOf(run), { a0: 'x', a1: 'x' })
  assert.ok(other.seen.every(({ authorization }) => authorization === undefined))
  await client.artifacts(run.artifactUri).list('')
  assert.equal(server.seen.at(-1)?.authorization, 'Bearer abc')
})

test('files that the server does not pass on are refused in words', async (t) => {
  const { client } = await open(t)
  for (const uri of ['s3://bucket/1/artifacts', 'file:///mlruns/1', '/mlruns/1', 'dbfs:/x']) {
    assert.throws(() => client.artifacts(uri), { code: 'REMOTE_UNSUPPORTED' })
  }
})

function artifactRoot(server: MlflowServer): string {
  const { experimentId, id } = server.run()
  return `${experimentId}/${id}/artifacts`
}
