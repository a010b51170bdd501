/** Packages in a store: every sentence of the document that is about uploading and downloading. */

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { PackageStorage } from '../../../src/compat/package-storage/package-storage.ts'
import { isMlstoreError, MlstoreError } from '../../../src/errors.ts'
import { TestRepository } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { listFolder } from '../../worktree/folder-spec.ts'
import { id, modelFiles, modelType, storeStorage, upload } from './support.ts'

const code = (wanted: string) => (error: unknown) =>
  error instanceof MlstoreError && error.code === wanted

/** Two machines with the remote `main`. */
async function twoMachines(
  t: TestContext,
): Promise<{ anna: Machine; ben: Machine; storage: PackageStorage; other: PackageStorage }> {
  const url = `file://${temporaryFolder(t)}`
  const anna = await TestRepository.create(t)
  const ben = await TestRepository.create(t, { user: 'ben', seed: 'b' })
  for (const { store } of [anna, ben]) {
    await store.addRemote({ name: 'main', settings: { url }, local: true })
  }
  anna.write({ model: modelFiles })
  return { anna, ben, storage: storageOf(anna), other: storageOf(ben) }
}

type Machine = TestRepository

function storageOf({ store, environment }: TestRepository): PackageStorage {
  return new PackageStorage(undefined, { store, environment })
}

test('a folder is uploaded as a model and downloaded on another machine', async (t) => {
  const { anna, ben, storage, other } = await twoMachines(t)
  const result = await storage.uploadModelVersion(upload)
  assert.deepEqual([result.name, result.version, result.namespace], ['resnet', '1.0', 'vision'])
  assert.deepEqual([result.files, result.remote], [3, 'main'])
  const done = await other.downloadModelVersion({ ...id, targetPath: 'models' })
  assert.deepEqual([done.files, done.digest], [3, result.digest])
  assert.ok(done.fetchedBytes > 0)
  assert.deepEqual(ben.list('models'), anna.list('model'))
})

test('a single file is uploaded as a model', async (t) => {
  const { repository, storage } = await storeStorage(t)
  await storage.uploadModelVersion({ ...upload, modelPath: 'model/weights.h5' })
  await storage.downloadModelVersion({ ...id, targetPath: 'out' })
  assert.deepEqual(Object.keys(repository.list('out')), ['weights.h5'])
})

test('content that the remote has is not sent again, and how much that was is said', async (t) => {
  const { repository, storage } = await storeStorage(t)
  const first = await storage.uploadModelVersion(upload)
  assert.equal(first.reusedBytes, 0)
  repository.write({ model: { 'new.txt': 'new' } })
  const second = await storage.uploadModelVersion({ ...upload, version: '1.1' })
  assert.equal(second.sizeBytes, first.sizeBytes + 3)
  assert.equal(second.reusedBytes, first.sizeBytes)
})

test('model-info.json names the model, its files and dependencies, and can be fetched', async (t) => {
  const { repository, storage } = await storeStorage(t)
  const more = { dependenciesFilesPaths: ['req.txt'], codeArchiveFilePath: 'code.zip' }
  await storage.uploadModelVersion({ ...upload, ...more })
  const pieces: Uint8Array[] = []
  const reference = 'model/main/vision/resnet@1.0:model-info.json'
  for await (const piece of repository.store.cat(reference)) pieces.push(piece)
  const document: unknown = JSON.parse(Buffer.concat(pieces).toString())
  const info = await storage.modelInfo(id)
  const wire = (path: string): unknown => {
    const file = info.files.find((each) => each.path === path)
    assert.ok(file)
    const { sizeBytes: size, digest: sha2 } = file
    return { artifact_path: path, size, checksums: { sha2 } }
  }
  assert.deepEqual(document, {
    name: 'resnet',
    namespace: 'vision',
    version: '1.0',
    model_artifacts: ['sub/empty.txt', 'sub/vocab.txt', 'weights.h5'].map(wire),
    model_format: modelType,
    dependency_artifacts: [wire('req.txt')],
    code_artifacts: wire('code.zip'),
  })
})

test('the manifest is what clients of an Artifactory know', async (t) => {
  const { storage } = await storeStorage(t)
  await storage.uploadModelVersion(upload)
  const manifest = await storage.modelManifest(id)
  assert.match(manifest.created_date, /^2026-11-21T04:44:50\.\d\d$/)
  assert.deepEqual(manifest.model_format, modelType)
  assert.equal(manifest.model_artifacts?.length, 3)
  await storage.uploadDatasetVersion({ ...dataset, sourcePath: 'req.txt' })
  const { dataset_artifacts } = await storage.datasetManifest(dataset)
  assert.deepEqual(
    dataset_artifacts?.map((file) => file.artifact_path),
    ['req.txt'],
  )
})

test('without a version it is named by the UTC time of the upload', async (t) => {
  const { storage, repository } = await storeStorage(t)
  const { version } = await storage.uploadModelVersion({ ...upload, version: undefined })
  assert.equal(version, '2026-11-21-04-44-50')
  repository.write({ model: { 'new.txt': 'new' } })
  const again = await storage.uploadModelVersion({ ...upload, version: undefined })
  assert.equal(again.version, '2026-11-21-04-44-50-2')
})

test('properties are tags, by which models are found', async (t) => {
  const { storage, repository } = await storeStorage(t)
  const properties = { model_type: 'keras', experiment: 'my-exp', shape: '[1, 224, 224]' }
  await storage.uploadModelVersion({ ...upload, properties })
  assert.deepEqual((await storage.modelInfo(id)).properties, properties)
  const found = await repository.store.search("tags.experiment = 'my-exp'")
  assert.deepEqual(
    found.map(({ artifact }) => artifact),
    ['model/main/vision/resnet'],
  )
  const byType = await repository.store.search("meta.model_type.framework = 'tensorflow'")
  assert.equal(byType.length, 1)
})

test('the type of a model is an object or JSON text, with all five fields', async (t) => {
  const { storage } = await storeStorage(t)
  const text = JSON.stringify(modelType)
  await storage.uploadModelVersion({ ...upload, modelType: text })
  const { modelType: read } = await storage.modelInfo(id)
  assert.deepEqual(read, {
    framework: 'tensorflow',
    frameworkVersion: '2.3.0',
    serializationFormat: 'H5',
    runtime: 'python',
    runtimeVersion: '3.7',
  })
  const { runtime: _runtime, ...four } = modelType
  for (const wrong of [JSON.stringify(four), '[]', 'H5', '{"a":1}']) {
    const other = { ...upload, version: '2', modelType: wrong }
    await assert.rejects(storage.uploadModelVersion(other), code('INVALID_ARGUMENT'), wrong)
  }
})

test('namespace, version, properties, dependencies and code are optional', async (t) => {
  const { storage } = await storeStorage(t)
  const { repository, modelName, modelPath } = upload
  const result = await storage.uploadModelVersion({ repository, modelName, modelPath, modelType })
  assert.equal(result.namespace, null)
  const { version } = result
  const info = await storage.modelInfo({ repository, modelName, version })
  assert.deepEqual(
    info.files.map(({ part }) => part),
    ['files', 'files', 'files'],
  )
})

test('dependencies and the code archive of a model can be downloaded', async (t) => {
  const { repository, storage } = await storeStorage(t)
  const more = { dependenciesFilesPaths: ['req.txt'], codeArchiveFilePath: 'code.zip' }
  await storage.uploadModelVersion({ ...upload, ...more })
  const targets = { targetPath: 'out', dependenciesTargetPath: 'deps', codeTargetPath: 'src' }
  await storage.downloadModelVersion({ ...id, ...targets })
  assert.deepEqual(repository.list('out'), repository.list('model'))
  assert.equal(repository.text('deps/req.txt'), 'numpy')
  assert.equal(repository.text('src/code.zip'), 'PK')
})

const dataset = { repository: 'main', namespace: 'vision', datasetName: 'coco', version: '3' }

test('a folder is uploaded as a data set and downloaded on another machine', async (t) => {
  const { anna, ben, storage, other } = await twoMachines(t)
  const properties = { dataset_type: 'kerras', experiment: 'my-exp' }
  const result = await storage.uploadDatasetVersion({ ...dataset, sourcePath: 'model', properties })
  assert.deepEqual([result.name, result.version], ['coco', '3'])
  await other.downloadDatasetVersion({ ...dataset, targetPath: 'datasets' })
  assert.deepEqual(ben.list('datasets'), anna.list('model'))
  assert.deepEqual((await other.datasetInfo(dataset)).properties, properties)
})

test('a single file is uploaded as a data set, under a version or the time', async (t) => {
  const { repository, storage } = await storeStorage(t)
  await storage.uploadDatasetVersion({ ...dataset, sourcePath: 'req.txt' })
  const unnamed = { repository: 'main', datasetName: 'coco', sourcePath: 'req.txt' }
  const { version } = await storage.uploadDatasetVersion(unnamed)
  assert.equal(version, '2026-11-21-04-44-50')
  await storage.downloadDatasetVersion({ ...dataset, targetPath: 'out' })
  assert.equal(repository.text('out/req.txt'), 'numpy')
})

test('a model and a data set of one name are two packages', async (t) => {
  const { storage } = await storeStorage(t)
  await storage.uploadModelVersion(upload)
  const same = { repository: 'main', namespace: 'vision', datasetName: 'resnet', version: '1.0' }
  await assert.rejects(storage.datasetInfo(same), code('NOT_FOUND'))
  await storage.uploadDatasetVersion({ ...same, sourcePath: 'req.txt' })
  assert.equal((await storage.datasetInfo(same)).files.length, 1)
  assert.deepEqual(await storage.listDatasets({ repository: 'main' }), [
    { namespace: 'vision', name: 'resnet', versions: 1, latest: '1.0' },
  ])
  assert.equal((await storage.listModelVersions(id)).length, 1)
  assert.equal((await storage.listDatasetVersions(same)).length, 1)
})

test('models and versions that others uploaded are listed, newest first', async (t) => {
  const { anna, storage, other } = await twoMachines(t)
  await storage.uploadModelVersion(upload)
  anna.environment.clock.turn(60)
  await storage.uploadModelVersion({ ...upload, version: '20240131' })
  await storage.uploadModelVersion({ ...upload, namespace: undefined, modelName: 'plain' })
  assert.deepEqual(await other.listModels({ repository: 'main' }), [
    { namespace: null, name: 'plain', versions: 1, latest: '1.0' },
    { namespace: 'vision', name: 'resnet', versions: 2, latest: '20240131' },
  ])
  const versions = await other.listModelVersions(id)
  assert.deepEqual(
    versions.map(({ version, files, sizeBytes }) => [version, files, sizeBytes]),
    [
      ['20240131', 3, 4005],
      ['1.0', 3, 4005],
    ],
  )
})

test('somebody elses version of that name is refused before anything is made', async (t) => {
  const { ben, storage, other } = await twoMachines(t)
  await storage.uploadModelVersion(upload)
  ben.write({ model: { 'weights.h5': 'others' } })
  await assert.rejects(other.uploadModelVersion(upload), code('LABEL_TAKEN'))
  assert.equal((await other.listModelVersions(id)).length, 1)
})

test('of two versions of one name the one counts that the remote had first', async (t) => {
  for (const isDefault of [true, false]) {
    const { anna, ben, storage, other } = await twoMachines(t)
    ben.write({ model: { 'weights.h5': 'bens' } })
    await ben.store.removeRemote('main')
    const [first] = [
      await storage.uploadModelVersion(upload),
      await other.uploadModelVersion(upload),
    ]
    const [main] = await anna.store.listRemotes()
    assert.ok(main)
    await ben.store.addRemote({ name: 'main', settings: { url: main.url }, local: true })
    if (!isDefault) {
      const settings = { url: `file://${temporaryFolder(t)}` }
      await ben.store.addRemote({ name: 'origin', settings, local: true })
    }
    await assert.rejects(other.uploadModelVersion(upload), code('LABEL_TAKEN'))
    const { digest } = await other.downloadModelVersion({ ...id, targetPath: 'seen' })
    assert.equal(digest, first.digest)
    assert.deepEqual(ben.list('seen'), anna.list('model'))
    assert.deepEqual(await other.listModelVersions(id), await storage.listModelVersions(id))
    assert.equal((await other.listModelVersions(id)).length, 1)
  }
})

test('a remote that cannot be reached leaves no version behind', async (t) => {
  const { repository } = await storeStorage(t)
  const { store, environment } = repository
  const settings = { url: 's3://bucket', endpointUrl: 'http://127.0.0.1:1', region: 'x' }
  await store.addRemote({ name: 'gone', settings, local: true })
  const env = { MLSTORE_S3_ACCESS_KEY_ID: 'a', MLSTORE_S3_SECRET_ACCESS_KEY: 'b' }
  const opened = await repository.open({ environment: { ...environment, env } })
  await using storage = new PackageStorage(undefined, { store: opened, environment })
  const elsewhere = { ...upload, repository: 'gone' }
  await assert.rejects(storage.uploadModelVersion(elsewhere), code('REMOTE_UNAVAILABLE'))
  assert.deepEqual(await store.listArtifacts(), [])
})

test('names, versions and properties are checked before anything is made', async (t) => {
  const { repository, storage } = await storeStorage(t)
  const long = 'x'.repeat(61)
  const wrong = [
    { modelName: 'a/b' },
    { modelName: '' },
    { modelName: '.a' },
    { modelName: long },
    { namespace: 'a..b' },
    { namespace: 'a b' },
    { version: '1/0' },
    { version: long },
    { properties: { 'a b': 'c' } },
    { properties: { a: 'b c' } },
    { properties: { a: long } },
    { repository: '' },
    { repository: 's3://user:secret@bucket' },
    { modelPath: 'absent' },
    { dependenciesFilesPaths: ['model'] },
    { dependenciesFilesPaths: ['req.txt', 'model/../req.txt'] },
    { codeArchiveFilePath: 'model' },
  ]
  for (const part of wrong) {
    const upload1 = storage.uploadModelVersion({ ...upload, ...part })
    await assert.rejects(upload1, (error) => {
      assert.ok(isMlstoreError(error, 'INVALID_ARGUMENT'), JSON.stringify(part))
      return !error.message.includes('secret')
    })
  }
  assert.deepEqual(await repository.store.listArtifacts(), [])
  await storage.uploadModelVersion({ ...upload, properties: { a: 'x/y', b: '[1, -2.5]' } })
})

test('a download is checked like an upload, and what is not there is said', async (t) => {
  const { storage } = await storeStorage(t)
  await storage.uploadModelVersion(upload)
  const wrong = [{ modelName: 'a/b' }, { version: '' }, { version: 'a b' }, { targetPath: '' }]
  for (const part of wrong) {
    const download = storage.downloadModelVersion({ ...id, targetPath: 'out', ...part })
    await assert.rejects(download, code('INVALID_ARGUMENT'))
  }
  for (const part of [{ version: '2.0' }, { namespace: undefined }, { modelName: 'other' }]) {
    const download = storage.downloadModelVersion({ ...id, targetPath: 'out', ...part })
    await assert.rejects(download, code('NOT_FOUND'))
  }
})

test('files that are in the way are compared, and replaced only when asked', async (t) => {
  const { repository, storage } = await storeStorage(t)
  await storage.uploadModelVersion(upload)
  repository.write({ out: { 'mine.txt': 'mine', sub: { 'vocab.txt': 'changed' } } })
  const download = storage.downloadModelVersion({ ...id, targetPath: 'out' })
  await assert.rejects(download, (error) => {
    assert.ok(isMlstoreError(error, 'WORKING_TREE_CHANGED'))
    assert.deepEqual(error.details?.['paths'], [repository.at('out/sub/vocab.txt')])
    assert.match(error.hint ?? '', /--overwrite/)
    return true
  })
  assert.ok(!existsSync(repository.at('out/weights.h5')))
  await storage.downloadModelVersion({ ...id, targetPath: 'out', overwrite: true })
  assert.equal(repository.text('out/sub/vocab.txt'), 'words')
  assert.equal(repository.text('out/mine.txt'), 'mine')
  await storage.downloadModelVersion({ ...id, targetPath: 'out' })
})

test('leftovers of tools stay out, whatever the folders above are called', async (t) => {
  const { repository, storage } = await storeStorage(t)
  const inside = { 'a.bin': 'a', '.ds_store': 'x', CVS: { x: 'x' }, sub: { '.gitignore': '*' } }
  repository.write({ CVS: { model: inside } })
  const result = await storage.uploadModelVersion({ ...upload, modelPath: 'CVS/model' })
  assert.equal(result.files, 1)
  assert.deepEqual([...result.leftOut].sort(), ['.ds_store', 'CVS', 'sub/.gitignore'])
  repository.write({ empty: { '.gitkeep': '' } })
  const empty = storage.uploadModelVersion({ ...upload, version: '2', modelPath: 'empty' })
  await assert.rejects(empty, code('INVALID_ARGUMENT'))
})

test('a tilde is the home folder', async (t) => {
  const { repository } = await storeStorage(t)
  const home = temporaryFolder(t)
  mkdirSync(join(home, 'model_to_upload'))
  writeFileSync(join(home, 'model_to_upload/a'), 'a')
  const { store } = repository
  const environment = { ...repository.environment, env: { HOME: home } }
  await using storage = new PackageStorage(undefined, { store, environment })
  await storage.uploadModelVersion({ ...upload, modelPath: '~/model_to_upload/' })
  await storage.downloadModelVersion({ ...id, targetPath: '~/models' })
  assert.equal(readFileSync(join(home, 'models/a'), 'utf8'), 'a')
  assert.deepEqual(listFolder(join(home, 'models')), listFolder(join(home, 'model_to_upload')))
})

test('a repository that is no remote is a part of the default remote, on every machine', async (t) => {
  const { storage, other } = await twoMachines(t)
  const { remote } = await storage.uploadModelVersion({ ...upload, repository: 'team/a' })
  assert.equal(remote, 'main')
  const { files } = await other.downloadModelVersion({
    ...id,
    repository: 'team/a',
    targetPath: 'x',
  })
  assert.equal(files, 3)
  await assert.rejects(other.modelInfo({ ...id, repository: 'team' }), code('NOT_FOUND'))
})

test('without any remote the packages stay in the store, and the result says so', async (t) => {
  const repository = await TestRepository.create(t)
  repository.write({ model: modelFiles })
  const storage = storageOf(repository)
  const { remote, reusedBytes } = await storage.uploadModelVersion(upload)
  assert.deepEqual([remote, reusedBytes], [null, 0])
  await storage.downloadModelVersion({ ...id, targetPath: 'out' })
  assert.deepEqual(repository.list('out'), repository.list('model'))
})

test('a version that was added by hand is no package, and how to get it is said', async (t) => {
  const { repository, storage } = await storeStorage(t)
  await repository.add('model', { as: 'model/main/vision/resnet', label: '1.0' })
  await assert.rejects(storage.modelInfo(id), (error) => {
    assert.ok(isMlstoreError(error, 'NOT_FOUND'))
    return error.hint?.includes('mlstore get') === true
  })
  assert.deepEqual(await storage.listModels({ repository: 'main' }), [])
})

test('an upload and a download within a run are its output and input', async (t) => {
  const { repository, storage } = await storeStorage(t)
  await using run = await repository.store.startRun()
  const environment = { ...repository.environment, env: { MLSTORE_RUN_ID: run.id } }
  const store = await repository.open({ environment })
  await using within = new PackageStorage(undefined, { store, environment })
  const { digest } = await within.uploadModelVersion(upload)
  await within.uploadDatasetVersion({ ...dataset, sourcePath: 'req.txt' })
  await within.downloadDatasetVersion({ ...dataset, targetPath: 'data' })
  const { madeBy } = await repository.store.show(`model/main/vision/resnet@${digest}`)
  assert.deepEqual(
    madeBy.map((each) => each.run),
    [run.id],
  )
  const { usedBy } = await repository.store.show('dataset/main/vision/coco@3')
  assert.deepEqual(
    usedBy.runs.map((each) => each.run),
    [run.id],
  )
  await storage.close()
  await run.end()
})

test('without a store and without a server it is said what to do', async (t) => {
  const environment = { ...(await TestRepository.create(t)).environment, cwd: temporaryFolder(t) }
  await using storage = new PackageStorage(undefined, { environment })
  await assert.rejects(storage.modelInfo(id), code('STORE_MISSING'))
})
