/** Objects of the user on a real S3 server: the contract, many pages, and the marks of folders. */

import { PutObjectCommand } from '@aws-sdk/client-s3'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { ExternalFolder } from '../../src/ports/external-folder.ts'
import { openExternal } from '../../src/remotes/open-external.ts'
import { systemEnvironment } from '../../src/store/system-environment.ts'
import { externalFiles, externalFolderContract } from '../contracts/external-folder.ts'
import { type Bucket, S3Place } from '../support/s3-place.ts'

const place = S3Place.required()

function open(url: string): Promise<ExternalFolder> {
  const { clock, ids } = systemEnvironment()
  const { endpointUrl, credentials: env } = place
  return openExternal({ url, endpointUrl }, { name: 'external', env, clock, ids })
}

async function put(bucket: Bucket, key: string, bytes: Uint8Array): Promise<void> {
  await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: bytes }))
}

externalFolderContract('a bucket', async () => {
  const bucket = await place.bucket()
  const change = (path: string, bytes: Uint8Array): Promise<void> =>
    put(bucket, `my data/set/${path}`, bytes)
  for (const [path, text] of externalFiles) await change(path, Buffer.from(text))
  await put(bucket, 'my data/set2/other', Buffer.from('beside it'))
  const folder = await open(`s3://${bucket.name}/my data/set/`)
  const absent = await open(`s3://${bucket.name}/nowhere`)
  return {
    folder,
    absent,
    change,
    close: async () => {
      await folder.close()
      await absent.close()
      await bucket.remove()
    },
  }
})

test('a listing has every object of every page, and no mark of a folder', async () => {
  await using bucket = await place.bucket()
  const keys = Array.from({ length: 1200 }, (_, index) => `many/${index}`)
  for (let start = 0; start < keys.length; start += 50) {
    const group = keys.slice(start, start + 50)
    await Promise.all(group.map((key) => put(bucket, key, Buffer.from(key))))
  }
  await put(bucket, 'many/', Buffer.alloc(0))
  const folder = await open(`s3://${bucket.name}/many`)
  const found: string[] = []
  for await (const { path } of folder.list()) found.push(`many/${path}`)
  await folder.close()
  assert.deepEqual(found.sort(), keys.sort())
  assert.equal(folder.requests, 2)
})
