/** Model versions on a real S3: bucket and prefix of the settings select the remote. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { initStore, ModelVersion, systemEnvironment } from '../../src/index.ts'
import type { ModelVersionOptions } from '../../src/compat/model-version/options.ts'
import type { Environment } from '../../src/store/environment.ts'
import { type Bucket, S3Place } from '../support/s3-place.ts'
import { seededBytes } from '../support/seeded-data.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const place = S3Place.required()
const prefix = 'neptune-ai-model-registry'
const named = { project: 'onclusive/test', model: 'TES-TEST', mode: 'sync' } as const

type OnS3 = { readonly bucket: Bucket; readonly computer: (name: string) => Promise<Computer> }

type Computer = {
  readonly folder: string
  readonly version: (options?: Partial<ModelVersionOptions>) => ModelVersion
}

async function onS3(t: TestContext): Promise<OnS3> {
  const bucket = await place.bucket()
  t.after(() => bucket.remove())
  const env = {
    ...place.credentials,
    MLSTORE_S3_ENDPOINT_URL: place.endpointUrl,
    ONCLUSIVEML_TRACKING_BACKEND_S3_BACKEND_BUCKET: bucket.name,
    ONCLUSIVEML_TRACKING_BACKEND_S3_BACKEND_PREFIX: prefix,
    ONCLUSIVEML_TRACKING_LOGGER_LEVEL: '40',
  }
  const computer = async (host: string): Promise<Computer> => {
    const folder = temporaryFolder(t)
    const environment: Environment = { ...systemEnvironment(), cwd: folder, env, host }
    await initStore('.', environment)
    const version: Computer['version'] = (options = {}) => {
      const made = new ModelVersion({ ...named, environment, ...options })
      t.after(() => made.close())
      return made
    }
    return { folder, version }
  }
  return { bucket, computer }
}

test('bucket and prefix of the environment are where a version goes, and comes from elsewhere', async (t) => {
  const { bucket, computer } = await onS3(t)
  const weights = seededBytes('weights', 2_000_000)
  const anna = await computer('anna')
  const version = anna.version()
  await version.uploadFile(weights, 'model/weights')
  await version.uploadConfig({ lr: 0.1 }, 'model/config')
  const { id: withId, remote } = await version.stop()
  assert.ok(remote?.includes(bucket.name))
  const keys = await bucket.objects()
  assert.ok(keys.length > 0 && keys.every(({ key }) => key.startsWith(`${prefix}/`)))

  const ben = await computer('ben')
  const seen = ben.version({ withId, mode: 'read-only' })
  await seen.downloadDirectory('model', 'out')
  assert.ok(readFileSync(join(ben.folder, 'out/weights')).equals(weights))
  assert.deepEqual(await seen.downloadConfig('model/config'), { lr: 0.1 })
})

test('with S3 off no byte of an attribute is in the bucket', async (t) => {
  const { bucket, computer } = await onS3(t)
  const weights = seededBytes('private', 2_000_000)
  const anna = await computer('anna')
  const version = anna.version()
  await version.uploadFile(weights, 'model/private', { useS3: false })
  await version.uploadConfig({ lr: 0.1 }, 'model/config')
  const { id: withId } = await version.stop()
  const sent = (await bucket.objects()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  assert.ok(sent < 100_000, `${sent} bytes are there`)
  const ben = await computer('ben')
  const seen = ben.version({ withId, mode: 'read-only' })
  await assert.rejects(seen.downloadFile('model/private', 'out'), {
    code: 'OBJECT_MISSING',
    details: { path: 'model/private', host: 'anna' },
  })
})

test('two computers that add to one version at once both have their say', async (t) => {
  const { computer } = await onS3(t)
  const anna = await computer('anna')
  const first = anna.version()
  await first.uploadConfig({ by: 'nobody' }, 'both')
  const { id: withId } = await first.stop()
  const ben = await computer('ben')
  const [ofAnna, ofBen] = [anna.version({ withId }), ben.version({ withId })]
  await ofAnna.uploadConfig({ by: 'anna' }, 'anna')
  await ofBen.uploadConfig({ by: 'ben' }, 'ben')
  await Promise.all([ofAnna.stop(), ofBen.stop()])
  for (const { version } of [anna, ben]) {
    const seen = version({ withId, mode: 'read-only' })
    const paths = (await seen.listAttributes()).map(({ path }) => path)
    assert.deepEqual(paths, ['anna', 'ben', 'both'])
  }
})
