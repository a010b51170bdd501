/** What a user is told when the server, the bucket or the key is not as it should be. */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { Command, type Outcome } from '../support/command.ts'
import { S3Place } from '../support/s3-place.ts'
import { writeCheckpoint } from '../support/seeded-data.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const place = S3Place.required()
const wrongSecret = 'not-the-secret-of-this-key'

test('a secret that does not fit the key is refused with exit code 6', async (context) => {
  const credentials = { ...place.credentials, MLSTORE_S3_SECRET_ACCESS_KEY: wrongSecret }
  const bucket = await place.bucket()
  context.after(() => bucket.remove())
  const url = `s3://${bucket.name}/x`
  await assertRefused(await push(context, { url, credentials }), /key|signature|credential/i)
})

test('a key that the server does not know is refused with exit code 6', async (context) => {
  const credentials = {
    MLSTORE_S3_ACCESS_KEY_ID: 'nobody',
    MLSTORE_S3_SECRET_ACCESS_KEY: wrongSecret,
  }
  const bucket = await place.bucket()
  context.after(() => bucket.remove())
  const url = `s3://${bucket.name}/x`
  await assertRefused(await push(context, { url, credentials }), /key|credential/i)
})

test('a bucket that does not exist is named, with exit code 6', async (context) => {
  const url = 's3://mlstore-there-is-no-such-bucket/x'
  await assertRefused(await push(context, { url }), /mlstore-there-is-no-such-bucket/)
})

test('a clone from a bucket that does not exist ends with exit code 6', async (context) => {
  const command = new Command(temporaryFolder(context), place.credentials)
  const flags = ['--endpoint-url', place.endpointUrl]
  const outcome = await command.run('clone', 's3://mlstore-there-is-no-such-bucket/x', ...flags)
  await assertRefused(outcome, /mlstore-there-is-no-such-bucket/)
})

test('a server that is down is called so, with exit code 6', async (context) => {
  const endpointUrl = await closedPort()
  const outcome = await push(context, { url: 's3://any/x', endpointUrl })
  await assertRefused(outcome, /nothing answers.*\n.*--endpoint-url/)
})

type Attempt = {
  readonly url: string
  readonly endpointUrl?: string
  readonly credentials?: NodeJS.ProcessEnv
}

async function push(context: TestContext, attempt: Attempt): Promise<Outcome> {
  const folder = join(temporaryFolder(context), 'store')
  mkdirSync(folder)
  const command = new Command(folder, attempt.credentials ?? place.credentials)
  await command.succeed('init')
  writeCheckpoint(join(folder, 'small.bin'), 'small', 10_000)
  await command.succeed('add', 'small.bin', '--as', 'model/small')
  const endpointUrl = attempt.endpointUrl ?? place.endpointUrl
  await command.succeed('remote', 'add', 'origin', attempt.url, '--endpoint-url', endpointUrl)
  return command.run('push')
}

/** Exit code 6, a sentence that says what is wrong, no stack, and no secret. */
async function assertRefused(outcome: Outcome, says: RegExp): Promise<void> {
  const text = outcome.stderr + outcome.stdout
  assert.equal(outcome.code, 6, text)
  assert.match(outcome.stderr, says)
  assert.doesNotMatch(text, /^\s+at /m, 'no stack')
  assert.ok(!text.includes(wrongSecret), 'no secret in the message')
}

/** The URL of a loopback port on which nothing listens: one that was just given back. */
async function closedPort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return `http://127.0.0.1:${port}`
}
