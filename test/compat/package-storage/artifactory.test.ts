/** Packages in an Artifactory: the protocol, and what goes better than with the Python client. */

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { AuthConfig } from '../../../src/compat/package-storage/auth-config.ts'
import { PackageStorage } from '../../../src/compat/package-storage/package-storage.ts'
import { isMlstoreError, MlstoreError } from '../../../src/errors.ts'
import { ArtifactoryServer } from '../../support/artifactory-server.ts'
import { listFolder, writeFolder } from '../../worktree/folder-spec.ts'
import { artifactoryStorage, id, modelFiles, modelType, upload } from './support.ts'

const code = (wanted: string) => (error: unknown) =>
  error instanceof MlstoreError && error.code === wanted

const read = (...path: string[]): string => readFileSync(join(...path), 'utf8')

test('a model goes up in one transaction and comes back byte for byte', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  const result = await storage.uploadModelVersion({
    ...upload,
    properties: { model_type: 'keras', experiment: 'my-exp' },
    dependenciesFilesPaths: ['req.txt'],
    codeArchiveFilePath: 'code.zip',
  })
  assert.deepEqual([result.name, result.namespace, result.version], ['resnet', 'vision', '1.0'])
  assert.equal(result.files, 5)
  assert.deepEqual(server.paths('POST'), [
    'api/machinelearning/main/model/vision/resnet/start-transaction/1.0',
  ])
  const place = 'main/models/vision/resnet/1.0'
  assert.equal(server.files.get(`${place}/model/sub/vocab.txt`)?.toString(), 'words')
  assert.equal(server.files.get(`${place}/code/code.zip`)?.toString(), 'PK')
  assert.deepEqual(server.properties.get(place), { model_type: 'keras', experiment: 'my-exp' })
  assert.deepEqual(server.manifests.get(place)?.['model_format'], modelType)
  const done = await storage.downloadModelVersion({ ...id, targetPath: 'out' })
  assert.equal(done.files, 3)
  assert.deepEqual(listFolder(join(folder, 'out')), listFolder(join(folder, 'model')))
})

test('dependencies and code come down where they are wanted', async (t) => {
  const { storage, folder } = await artifactoryStorage(t)
  const more = { dependenciesFilesPaths: ['req.txt'], codeArchiveFilePath: 'code.zip' }
  await storage.uploadModelVersion({ ...upload, ...more })
  const targets = { targetPath: 'out', dependenciesTargetPath: 'deps', codeTargetPath: 'src' }
  const { files } = await storage.downloadModelVersion({ ...id, ...targets })
  assert.equal(files, 5)
  assert.equal(read(folder, 'deps/req.txt'), 'numpy')
  assert.equal(read(folder, 'src/code.zip'), 'PK')
  assert.deepEqual(listFolder(join(folder, 'out')), listFolder(join(folder, 'model')))
})

test('content that the server has is not sent again', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  const first = await storage.uploadModelVersion(upload)
  // The empty file has no bytes to send.
  assert.deepEqual([first.reusedBytes, first.sentBytes], [0, 4005])
  assert.equal(server.sentBytes, 4005)
  writeFileSync(join(folder, 'model/new.txt'), 'new')
  const second = await storage.uploadModelVersion({ ...upload, version: '1.1' })
  assert.deepEqual([second.reusedBytes, second.sentBytes], [4005, 3])
  assert.equal(server.sentBytes, 4008)
})

test('without a version the server names it by the time', async (t) => {
  const { storage } = await artifactoryStorage(t)
  const { version } = await storage.uploadModelVersion({ ...upload, version: undefined })
  assert.equal(version, '2026-11-21-03-19-06')
  const listed = await storage.listModelVersions(id)
  assert.deepEqual(
    listed.map((each) => each.version),
    [version],
  )
})

test('a file that fails fails the upload, and no version appears', async (t) => {
  const { server, storage } = await artifactoryStorage(t)
  server.faults.push(({ method, path, headers }) =>
    method === 'PUT' && path.at(-1) === 'vocab.txt' && headers['x-checksum-deploy'] === undefined
      ? { status: 507, body: '{"errors":[{"status":507,"message":"Insufficient storage"}]}' }
      : undefined,
  )
  await assert.rejects(storage.uploadModelVersion(upload), (error) => {
    assert.ok(isMlstoreError(error, 'REMOTE_REFUSED'))
    return error.message.includes('vocab.txt') && error.message.includes('Insufficient storage')
  })
  assert.equal(server.manifests.size, 0)
  assert.ok(!server.paths('PUT').some((path) => path.includes('entity-manifest')))
  await assert.rejects(storage.modelInfo(id), code('NOT_FOUND'))
})

test('a file that changes between its checksum and its bytes fails the upload at once', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  server.faults.push(({ path, headers }) => {
    if (path.at(-1) === 'weights.h5' && headers['x-checksum-deploy'] === 'true') {
      writeFileSync(join(folder, 'model/weights.h5'), 'another')
    }
    return undefined
  })
  await assert.rejects(storage.uploadModelVersion(upload), code('FILE_CHANGED'))
  assert.equal(server.manifests.size, 0)
})

test('a server that fails for a moment is asked again', async (t) => {
  const { server, storage } = await artifactoryStorage(t)
  let failures = 2
  server.faults.push(({ method, path }) =>
    method === 'PUT' && path[0] === 'main' && failures-- > 0 ? { status: 503 } : undefined,
  )
  await storage.uploadModelVersion(upload)
  assert.equal(server.manifests.size, 1)
})

test('an end of which the answer got lost counts when the server has the version', async (t) => {
  const { server, storage } = await artifactoryStorage(t)
  const ends: unknown[] = []
  server.faults.push((asked) => {
    if (asked.method !== 'PUT' || asked.path[0] !== 'api' || ends.length > 0) return undefined
    ends.push(asked)
    // It does what was asked, and cuts the line.
    server.complete(asked)
    return 'drop'
  })
  const result = await storage.uploadModelVersion(upload)
  assert.equal(result.version, '1.0')
  assert.equal(ends.length, 1)
})

test('an end that never arrived is an error, and no version', async (t) => {
  const { server, storage } = await artifactoryStorage(t)
  server.faults.push(({ method, path }) =>
    method === 'PUT' && path[0] === 'api' ? 'drop' : undefined,
  )
  await assert.rejects(storage.uploadModelVersion(upload), code('REMOTE_UNAVAILABLE'))
  assert.equal(server.manifests.size, 0)
})

test('the same version again is no error with the same content, and refused with other', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  const first = await storage.uploadModelVersion(upload)
  const again = await storage.uploadModelVersion(upload)
  assert.deepEqual([again.unchanged, again.sentBytes, again.digest], [true, 0, first.digest])
  assert.equal(server.paths('POST').length, 1)
  writeFileSync(join(folder, 'model/weights.h5'), 'other')
  await assert.rejects(storage.uploadModelVersion(upload), code('LABEL_TAKEN'))
})

test('names with marks of URLs and letters of all scripts are whole', async (t) => {
  for (const rawUrls of [false, true]) {
    const { server, storage, folder } = await artifactoryStorage(t, { rawUrls })
    const odd = {
      'b#1.txt': '1',
      'a?b': '2',
      'c%41.txt': '3',
      'Grüße 世界.txt': '4',
      "d'(e)!": '5',
    }
    writeFolder(folder, { odd: { ...odd, 'f g': { '100%': '6' } } })
    await storage.uploadModelVersion({ ...upload, modelPath: 'odd' })
    assert.ok(server.files.has('main/models/vision/resnet/1.0/model/b#1.txt'))
    assert.ok(server.files.has('main/models/vision/resnet/1.0/model/c%41.txt'))
    await storage.downloadModelVersion({ ...id, targetPath: 'out' })
    assert.deepEqual(listFolder(join(folder, 'out')), listFolder(join(folder, 'odd')))
  }
})

test('received bytes are verified, and nothing is left of a download that fails', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  await storage.uploadModelVersion(upload)
  server.files.set('main/models/vision/resnet/1.0/model/sub/vocab.txt', Buffer.from('wards'))
  const download = storage.downloadModelVersion({ ...id, targetPath: 'out' })
  await assert.rejects(download, code('DIGEST_MISMATCH'))
  assert.ok(!existsSync(join(folder, 'out')))
})

test('a download whose connection breaks goes on where it was', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  await storage.uploadModelVersion(upload)
  let cuts = 2
  server.faults.push(({ method, path, headers }) => {
    if (method !== 'GET' || path.at(-1) !== 'weights.h5' || cuts-- <= 0) return undefined
    const [, from = '0'] = /bytes=(\d+)-/.exec(headers.range ?? '') ?? []
    const body = Buffer.from(modelFiles['weights.h5']).subarray(Number(from))
    return { status: headers.range === undefined ? 200 : 206, body, cutAfterBytes: 1000 }
  })
  await storage.downloadModelVersion({ ...id, targetPath: 'out' })
  assert.equal(read(folder, 'out/weights.h5'), modelFiles['weights.h5'])
  const ranges = server.asked.flatMap(({ headers }) => headers.range ?? [])
  assert.ok(ranges.length >= 1 && ranges.every((range) => range !== 'bytes=0-'), String(ranges))
})

test('a server that knows no ranges begins anew, and the bytes are right all the same', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  await storage.uploadModelVersion(upload)
  let asked = 0
  server.faults.push(({ method, path }) => {
    if (method !== 'GET' || path.at(-1) !== 'weights.h5') return undefined
    asked += 1
    const body = modelFiles['weights.h5']
    return { status: 200, body, ...(asked < 3 && { cutAfterBytes: asked * 1000 }) }
  })
  await storage.downloadModelVersion({ ...id, targetPath: 'out' })
  assert.equal(read(folder, 'out/weights.h5'), modelFiles['weights.h5'])
  assert.equal(asked, 3)
})

test('a connection that breaks every time is an error, and nothing is left', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  await storage.uploadModelVersion(upload)
  server.faults.push(({ method, path }) =>
    method === 'GET' && path.at(-1) === 'weights.h5'
      ? { status: 200, body: modelFiles['weights.h5'], cutAfterBytes: 10 }
      : undefined,
  )
  const download = storage.downloadModelVersion({ ...id, targetPath: 'out' })
  await assert.rejects(download, code('REMOTE_UNAVAILABLE'))
  assert.ok(!existsSync(join(folder, 'out')))
})

test('many files of all sizes come down in few steps, equal ones and large ones too', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  const files: Record<string, string> = { 'large.bin': 'x'.repeat(1_500_000), same: 'file 7' }
  for (let i = 0; i < 60; i += 1) files[`part-${i}`] = `file ${i}`
  writeFolder(folder, { many: files })
  await storage.uploadModelVersion({ ...upload, modelPath: 'many' })
  let atOnce = 0
  let most = 0
  server.onRequest = async ({ method, path }) => {
    if (method !== 'GET' || path[0] === 'api') return
    atOnce += 1
    most = Math.max(most, atOnce)
    await new Promise((resolve) => setImmediate(resolve))
    atOnce -= 1
  }
  await storage.downloadModelVersion({ ...id, targetPath: 'out' })
  assert.deepEqual(listFolder(join(folder, 'out')), listFolder(join(folder, 'many')))
  assert.ok(most > 1 && most <= 8, String(most))
  const again = await storage.downloadModelVersion({ ...id, targetPath: 'out' })
  assert.deepEqual([again.files, again.fetchedBytes], [62, 0])
})

test('an empty file whose digest is of something else is refused', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  await storage.uploadModelVersion(upload)
  const manifest = server.manifests.get('main/models/vision/resnet/1.0')
  const [first] = manifest?.model_artifacts ?? []
  assert.ok(manifest && first)
  manifest.model_artifacts = [{ ...first, size: 0, checksums: { sha2: 'a'.repeat(64) } }]
  const download = storage.downloadModelVersion({ ...id, targetPath: 'out' })
  await assert.rejects(download, code('DIGEST_MISMATCH'))
  assert.ok(!existsSync(join(folder, 'out')))
})

test('a manifest that leads elsewhere is refused before anything is made', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  await storage.uploadModelVersion(upload)
  const place = 'main/models/vision/resnet/1.0'
  const manifest = server.manifests.get(place)
  const [first] = manifest?.model_artifacts ?? []
  assert.ok(manifest && first)
  const hostile = ['../evil', '/etc/evil', 'a/../../evil', 'C:evil', '..\\evil', '', 'a//b']
  for (const path of hostile) {
    manifest.model_artifacts = [first, { ...first, artifact_path: path }]
    const download = storage.downloadModelVersion({ ...id, targetPath: 'out' })
    await assert.rejects(download, MlstoreError, path)
    assert.ok(!existsSync(join(folder, 'out')), path)
  }
  const places = [
    `${server.url}/artifactory/other/models/vision/resnet/1.0/model/sub/x`,
    `${server.url}/artifactory/main/models/vision/other/1.0/model/${first.artifact_path}`,
    `/artifactory/main/models/vision/resnet/1.0/model/%2e%2e/%2e%2e/${first.artifact_path}`,
    `/artifactory/main/models/vision/resnet/1.0/model/%252e%252e/${first.artifact_path}`,
  ]
  for (const url of places) {
    manifest.model_artifacts = [{ ...first, download_url: url }]
    const download = storage.downloadModelVersion({ ...id, targetPath: 'out' })
    await assert.rejects(download, code('REMOTE_REFUSED'), url)
    assert.ok(!existsSync(join(folder, 'out')), url)
  }
})

test('models and their versions are listed by the folders of the server', async (t) => {
  const { storage } = await artifactoryStorage(t)
  await storage.uploadModelVersion(upload)
  await storage.uploadModelVersion({ ...upload, version: '1.1' })
  await storage.uploadModelVersion({ ...upload, namespace: undefined, modelName: 'plain' })
  const models = await storage.listModels({ repository: 'main' })
  assert.deepEqual(
    models.map(({ namespace, name, versions }) => [namespace, name, versions]),
    [
      [null, 'plain', 1],
      ['vision', 'resnet', 2],
    ],
  )
  const versions = await storage.listModelVersions(id)
  assert.deepEqual(versions.map(({ version }) => version).sort(), ['1.0', '1.1'])
  await assert.rejects(storage.listModels({ repository: 'none' }), code('NOT_FOUND'))
})

test('a wrong token is refused with a hint to log in', async (t) => {
  const { server, environment } = await artifactoryStorage(t)
  const auth = AuthConfig.byAccessToken(server.url, 'wr0ng')
  await using storage = new PackageStorage(auth, { environment })
  await assert.rejects(storage.uploadModelVersion(upload), (error) => {
    assert.ok(isMlstoreError(error, 'REMOTE_REFUSED'))
    assert.ok(!inspect(error).includes('wr0ng'))
    return error.hint?.includes('mlstore login') === true
  })
  assert.ok(!inspect(storage, { depth: 9 }).includes('wr0ng'))
})

test('a token given for one server is never sent to another', async (t) => {
  const { storage } = await artifactoryStorage(t)
  const other = await ArtifactoryServer.start(t)
  const elsewhere = { ...upload, repository: `${other.url}/artifactory/main` }
  await assert.rejects(storage.uploadModelVersion(elsewhere), code('NOT_FOUND'))
  assert.equal(other.asked.length, 0)
})

test('an AuthConfig shows no secret, and none in its URL', () => {
  const secret = 's3cret'
  const url = 'https://myorg.jfrog.io'
  const all = [AuthConfig.byAccessToken(url, secret), AuthConfig.byBasicAuth(url, 'anna', secret)]
  for (const auth of all) {
    const shown = inspect(auth, { depth: 9, showHidden: true }) + JSON.stringify(auth)
    assert.ok(!shown.includes(secret))
  }
  for (const wrong of [`https://anna:${secret}@myorg.jfrog.io`, 'ftp://x', 'myorg']) {
    assert.throws(
      () => AuthConfig.anonymous(wrong),
      (error) => code('INVALID_ARGUMENT')(error) && !inspect(error).includes(secret),
    )
  }
  assert.throws(() => AuthConfig.byBasicAuth(url, 'anna', ''), code('INVALID_ARGUMENT'))
  assert.throws(() => AuthConfig.byAccessToken(url, ''), code('INVALID_ARGUMENT'))
})

test('a repository is named by one URL, and nothing else of it', async (t) => {
  const { server, storage } = await artifactoryStorage(t)
  for (const path of ['', '/artifactory', '/artifactory/a/b']) {
    const there = { ...upload, repository: server.url + path }
    await assert.rejects(storage.uploadModelVersion(there), code('INVALID_ARGUMENT'), path)
  }
  await storage.uploadModelVersion({ ...upload, repository: `${server.url}/artifactory/by%20url` })
  assert.deepEqual([...server.manifests.keys()], ['by url/models/vision/resnet/1.0'])
})

test('a link is uploaded as what it points at, and a loop of links is refused', async (t) => {
  const { server, storage, folder } = await artifactoryStorage(t)
  writeFolder(folder, { cache: { blob: 'bytes' } })
  mkdirSync(join(folder, 'linked'))
  symlinkSync('../cache/blob', join(folder, 'linked/model.bin'))
  symlinkSync('../cache', join(folder, 'linked/all'))
  await storage.uploadModelVersion({ ...upload, modelPath: 'linked' })
  const place = 'main/models/vision/resnet/1.0/model'
  assert.equal(server.files.get(`${place}/model.bin`)?.toString(), 'bytes')
  assert.equal(server.files.get(`${place}/all/blob`)?.toString(), 'bytes')
  symlinkSync('..', join(folder, 'linked/loop'))
  const upload2 = storage.uploadModelVersion({ ...upload, version: '2', modelPath: 'linked' })
  await assert.rejects(upload2, code('INVALID_ARGUMENT'))
})
