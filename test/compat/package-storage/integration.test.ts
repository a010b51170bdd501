/**
 * Models and data sets on an Artifactory, in a repository that is made for the test and deleted
 * after it.
 *
 *   ARTIFACTORY_URL=https://… ARTIFACTORY_USERNAME=… ARTIFACTORY_PASSWORD=… node --import tsx --test FILE
 *
 * uses that one; ARTIFACTORY_ACCESS_TOKEN stands for the two, and with ARTIFACTORY_REPOSITORY a
 * repository that is there is used and left alone. Without a URL it is the one of test/support.
 */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'

import { HttpClient } from '../../../src/clients/http.ts'
import { AuthConfig } from '../../../src/compat/package-storage/auth-config.ts'
import { PackageStorage } from '../../../src/compat/package-storage/package-storage.ts'
import { systemEnvironment } from '../../../src/store/system-environment.ts'
import { ArtifactoryServer } from '../../support/artifactory-server.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { listFolder, writeFolder } from '../../worktree/folder-spec.ts'
import { modelFiles, modelType } from './support.ts'

type Place = {
  readonly url: string
  readonly auth: AuthConfig
  readonly authorization: string
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** The Artifactory that the environment names, else one of the test's own. */
async function findPlace(t: TestContext): Promise<Place> {
  const { ARTIFACTORY_URL: url, ARTIFACTORY_ACCESS_TOKEN: token } = process.env
  if (url !== undefined && token !== undefined) {
    return { url, auth: AuthConfig.byAccessToken(url, token), authorization: `Bearer ${token}` }
  }
  const { ARTIFACTORY_USERNAME: user = 'admin', ARTIFACTORY_PASSWORD: password = 'p4ss' } =
    process.env
  const authorization = basic(user, password)
  if (url !== undefined) {
    return { url, auth: AuthConfig.byBasicAuth(url, user, password), authorization }
  }
  const server = await ArtifactoryServer.start(t, { authorization, strictRepositories: true })
  return {
    url: server.url,
    auth: AuthConfig.byBasicAuth(server.url, user, password),
    authorization,
  }
}

type Repository = AsyncDisposable & { readonly key: string }

/** Makes a repository, unless one was named; deletes it in the end. */
async function makeRepository({ url, authorization }: Place): Promise<Repository> {
  const named = process.env['ARTIFACTORY_REPOSITORY']
  if (named !== undefined) return { key: named, [Symbol.asyncDispose]: async () => undefined }
  const key = `mlstore-test-${randomBytes(4).toString('hex')}`
  const http = new HttpClient(systemEnvironment())
  const at = new URL(`/artifactory/api/repositories/${key}`, url)
  const headers = { authorization, 'content-type': 'application/json' }
  const body = JSON.stringify({ rclass: 'local', packageType: 'machinelearning' })
  const made = await http.send(at, { method: 'PUT', headers, body })
  assert.ok(made.status < 300, await made.text())
  const remove = async (): Promise<void> => {
    const deleted = await http.send(at, { method: 'DELETE', headers: { authorization } })
    assert.ok(deleted.status < 300, await deleted.text())
    await http.close()
  }
  return { key, [Symbol.asyncDispose]: remove }
}

test('models and data sets go up to an Artifactory and come down again', async (t) => {
  const place = await findPlace(t)
  const folder = temporaryFolder(t)
  writeFolder(folder, { model: modelFiles, 'data.csv': 'a,b\n1,2\n' })
  const environment = { ...systemEnvironment(), cwd: folder }
  await using made = await makeRepository(place)
  const { key: repository } = made
  await using storage = new PackageStorage(place.auth, { environment })

  const model = { repository, namespace: 'vision', modelName: 'resnet' }
  const upload = { ...model, modelPath: 'model', modelType, properties: { model_type: 'keras' } }
  const { version } = await storage.uploadModelVersion(upload)
  await storage.downloadModelVersion({ ...model, version, targetPath: 'out' })
  assert.deepEqual(listFolder(`${folder}/out`), listFolder(`${folder}/model`))

  const dataset = { repository, datasetName: 'reviews', version: '1.0' }
  await storage.uploadDatasetVersion({ ...dataset, sourcePath: 'data.csv' })
  await storage.downloadDatasetVersion({ ...dataset, targetPath: 'data' })
  assert.deepEqual(Object.keys(listFolder(`${folder}/data`)), ['data.csv'])
  assert.equal((await storage.listDatasetVersions(dataset)).length, 1)
})
