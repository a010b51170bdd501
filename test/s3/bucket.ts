/**
 * A bucket of its own on a real S3 server, for the tests of `npm run test:s3`.
 *
 * `MLSTORE_TEST_S3_ENDPOINT` names the server, `MLSTORE_TEST_S3_KEY` and `_SECRET` the keys; the
 * defaults are those of test/support/ceph-rgw.
 */

import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import { randomBytes } from 'node:crypto'

import type { Clock, IdSource } from '../../src/ports/clock.ts'
import type { Remote, RemoteSettings } from '../../src/ports/remote.ts'
import { openRemote } from '../../src/remotes/open-remote.ts'

const { env } = process
const endpointUrl = env['MLSTORE_TEST_S3_ENDPOINT'] ?? 'http://127.0.0.1:7480'
const credentials = {
  accessKeyId: env['MLSTORE_TEST_S3_KEY'] ?? 'mlstore-test',
  secretAccessKey: env['MLSTORE_TEST_S3_SECRET'] ?? 'mlstore-test',
}

export const realClock: Clock = {
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  sleep: (timeoutMs) =>
    new Promise((resolve) => {
      setTimeout(resolve, timeoutMs)
    }),
}

export const realIds: IdSource = {
  id: () => randomBytes(16).toString('hex'),
  random: () => Math.random(),
}

export type TestBucket = {
  readonly name: string
  /** Opens a remote under a prefix of the bucket. */
  open(prefix: string, settings?: Partial<RemoteSettings>): Promise<Remote>
  /** Empties the bucket and removes it. */
  remove(): Promise<void>
}

/** Creates a bucket with a random name. */
export async function createBucket(): Promise<TestBucket> {
  const name = `mlstore-test-${randomBytes(6).toString('hex')}`
  const client = new S3Client({
    endpoint: endpointUrl,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
  })
  await client.send(new CreateBucketCommand({ Bucket: name }))
  return {
    name,
    open: (prefix, settings = {}) =>
      openRemote(
        { url: `s3://${name}/${prefix}`, endpointUrl, ...settings },
        { name: 'origin', env: {}, clock: realClock, ids: realIds, credentials },
      ),
    remove: async () => {
      await emptyBucket(client, name)
      await client.send(new DeleteBucketCommand({ Bucket: name }))
      client.destroy()
    },
  }
}

async function emptyBucket(client: S3Client, bucket: string): Promise<void> {
  for (;;) {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
    const keys = (page.Contents ?? []).map((object) => object.Key ?? '')
    if (keys.length === 0) return
    for (let at = 0; at < keys.length; at += 16) {
      await Promise.all(
        keys
          .slice(at, at + 16)
          .map((key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))),
      )
    }
  }
}
