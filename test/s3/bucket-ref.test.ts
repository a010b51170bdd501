/** `BucketRef` and versions of objects elsewhere on a real S3 server, between two machines. */

import { PutObjectCommand } from '@aws-sdk/client-s3'
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import { BucketRef } from '../../src/compat/bucket-ref/bucket-ref.ts'
import type { Environment } from '../../src/store/environment.ts'
import { initStore } from '../../src/store/open.ts'
import { systemEnvironment } from '../../src/store/system-environment.ts'
import { type Bucket, S3Place } from '../support/s3-place.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { listFolder, writeFolder } from '../worktree/folder-spec.ts'

const place = S3Place.required()

/** A machine that knows the server by its environment alone. */
async function machine(t: TestContext): Promise<Environment> {
  const env = { ...place.credentials, MLSTORE_S3_ENDPOINT_URL: place.endpointUrl }
  const environment = { ...systemEnvironment(), cwd: temporaryFolder(t), env, user: 'anna' }
  await initStore('.', environment)
  return environment
}

async function put(bucket: Bucket, key: string, bytes: Uint8Array): Promise<void> {
  await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: bytes }))
}

test('an artifact goes through a bucket that is named and nothing else', async (t) => {
  await using bucket = await place.bucket()
  const [anna, ben] = [await machine(t), await machine(t)]
  writeFolder(anna.cwd, { out: { w: 'w'.repeat(200_000), sub: { c: '{}' } } })
  await using api = new BucketRef({ projectName: bucket.name, environment: anna })
  const alias = await api.uploadArtifact('out', 'resnet', 'model')
  await api.close()
  await using reading = new BucketRef({ projectName: bucket.name, environment: ben })
  const folder = await reading.downloadArtifact('resnet', 'model', alias)
  await reading.close()
  assert.deepEqual(listFolder(folder), listFolder(`${anna.cwd}/out`))
})

test('a linked prefix is read where it is, in the state that was linked', async (t) => {
  await using data = await place.bucket()
  await using bucket = await place.bucket()
  const large = 'large'.repeat(2 * 1024 * 1024)
  await put(data, 'raw frames/a b.txt', Buffer.from('one'))
  await put(data, 'raw frames/sub/large.bin', Buffer.from(large))
  await put(data, 'raw frames/empty', Buffer.alloc(0))
  const [anna, ben] = [await machine(t), await machine(t)]
  const options = { projectName: 'vision', bucket: bucket.name }
  await using api = new BucketRef({ ...options, environment: anna })
  const uri = `s3://${data.name}/raw frames/`
  const alias = await api.link(uri, 'frames', 'dataset')
  await api.close()
  const sent = (await bucket.objects()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  assert.ok(sent < 100_000, `${sent} bytes were sent`)

  await using reading = new BucketRef({ ...options, environment: ben })
  const destination = 'there'
  const folder = await reading.downloadArtifact('frames', 'dataset', alias, { destination })
  const there = { 'a b.txt': 'one', empty: '', sub: { 'large.bin': large } }
  writeFolder(anna.cwd, { expected: there })
  assert.deepEqual(listFolder(folder), listFolder(`${anna.cwd}/expected`))
  // What is right is not read again: the ETag of what was sent in one piece is its MD5.
  await reading.downloadArtifact('frames', 'dataset', alias, { destination })

  await put(data, 'raw frames/a b.txt', Buffer.from('two'))
  const changed = reading.downloadArtifact('frames', 'dataset', alias, { destination: 'again' })
  await assert.rejects(changed, { code: 'DIGEST_MISMATCH' })
  assert.equal(
    Object.keys(listFolder(ben.cwd)).some((path) => path.startsWith('again')),
    false,
  )
  const nothing = api.link(`s3://${data.name}/nowhere`, 'frames', 'dataset')
  await assert.rejects(nothing, { code: 'NOT_FOUND' })
})
