/** Logging in to a real S3 store, and pushing with nothing but what the login saved. */

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { checkS3Login } from '../../src/remotes/s3/check-login.ts'
import { AccountServer } from '../support/account-server.ts'
import { Command } from '../support/command.ts'
import { S3Place } from '../support/s3-place.ts'
import { writeCheckpoint } from '../support/seeded-data.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const place = S3Place.required()
const accessKeyId = place.credentials['MLSTORE_S3_ACCESS_KEY_ID'] ?? ''
const secretAccessKey = place.credentials['MLSTORE_S3_SECRET_ACCESS_KEY'] ?? ''
const endpointUrl = place.endpointUrl
const unasked = { bucket: undefined, env: {} }

/** A store with a version, a remote on the server, and a home without any login. */
async function repository(context: TestContext): Promise<Command> {
  const folder = join(temporaryFolder(context), 'store')
  mkdirSync(folder)
  const settings = { HOME: folder, MLSTORE_CONFIG_DIR: join(folder, '..', 'settings') }
  const command = new Command(folder, settings)
  const bucket = await place.bucket()
  context.after(() => bucket.remove())
  await command.succeed('init')
  writeCheckpoint(join(folder, 'small.bin'), 'small', 10_000)
  await command.succeed('add', 'small.bin', '--as', 'model/small')
  const flags = ['--endpoint-url', endpointUrl]
  await command.succeed('remote', 'add', 'origin', `s3://${bucket.name}/x`, ...flags)
  return command
}

test('push and clone need nothing but a login to the endpoint', async (t) => {
  const command = await repository(t)
  assert.equal((await command.run('push')).code, 6)
  const login = ['login', '--url', endpointUrl, '--access-key', accessKeyId, '--secret-key-stdin']
  const said = await command.tell(`${secretAccessKey}\n`, ...login)
  assert.equal(said.code, 0, said.stderr)
  await command.succeed('push')

  const [remote] = await command.json<{ url: string }[]>('remote', 'list')
  const there = command.in(temporaryFolder(t))
  const flags = ['--endpoint-url', endpointUrl, '--all']
  await there.succeed('clone', remote?.url ?? '', 'copy', ...flags)
  const copy = command.in(join(there.folder, 'copy'))
  await copy.succeed('get', 'model/small', '-o', 'small.bin')
  const bytes = readFileSync(join(copy.folder, 'small.bin'))
  assert.deepEqual(bytes, readFileSync(join(command.folder, 'small.bin')))

  await command.succeed('logout')
  writeCheckpoint(join(command.folder, 'small.bin'), 'other', 10_000)
  await command.succeed('add', 'small.bin')
  assert.equal((await command.run('push')).code, 6)
})

test('a login with a wrong key or secret saves nothing and ends with exit code 6', async (t) => {
  const command = await repository(t)
  const wrong = [
    { key: accessKeyId, secret: 'not-the-secret' },
    { key: 'nobody', secret: secretAccessKey },
  ]
  for (const { key, secret } of wrong) {
    const login = ['login', '--url', endpointUrl, '--access-key', key, '--secret-key-stdin']
    const { code, stdout, stderr } = await command.tell(`${secret}\n`, ...login)
    assert.equal(code, 6)
    assert.match(stderr, /login failed/)
    assert.ok(!(stdout + stderr).includes(secret))
  }
  assert.deepEqual((await command.json<{ servers: unknown[] }>('whoami')).servers, [])
})

test('what a login saved is for its user alone, and a push refuses it otherwise', async (t) => {
  const command = await repository(t)
  const login = ['login', '--url', endpointUrl, '--access-key', accessKeyId, '--secret-key-stdin']
  const { stdout } = await command.tell(`${secretAccessKey}\n`, ...login, '--json')
  const { path } = JSON.parse(stdout) as { path: string }
  assert.equal(statSync(path).mode & 0o777, 0o600)
  chmodSync(path, 0o644)
  const refused = await command.run('push')
  assert.equal(refused.code, 9)
  assert.match(refused.stderr, /chmod 600/)
  chmodSync(path, 0o600)
  await command.succeed('push')
})

test('a profile of AWS is used again, and its keys stay where they are', async (t) => {
  const command = await repository(t)
  mkdirSync(join(command.folder, '.aws'))
  const pair = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
  writeFileSync(join(command.folder, '.aws', 'credentials'), `[team]\n${pair}`)
  await command.succeed('login', '--url', endpointUrl, '--profile', 'team')
  await command.succeed('push')

  // The same without options, when the environment names profile and endpoint.
  const env = { AWS_PROFILE: 'team', AWS_ENDPOINT_URL_S3: endpointUrl }
  const fresh = new Command(command.folder, {
    ...env,
    HOME: command.folder,
    MLSTORE_CONFIG_DIR: join(command.folder, '..', 'fresh'),
  })
  const result = await fresh.json<{ path: string; url: string; method: string }>('login')
  assert.deepEqual([result.url, result.method], [new URL(endpointUrl).href, 'profile'])
  assert.ok(!readFileSync(result.path, 'utf8').includes('aws_secret'))
  assert.equal(JSON.parse(readFileSync(result.path, 'utf8')).servers[0].profile, 'team')
})

test('a profile that is not there is refused', async (t) => {
  const command = await repository(t)
  const { code, stderr } = await command.run('login', '--url', endpointUrl, '--profile', 'nobody')
  assert.equal(code, 6, stderr)
})

test('a bucket that is named must be there', async (t) => {
  const bucket = await place.bucket()
  t.after(() => bucket.remove())
  const access = { accessKeyId, secretAccessKey }
  const check = { endpointUrl, access, env: {} }
  assert.deepEqual(await checkS3Login({ ...check, bucket: bucket.name }), {
    endpointUrl: new URL(endpointUrl).href,
    mayList: true,
  })
  const missing = checkS3Login({ ...check, bucket: 'mlstore-there-is-no-such-bucket' })
  await assert.rejects(missing, { code: 'REMOTE_REFUSED' })
})

test('the endpoint of the environment is checked where none is given', async () => {
  const access = { accessKeyId, secretAccessKey }
  const env = { AWS_ENDPOINT_URL_S3: endpointUrl }
  const checked = await checkS3Login({ ...unasked, endpointUrl: undefined, access, env })
  assert.equal(checked.endpointUrl, new URL(endpointUrl).href)
})

test('a server that speaks no S3 is no S3 store', async (t) => {
  const access = { accessKeyId, secretAccessKey }
  for (const options of [
    { kind: 'web page' as const },
    { kind: 'store' as const, anonymous: true },
  ]) {
    const { url } = await AccountServer.start(t, options)
    const check = checkS3Login({ ...unasked, endpointUrl: url, access })
    await assert.rejects(check, { code: 'REMOTE_REFUSED' })
  }
  const closed = checkS3Login({ ...unasked, endpointUrl: 'http://127.0.0.1:9', access })
  await assert.rejects(closed, { code: 'REMOTE_UNAVAILABLE' })
})
