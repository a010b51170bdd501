/** URLs and settings lead to the right remote, or to an error that says what to write. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'

import type { Remote, RemoteSettings } from '../../src/ports/remote.ts'
import { CountingRemote } from '../../src/remotes/counting.ts'
import { MemoryRemote } from '../../src/remotes/memory.ts'
import { openRemote, type RemoteEnvironment } from '../../src/remotes/open-remote.ts'
import { parseRemoteUrl } from '../../src/remotes/remote-url.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { fakeClock } from './fake-clock.ts'
import { openOnServer } from './s3/open.ts'

function open(
  settings: RemoteSettings | string,
  environment: Partial<RemoteEnvironment> = {},
): Promise<Remote> {
  const clock = fakeClock()
  const ids = { id: () => '0'.repeat(32), random: () => 0.5 }
  const complete = { name: 'origin', env: {}, clock, ids, ...environment }
  return openRemote(typeof settings === 'string' ? { url: settings } : settings, complete)
}

test('a folder is a remote by its path or by its file URL', async (context) => {
  const folder = join(temporaryFolder(context), 'some folder')
  const byPath = await open(folder)
  await byPath.put('a', Buffer.from('x'))
  assert.ok(existsSync(join(folder, 'a')))
  const url = pathToFileURL(folder).href
  const byUrl = await open(url)
  assert.equal((await byUrl.get('a'))?.length, 1)
  assert.deepEqual([byPath.url, byUrl.url], [folder, url])
})

test('buckets and prefixes are taken from s3 URLs', () => {
  for (const [url, bucket, prefix] of [
    ['s3://my-bucket', 'my-bucket', ''],
    ['s3://my-bucket/', 'my-bucket', ''],
    ['s3://my.bucket/a/b_c/d=1', 'my.bucket', 'a/b_c/d=1'],
    ['s3://My_Bucket/a//', 'My_Bucket', 'a'],
    ['S3://bucket/x', 'bucket', 'x'],
  ] as const) {
    assert.deepEqual(parseRemoteUrl(url), { kind: 's3', bucket, prefix })
  }
})

test('what is no URL of a remote is refused with a hint', async () => {
  const urls = [
    '',
    'relative/folder',
    './folder',
    's3:',
    's3://',
    's3:///prefix',
    's3:bucket/prefix',
    's3://a',
    's3://-bucket/x',
    's3://bucket/a//b',
    's3://bucket/../x',
    's3://bucket/./x',
    's3://bucket/a b',
    's3://bucket/a?region=x',
    's3://bucket/%20',
    's3://arn:aws:s3:eu-west-1:123:accesspoint/x',
    'file://otherhost/folder',
    'http://host/bucket',
    'https://bucket.s3.amazonaws.com/x',
    'gs://bucket/x',
    'r2://bucket',
    'azure://x',
    'ssh://host/folder',
    'memory:',
  ]
  for (const url of urls) {
    await assert.rejects(open(url), (error: { code?: string; hint?: string }) => {
      assert.equal(error.code, 'INVALID_ARGUMENT', url)
      assert.ok(error.hint !== undefined && error.hint.length > 10, url)
      return true
    })
  }
})

test('a password in a URL is refused and not repeated', async () => {
  for (const settings of [
    { url: 's3://key:hidden@bucket/prefix' },
    { url: 's3://bucket', endpointUrl: 'https://key:hidden@host' },
  ]) {
    await assert.rejects(open(settings), (error: Error & { code?: string; hint?: string }) => {
      assert.equal(error.code, 'INVALID_ARGUMENT')
      assert.ok(!`${error.message} ${error.hint} ${error.stack}`.includes('hidden'))
      return true
    })
  }
})

test('other schemes are for whoever brings them', async () => {
  const memory = new MemoryRemote(fakeClock())
  assert.equal(await open('memory:x', { schemes: { memory: () => memory } }), memory)
})

test('modes of encryption that are not known, or do not go together, are refused', async () => {
  for (const settings of [{ sse: 'rot13' }, { sse: 'AES256', sseKmsKeyId: 'key' }]) {
    const opening = open({ url: 's3://bucket', region: 'x', ...settings })
    await assert.rejects(opening, { code: 'INVALID_ARGUMENT' })
  }
})

test('a wrapper beneath the retries sees every attempt', async (context) => {
  let counting: CountingRemote | undefined
  const { server, remote } = await openOnServer(context, {
    environment: { beneathRetries: (bare) => (counting = new CountingRemote(bare)) },
  })
  server.faults.add({ fault: { kind: 'answer', status: 503 }, times: 3 })
  await remote.put('k', Buffer.alloc(10))
  assert.equal(counting?.stats.requests, 4)
  assert.equal(counting.stats.bytesSent, 40)
})

test('an anonymous remote sends no signature, and reads a public bucket', async (context) => {
  const server = { isAnonymous: true }
  const { server: running, remote } = await openOnServer(context, {
    server,
    settings: { anonymous: true },
    environment: { credentials: undefined },
  })
  await remote.put('k', Buffer.from('x'))
  assert.equal((await remote.get('k'))?.length, 1)
  assert.ok(running.requests.every(({ headers }) => headers.authorization === undefined))
})

test('opening a folder does not load the SDK of AWS, and opening a bucket does', () => {
  const program = (url: string): string => `
    import { openRemote } from './src/remotes/open-remote.ts'
    const clock = { now: () => new Date(), elapsedMs: () => 0, sleep: async () => {} }
    const ids = { id: () => '', random: () => 0 }
    const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
    await openRemote({ url: '${url}', region: 'x' }, { name: 'r', env: {}, clock, ids, credentials })
    const loaded = Object.keys(process.getBuiltinModule('module')._cache)
    console.log(loaded.some((path) => path.includes('client-s3')))`
  const run = (url: string): string =>
    spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program(url)],
      { encoding: 'utf8', env: { ...process.env, NODE_NO_WARNINGS: '1' } },
    ).stdout.trim()
  assert.equal(run('file:///tmp/no-such-remote'), 'false')
  assert.equal(run('s3://bucket'), 'true')
})
