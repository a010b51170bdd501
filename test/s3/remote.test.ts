/** A real S3 server keeps the contract, and the probe finds it fit for sharing. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { probeRemote } from '../../src/remotes/probe.ts'
import { remoteContract } from '../contracts/remote.ts'
import { createBucket, realClock, realIds, type TestBucket } from './bucket.ts'

let bucket: TestBucket | undefined
const created = (): TestBucket => bucket ?? assert.fail('no bucket')

before(async () => {
  bucket = await createBucket()
})
after(async () => {
  await bucket?.remove()
})

remoteContract('a real S3 server', async () => {
  const remote = await created().open('contract')
  const again = await created().open('contract')
  return {
    remote,
    again,
    close: async () => {
      await remote.close()
      await again.close()
    },
  }
})

test('the probe finds every ability and leaves nothing behind', async () => {
  const remote = await created().open('probed')
  const found = await probeRemote(remote, { clock: realClock, ids: realIds })
  assert.deepEqual(found.problems, [])
  assert.ok(found.conditionalCreate && found.list && found.range)
  for await (const object of remote.list('')) assert.fail(`${object.key} was left`)
  await remote.close()
})

test('a wrong secret, an unknown key and a missing bucket are refused, each in its own words', async () => {
  const env = process.env
  const endpointUrl = env['MLSTORE_TEST_S3_ENDPOINT'] ?? 'http://127.0.0.1:7480'
  const { openRemote } = await import('../../src/remotes/open-remote.ts')
  const accessKeyId = env['MLSTORE_TEST_S3_KEY'] ?? 'mlstore-test'
  const secretAccessKey = env['MLSTORE_TEST_S3_SECRET'] ?? 'mlstore-test'
  const cases = [
    { bucket: created().name, accessKeyId, secretAccessKey: 'wrong', error: 'SignatureDoesNotMatch' },
    { bucket: created().name, accessKeyId: 'nobody', secretAccessKey, error: 'InvalidAccessKeyId' },
    { bucket: `${created().name}-no`, accessKeyId, secretAccessKey, error: 'NoSuchBucket' },
  ]
  for (const { bucket: name, error, ...credentials } of cases) {
    const environment = { name: 'origin', env: {}, clock: realClock, ids: realIds, credentials }
    const remote = await openRemote({ url: `s3://${name}/x`, endpointUrl }, environment)
    await assert.rejects(remote.get('log/1'), (failure: { code?: string; details?: { error?: string } }) => {
      assert.equal(failure.code, 'REMOTE_REFUSED')
      assert.equal(failure.details?.error, error)
      return true
    })
    await remote.close()
  }
})
