/** What common work costs in requests, counted by a proxy between the command and the server. */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import type { GetResult, PullResult, PushResult } from '../../src/store/results.ts'
import { Command } from '../support/command.ts'
import { CountingProxy, type Seen } from '../support/counting-proxy.ts'
import { type Bucket, S3Place } from '../support/s3-place.ts'
import { writeCheckpoint, writeDataset } from '../support/seeded-data.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { sha256OfFile } from '../support/tree-digests.ts'

const place = S3Place.required()
const proxy = new CountingProxy(place.endpointUrl)
const folder = temporaryFolder({ after: (remove) => after(remove as () => void) })

let bucket: Bucket
let writer: Command
let endpoint: readonly string[]
let paths: readonly string[]

before(async () => {
  bucket = await place.bucket()
  endpoint = ['--endpoint-url', await proxy.listen()]
  writer = await storeIn('writer')
  await writer.succeed('init')
  await writer.succeed('remote', 'add', 'origin', remoteUrl(), ...endpoint)
  writeCheckpoint(join(writer.folder, 'first.bin'), 'first', 100_000)
  await writer.succeed('add', 'first.bin', '--as', 'model/first')
  await writer.succeed('push')
})

after(async () => {
  await proxy[Symbol.asyncDispose]()
  await bucket.remove()
})

test('5,000 small files are pushed in at most 20 requests', async () => {
  const shape = { files: 5000, sizeBytesMin: 1024, sizeBytesMax: 8 * 1024 }
  paths = writeDataset(join(writer.folder, 'small'), 'requests', shape)
  await writer.succeed('add', 'small', '--as', 'dataset/small', '--label', 'v1')
  const { result, seen } = await counted(() => writer.json<PushResult>('push'))
  assert.ok(seen.length <= 20, list(seen))
  assert.equal(result.requests, seen.length, 'the command counts its requests right')
})

test('a push with nothing new takes 2 requests', async () => {
  const { result, seen } = await counted(() => writer.json<PushResult>('push'))
  assert.equal(seen.length, 2, list(seen))
  assert.equal(result.requests, 2)
})

test('a pull with nothing new takes 2 requests', async () => {
  await writer.succeed('pull')
  const { result, seen } = await counted(() => writer.json<PullResult>('pull'))
  assert.equal(seen.length, 2, list(seen))
  assert.equal(result.requests, 2)
})

test('one file of a version of 5,000 files is fetched in at most 8 requests after a clone', async () => {
  const reader = await storeIn('reader')
  await reader.succeed('clone', remoteUrl(), ...endpoint)
  const path = paths[2345] ?? ''
  const { result, seen } = await counted(() =>
    reader.json<GetResult>('get', 'dataset/small@v1', '--path', path, '-o', 'one'),
  )
  assert.ok(seen.length <= 8, list(seen))
  assert.equal(result.files, 1)
  assert.equal(
    sha256OfFile(join(reader.folder, 'one', path)),
    sha256OfFile(join(writer.folder, 'small', path)),
  )
})

test('local commands ask the server nothing', async () => {
  const { seen } = await counted(async () => {
    for (const line of [
      'log dataset/small',
      'ls',
      'ls dataset/small@v1',
      'status',
      'search small',
    ]) {
      await writer.succeed(...line.split(' '))
    }
  })
  assert.deepEqual(seen, [])
})

function remoteUrl(): string {
  return `s3://${bucket.name}/requests`
}

async function storeIn(name: string): Promise<Command> {
  const home = join(folder, name)
  mkdirSync(home)
  return new Command(home, place.credentials)
}

async function counted<T>(work: () => Promise<T>): Promise<{ result: T; seen: readonly Seen[] }> {
  proxy.take()
  const result = await work()
  return { result, seen: proxy.take().requests }
}

function list(seen: readonly Seen[]): string {
  const lines = seen.map(({ method, path }) => `${method} ${path}`)
  return `${seen.length} requests:\n${lines.join('\n')}`
}
