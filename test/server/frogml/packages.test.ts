/** FrogML's protocol over a store: what is uploaded is a package of the store, and the reverse. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { checkAccount } from '../../../src/clients/artifactory/account.ts'
import { HttpClient } from '../../../src/clients/http.ts'
import { AuthConfig } from '../../../src/compat/package-storage/auth-config.ts'
import { PackageStorage } from '../../../src/compat/package-storage/package-storage.ts'
import { isMlstoreError } from '../../../src/errors.ts'
import { type ServeOptions, startServer } from '../../../src/server/server.ts'
import { modelFiles, modelType } from '../../compat/package-storage/support.ts'
import { testEnvironment } from '../../support/store.ts'
import { listFolder, writeFolder } from '../../worktree/folder-spec.ts'
import { Served } from '../served.ts'

const name = { repository: 'main', namespace: 'vision', modelName: 'resnet' }
const id = { ...name, version: '1.0' }
const upload = { ...id, modelPath: 'model', modelType }

type World = {
  readonly served: Served
  readonly url: string
  readonly folder: string
  /** Asks the server. */
  readonly remote: PackageStorage
  /** On the server's store. */
  readonly local: PackageStorage
}

async function world(t: TestContext, options: Partial<ServeOptions> = {}): Promise<World> {
  const served = await Served.start(t, options)
  const { store, environment, folder } = served.repository
  writeFolder(folder, { model: modelFiles, 'req.txt': 'numpy', 'code.zip': 'PK' })
  const auth = AuthConfig.byAccessToken(served.url, options.token ?? 'any')
  const remote = new PackageStorage(auth, { environment })
  t.after(() => remote.close())
  return {
    served,
    url: served.url,
    folder,
    remote,
    local: new PackageStorage(undefined, { store, environment }),
  }
}

type Answer = { readonly status: number; readonly body: string; readonly headers: Headers }
type Ask = {
  readonly method?: string
  readonly body?: string | FormData
  readonly headers?: Record<string, string>
}

async function ask({ url }: World, path: string, asked: Ask = {}): Promise<Answer> {
  const headers = { connection: 'close', ...asked.headers }
  const answer = await fetch(url + path, { ...asked, headers })
  return { status: answer.status, body: await answer.text(), headers: answer.headers }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const api = '/artifactory/api/machinelearning/main/model'

type Transaction = { readonly filesUploadPath: string; readonly transactionId: string }

async function start(it: World, version = '1.0'): Promise<Transaction> {
  const { body } = await ask(it, `${api}/vision/resnet/start-transaction/${version}`, {
    method: 'POST',
  })
  return JSON.parse(body)
}

type WireFile = { artifact_path: string; size: number; checksums: { sha2: string } }

function wireFile(path: string, content: string): WireFile {
  return { artifact_path: path, size: content.length, checksums: { sha2: sha256(content) } }
}

function end(
  it: World,
  files: readonly WireFile[],
  more: { version?: string; properties?: unknown } = {},
): Promise<Answer> {
  const { version = '1.0', properties = null } = more
  const manifest = { created_date: '2026-11-21T03:19:05.43', model_artifacts: files }
  const body = new FormData()
  body.append('modelManifest', new Blob([JSON.stringify(manifest)]), 'modelManifest')
  body.append('additionalData', new Blob([JSON.stringify(properties)]), 'additionalData')
  return ask(it, `${api}/entity-manifest/vision/resnet/${version}/1795230000000`, {
    method: 'PUT',
    body,
  })
}

async function put(it: World, path: string, body: string, headers = {}): Promise<Answer> {
  const { filesUploadPath } = await start(it)
  return ask(it, `/artifactory/main/${filesUploadPath}/${path}`, { method: 'PUT', body, headers })
}

function messageOf({ body }: Answer): string {
  return JSON.parse(body).errors[0].message
}

test('what a client uploads is a package of the store, and comes down byte for byte', async (t) => {
  const { remote, local, folder, served } = await world(t)
  const more = { dependenciesFilesPaths: ['req.txt'], codeArchiveFilePath: 'code.zip' }
  await remote.uploadModelVersion({ ...upload, ...more, properties: { stage: 'dev' } })
  const info = await local.modelInfo(id)
  assert.deepEqual([info.files.length, info.properties], [5, { stage: 'dev' }])
  const [version] = await served.repository.store.log('model/main/vision/resnet')
  assert.equal(version?.label, '1.0')
  const targets = { targetPath: 'out', dependenciesTargetPath: 'deps', codeTargetPath: 'src' }
  await remote.downloadModelVersion({ ...id, ...targets })
  assert.deepEqual(listFolder(join(folder, 'out')), listFolder(join(folder, 'model')))
  assert.deepEqual(Object.keys(listFolder(join(folder, 'src'))), ['code.zip'])
})

test('the same files make the same version by either way', async (t) => {
  const { remote, local } = await world(t)
  const more = { dependenciesFilesPaths: ['req.txt'], codeArchiveFilePath: 'code.zip' }
  await remote.uploadModelVersion({ ...upload, ...more })
  const again = await local.uploadModelVersion({ ...upload, ...more })
  assert.equal(again.unchanged, true)
})

test('a package of the store is listed and fetched by clients', async (t) => {
  const { remote, local, folder } = await world(t)
  await local.uploadModelVersion(upload)
  await local.uploadDatasetVersion({
    repository: 'main',
    datasetName: 'reviews',
    sourcePath: 'req.txt',
    version: '2.0',
  })
  const [listed] = await remote.listModels({ repository: 'main' })
  assert.deepEqual([listed?.namespace, listed?.name, listed?.latest], ['vision', 'resnet', '1.0'])
  await remote.downloadModelVersion({ ...id, targetPath: 'out' })
  assert.deepEqual(listFolder(join(folder, 'out')), listFolder(join(folder, 'model')))
  const [dataset] = await remote.listDatasets({ repository: 'main' })
  assert.deepEqual([dataset?.namespace, dataset?.name], [null, 'reviews'])
})

test('names with marks of URLs and letters of all scripts are whole on a server', async (t) => {
  const { remote, folder } = await world(t)
  const odd = { 'b#1.txt': '1', 'a?b': '2', 'c%41.txt': '3', 'Grüße 世界.txt': '4', "d'(e);": '5' }
  writeFolder(folder, { odd: { ...odd, 'f g': { '100%': '6' } } })
  await remote.uploadModelVersion({ ...upload, modelPath: 'odd' })
  await remote.downloadModelVersion({ ...id, targetPath: 'out' })
  assert.deepEqual(listFolder(join(folder, 'out')), listFolder(join(folder, 'odd')))
})

test('without versions, uploads of one second get different ones', async (t) => {
  const it = await world(t)
  const started = await Promise.all(
    [1, 2, 3].map(async () => {
      const path = `${api}/vision/resnet/start-transaction`
      const { body } = await ask(it, path, { method: 'POST' })
      const { filesUploadPath }: Transaction = JSON.parse(body)
      return filesUploadPath.replace('models/vision/resnet/tmp/', '').split('/')[0]
    }),
  )
  assert.equal(new Set(started).size, 3)
})

test('a manifest of content that was not uploaded is refused, and no version appears', async (t) => {
  const it = await world(t)
  await put(it, 'a.bin', 'aaaa')
  const answer = await end(it, [wireFile('a.bin', 'aaaa'), wireFile('b.bin', 'bb')])
  assert.equal(answer.status, 400)
  assert.match(messageOf(answer), /b\.bin/)
  assert.equal((await ask(it, `${api}/entity-manifest/vision/resnet/1.0`)).status, 404)
  assert.deepEqual(await it.local.listModels({ repository: 'main' }), [])
})

test('a manifest with another size or checksum is refused', async (t) => {
  const it = await world(t)
  await put(it, 'a.bin', 'aaaa')
  const file = wireFile('a.bin', 'aaaa')
  assert.equal((await end(it, [{ ...file, size: 5 }])).status, 400)
  assert.equal((await end(it, [wireFile('a.bin', 'aaab')])).status, 400)
  assert.equal((await end(it, [{ ...file, checksums: { sha2: 'ABC' } }])).status, 400)
  assert.equal((await end(it, [file])).status, 200)
})

test('a manifest that is none, or leads elsewhere, is refused', async (t) => {
  const it = await world(t)
  await put(it, 'a.bin', 'aaaa')
  for (const path of ['../a', '/a', 'a/../../b', 'C:a', '..\\a', '', 'a//b', '.mlstore/../x']) {
    assert.equal((await end(it, [wireFile(path, 'aaaa')])).status, 400, path)
  }
  const twice = [wireFile('a', 'aaaa'), wireFile('a/b', 'aaaa')]
  assert.equal((await end(it, twice)).status, 400)
  assert.equal((await end(it, [])).status, 400)
  const file = [wireFile('a', 'aaaa')]
  assert.equal((await end(it, file, { properties: { 'a b': 'c' } })).status, 400)
  assert.equal((await end(it, file, { properties: [1] })).status, 400)
  assert.equal((await end(it, file, { properties: { a: 1 } })).status, 400)
  const url = `${api}/entity-manifest/vision/resnet/1.0/1`
  assert.equal((await ask(it, url, { method: 'PUT', body: 'no form' })).status, 400)
  assert.equal((await ask(it, url, { method: 'PUT', body: new FormData() })).status, 400)
  assert.deepEqual(await it.local.listModels({ repository: 'main' }), [])
})

test('a version never changes, and its end may be said twice', async (t) => {
  const it = await world(t)
  await put(it, 'a.bin', 'aaaa')
  await put(it, 'a.bin', 'bbbb')
  assert.equal((await end(it, [wireFile('a.bin', 'aaaa')])).status, 200)
  assert.equal((await end(it, [wireFile('a.bin', 'aaaa')])).status, 200)
  assert.equal((await end(it, [wireFile('a.bin', 'bbbb')])).status, 409)
})

test('an upload goes on although the server was started anew', async (t) => {
  const it = await world(t)
  await put(it, 'a.bin', 'aaaa')
  const { store, environment } = it.served.repository
  const another = await startServer({ store, environment, version: '1.2.3', port: 0 })
  t.after(() => another.close())
  const answer = await end({ ...it, url: another.url }, [wireFile('a.bin', 'aaaa')])
  assert.equal(answer.status, 200)
  assert.equal((await it.local.modelInfo(id)).files.length, 1)
})

test('bytes that are not what their header says are refused', async (t) => {
  const it = await world(t)
  const headers = { 'x-checksum-sha256': sha256('other') }
  assert.equal((await put(it, 'a.bin', 'aaaa', headers)).status, 409)
  assert.equal((await put(it, 'a.bin', 'aaaa', { 'x-checksum-sha256': 'x' })).status, 400)
  assert.equal((await end(it, [wireFile('a.bin', 'aaaa')])).status, 400)
})

test('content is known by its checksum once it was uploaded, and an empty file always', async (t) => {
  const it = await world(t)
  const deploy = (text: string): Promise<Answer> =>
    put(it, 'a.bin', '', { 'x-checksum-deploy': 'true', 'x-checksum-sha256': sha256(text) })
  assert.equal((await deploy('aaaa')).status, 404)
  assert.equal((await put(it, 'a.bin', 'aaaa')).status, 201)
  assert.equal((await deploy('aaaa')).status, 201)
  assert.equal((await deploy('')).status, 201)
})

test('what describes versions in the store is no content that a client may claim', async (t) => {
  const it = await world(t)
  await put(it, 'a.bin', 'aaaa')
  await end(it, [wireFile('a.bin', 'aaaa')])
  const { digest } = await it.local.modelInfo(id)
  const headers = { 'x-checksum-deploy': 'true', 'x-checksum-sha256': digest }
  assert.equal((await put(it, 'b.bin', '', headers)).status, 404)
})

test('an upload whose connection breaks leaves no content that counts', async (t) => {
  const it = await world(t)
  const { filesUploadPath } = await start(it)
  await new Promise<void>((resolve) => {
    const url = `${it.served.url}/artifactory/main/${filesUploadPath}/a.bin`
    const broken = request(url, { method: 'PUT', headers: { 'content-length': '8' } })
    broken.on('error', () => resolve())
    broken.write('aaaa', () => broken.destroy())
    broken.on('close', () => resolve())
  })
  assert.equal((await end(it, [wireFile('a.bin', 'aaaa')])).status, 400)
})

test('files have their checksum and size, and are given in part', async (t) => {
  const it = await world(t)
  await put(it, 'sub/a.bin', '0123456789')
  await end(it, [wireFile('sub/a.bin', '0123456789')])
  const path = '/artifactory/main/models/vision/resnet/1.0/model/sub/a.bin'
  const head = await ask(it, path, { method: 'HEAD' })
  assert.equal(head.headers.get('x-checksum-sha256'), sha256('0123456789'))
  assert.equal(head.headers.get('content-length'), '10')
  const part = await ask(it, path, { headers: { range: 'bytes=4-' } })
  assert.deepEqual([part.status, part.body], [206, '456789'])
  assert.equal((await ask(it, `${path}x`)).status, 404)
  assert.equal((await ask(it, path.replace('/vision', ''))).status, 404)
})

test('files are put within uploads only', async (t) => {
  const it = await world(t)
  const places = ['models/vision/resnet/1.0/model/a.bin', 'models/a.bin', 'models/tmp/a/b']
  for (const place of places) {
    const answer = await ask(it, `/artifactory/main/${place}`, { method: 'PUT', body: 'a' })
    assert.equal(answer.status, 403, place)
  }
  assert.equal((await ask(it, '/artifactory/main/other/x', { method: 'PUT' })).status, 404)
})

/** As it is: `fetch` would resolve the dots. */
function rawStatus({ url }: World, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const asked = request({ hostname, port, path, method: 'GET', agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    asked.on('error', reject)
    asked.end()
  })
}

test('paths that lead elsewhere are refused, encoded once or more', async (t) => {
  const it = await world(t)
  const version = '/artifactory/main/models/vision/resnet/1.0/model'
  const dots = [
    '..',
    '%2e%2e',
    '%252e%252e',
    '%25252e%25252e',
    '.',
    'a%00',
    '..%2f..',
    '%5c..',
    '%zz',
  ]
  for (const each of dots) {
    assert.equal(await rawStatus(it, `${version}/${each}/x`), 400, each)
    // Some lead out of the protocol's own folder: nothing is there.
    const status = await rawStatus(it, `/artifactory/${each}/models/x`)
    assert.ok(status === 400 || status === 404, each)
  }
})

test('errors are in the form that clients of an Artifactory know', async (t) => {
  const it = await world(t, { token: 's3cret' })
  const plain = await ask(it, '/artifactory/api/system/ping')
  assert.equal(plain.status, 401)
  assert.equal(JSON.parse(plain.body).errors[0].status, 401)
  const headers = { authorization: 'Bearer s3cret' }
  const missing = await ask(it, `${api}/entity-manifest/vision/resnet/9`, { headers })
  assert.equal(JSON.parse(missing.body).errors[0].status, 404)
  const unknown = await ask(it, '/artifactory/api/search/aql', { method: 'POST', headers })
  assert.equal(JSON.parse(unknown.body).errors[0].status, 404)
})

test('a server that only reads gives packages and takes none', async (t) => {
  const it = await world(t, { readOnly: true })
  await it.local.uploadModelVersion(upload)
  await it.remote.downloadModelVersion({ ...id, targetPath: 'out' })
  const started = await ask(it, `${api}/vision/resnet/start-transaction/2.0`, { method: 'POST' })
  assert.equal(started.status, 403)
  const repository = '/artifactory/api/repositories/main'
  assert.equal((await ask(it, repository, { method: 'DELETE' })).status, 403)
})

test('a password is exchanged for the token of the server, a wrong one for nothing', async (t) => {
  const it = await world(t, { token: 's3cret' })
  const exchange = async (password: string): Promise<Answer> => {
    const authorization = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`
    return ask(it, '/access/api/v1/tokens', { method: 'POST', headers: { authorization } })
  }
  assert.equal((await exchange('wrong')).status, 401)
  const { access_token: token } = JSON.parse((await exchange('s3cret')).body)
  const headers = { authorization: `Bearer ${token}` }
  assert.equal((await ask(it, '/artifactory/api/system/ping', { headers })).body, 'OK')
})

test('a login to the server as to an Artifactory is taken, with the right password', async (t) => {
  const { url } = await world(t, { token: 's3cret' })
  const http = new HttpClient(testEnvironment('/'))
  t.after(() => http.close())
  const login = { how: 'password', username: 'anna', password: 's3cret' } as const
  const account = await checkAccount(http, { url: new URL(url), login })
  assert.deepEqual([account.token, account.version], ['s3cret', '1.2.3'])
  const wrong = { ...login, password: 'guess' }
  await assert.rejects(checkAccount(http, { url: new URL(url), login: wrong }), (error) =>
    isMlstoreError(error, 'REMOTE_REFUSED'),
  )
})

test('a repository that is deleted has no packages, until they are restored', async (t) => {
  const it = await world(t)
  await it.remote.uploadModelVersion(upload)
  await it.remote.uploadModelVersion({ ...upload, repository: 'other' })
  const repository = '/artifactory/api/repositories/main'
  assert.equal((await ask(it, repository, { method: 'PUT', body: '{}' })).status, 200)
  assert.equal((await ask(it, repository, { method: 'DELETE' })).status, 200)
  assert.deepEqual(await it.local.listModels({ repository: 'main' }), [])
  assert.equal((await it.local.listModels({ repository: 'other' })).length, 1)
  await it.served.repository.store.restore('model/main/vision/resnet@1.0')
  assert.equal((await it.remote.listModels({ repository: 'main' })).length, 1)
})

test('many files and large ones go up and come down', async (t) => {
  const { remote, folder } = await world(t)
  const files: Record<string, string> = { same: 'file 7' }
  for (let i = 0; i < 60; i += 1) files[`part-${i}`] = `file ${i}`
  writeFolder(folder, { many: files })
  writeFileSync(join(folder, 'many/large.bin'), Buffer.alloc(5_000_000, 'random-ish text '))
  const first = await remote.uploadModelVersion({ ...upload, modelPath: 'many' })
  assert.equal(first.files, 62)
  await remote.downloadModelVersion({ ...id, targetPath: 'out' })
  assert.deepEqual(listFolder(join(folder, 'out')), listFolder(join(folder, 'many')))
  const second = await remote.uploadModelVersion({ ...upload, version: '1.1', modelPath: 'many' })
  assert.equal(second.sentBytes, 0)
})
