/** A real S3 server keeps the contract, the probe finds it fit, and its refusals are understood. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'

import { type Digest, digestOf } from '../../src/core/digest.ts'
import type { Clock, IdSource } from '../../src/ports/clock.ts'
import type { Remote } from '../../src/ports/remote.ts'
import { openRemote } from '../../src/remotes/open-remote.ts'
import { probeRemote } from '../../src/remotes/probe.ts'
import { remoteContract } from '../contracts/remote.ts'
import { type Bucket, S3Place } from '../support/s3-place.ts'

const place = S3Place.required()
const clock: Clock = {
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  sleep: (timeoutMs) =>
    new Promise((resolve) => {
      setTimeout(resolve, timeoutMs)
    }),
}
const ids: IdSource = {
  id: () => randomBytes(16).toString('hex'),
  random: () => Math.random(),
}

let bucket: Bucket | undefined

before(async () => {
  bucket = await place.bucket()
})

after(async () => {
  const remote = await open('')
  await removeAll(remote)
  await remote.close()
  await bucket?.remove()
})

function open(prefix: string, env: NodeJS.ProcessEnv = place.credentials): Promise<Remote> {
  const url = `s3://${bucket?.name}${prefix}`
  const { endpointUrl } = place
  return openRemote({ url, endpointUrl }, { name: 'origin', env, clock, ids })
}

async function removeAll(remote: Remote): Promise<void> {
  const deletions = new Set<Promise<void>>()
  for await (const { key } of remote.list('')) deletions.add(remote.delete(key))
  await Promise.all(deletions)
}

remoteContract('a real S3 server', async () => {
  const remote = await open('/contract')
  const again = await open('/contract')
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
  const remote = await open('/probed')
  const found = await probeRemote(remote, { clock, ids })
  assert.deepEqual(found.problems, [])
  assert.ok(found.conditionalCreate && found.list && found.range)
  for await (const object of remote.list('')) assert.fail(`${object.key} was left`)
  await remote.close()
})

test('a prefix may hold every character that is let through', async () => {
  const remote = await open("/a!b_c.d*e'f(g)h=i+j@k,l:m-n/Z")
  await remote.put('log/1', Buffer.from('entry'))
  assert.equal(await remote.create('log/1', Buffer.from('other')), 'exists')
  assert.equal((await remote.get('log/1'))?.length, 5)
  for await (const object of remote.list('log/')) assert.equal(object.key, 'log/1')
  await remote.delete('log/1')
  assert.equal(await remote.head('log/1'), undefined)
  await remote.close()
})

test('the server checks what arrives against the digest that the caller gave', async () => {
  const remote = await open('/digest')
  const digest = async (): Promise<Digest> => digestOf(Buffer.from('what was meant'))
  await assert.rejects(remote.put('log/1', Buffer.from('what was sent'), { digest }), {
    code: 'REMOTE_UNAVAILABLE',
  })
  assert.equal(await remote.head('log/1'), undefined)
  await remote.close()
})

test('a wrong secret, an unknown key and a missing bucket are told apart', async () => {
  const key = 'MLSTORE_S3_ACCESS_KEY_ID'
  const secret = 'MLSTORE_S3_SECRET_ACCESS_KEY'
  const cases: readonly (readonly [string, NodeJS.ProcessEnv, string])[] = [
    ['/x', { ...place.credentials, [secret]: 'wrong' }, 'SignatureDoesNotMatch'],
    ['/x', { ...place.credentials, [key]: 'nobody' }, 'InvalidAccessKeyId'],
    ['-absent/x', place.credentials, 'NoSuchBucket'],
  ]
  for (const [prefix, env, error] of cases) {
    const remote = await open(prefix, env)
    const refusal = { code: 'REMOTE_REFUSED', details: { error } }
    for (const ask of [() => remote.get('log/1'), () => remote.put('log/1', Buffer.from('x'))]) {
      await assert.rejects(ask(), (failure: typeof refusal) => {
        assert.deepEqual([failure.code, failure.details.error], [refusal.code, error])
        return true
      })
    }
    await remote.close()
  }
})
