/** The demo's data through the real command on S3: push, clone, pull, every byte compared. */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import type { AddResult, FsckResult, PushResult, VersionSummary } from '../../src/store/results.ts'
import { type Sums, sumsOf, writeFirstVersion, writeSecondVersion } from '../demo/input.ts'
import { Command } from '../support/command.ts'
import { type Bucket, S3Place } from '../support/s3-place.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const place = S3Place.required()
const model = 'model/sentiment'
const reviews = 'dataset/reviews'

test('what is pushed to S3 comes back byte for byte in a clone elsewhere', async (context) => {
  const bucket = await bucketFor(context)
  const url = `s3://${bucket.name}/team/store`
  const folder = temporaryFolder(context)
  const { anna, first, second } = await pushBothVersions(folder, url)

  const ben = await cloneInto(join(folder, 'ben'), url)
  await ben.succeed('pull', 'origin', `${model}@v2`, `${reviews}@v2`)
  await assertGets(ben, 'v2', second)
  await assertGets(ben, 'v1', first)

  assert.deepEqual((await ben.json<FsckResult>('fsck')).problems, [])
  assert.deepEqual((await anna.json<FsckResult>('fsck', '--remote', 'origin')).problems, [])
  const log = await ben.json<VersionSummary[]>('log', model)
  assert.deepEqual(
    log.map(({ label, aliases }) => [label, aliases]),
    [
      ['v2', []],
      ['v1', ['prod']],
    ],
  )
})

async function bucketFor(context: TestContext): Promise<Bucket> {
  const bucket = await place.bucket()
  context.after(() => bucket.remove())
  return bucket
}

/** Adds and pushes the first versions, then the second; checks that the second costs little. */
async function pushBothVersions(
  folder: string,
  url: string,
): Promise<{ anna: Command; first: Sums; second: Sums }> {
  const home = join(folder, 'anna')
  mkdirSync(home)
  const anna = new Command(home, place.credentials)
  const paths = writeFirstVersion(home)
  const first = sumsOf(home)
  await anna.succeed('init')
  await anna.succeed('remote', 'add', 'origin', url, '--endpoint-url', place.endpointUrl)
  await anna.succeed('add', 'reviews', '--as', reviews, '--label', 'v1')
  await anna.succeed('add', 'checkpoint.bin', '--as', model, '--label', 'v1', '--alias', 'prod')
  const whole = await anna.json<PushResult>('push')

  writeSecondVersion(home, paths)
  const second = sumsOf(home)
  await anna.json<AddResult>('add', 'reviews', '--label', 'v2')
  await anna.json<AddResult>('add', 'checkpoint.bin', '--label', 'v2')
  const change = await anna.json<PushResult>('push')
  assert.ok(change.bytesSent < 4 * 1024 ** 2, `the change sent ${change.bytesSent} bytes`)
  assert.ok(change.bytesSent < whole.bytesSent / 50)
  return { anna, first, second }
}

async function cloneInto(folder: string, url: string): Promise<Command> {
  mkdirSync(folder)
  const command = new Command(folder, place.credentials)
  await command.succeed('clone', url, '--endpoint-url', place.endpointUrl)
  return command
}

async function assertGets(command: Command, label: string, expected: Sums): Promise<void> {
  await command.succeed('get', `${model}@${label}`, '-o', `${label}/checkpoint.bin`)
  await command.succeed('get', `${reviews}@${label}`, '-o', `${label}/reviews`)
  assert.deepEqual(sumsOf(join(command.folder, label)), expected, label)
}
