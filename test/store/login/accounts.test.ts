/** Logging out, who one is, and logins of S3, without a real store behind them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Accounts } from '../../../src/store/login/accounts.ts'
import { credentialsFor } from '../../../src/store/login/credentials.ts'
import type { ServerDoors } from '../../../src/store/login/doors.ts'
import { savedKeysFor } from '../../../src/store/login/saved-keys.ts'
import { MlstoreError } from '../../../src/errors.ts'
import { NodeFileSystem } from '../../../src/objects/node-file-system.ts'
import { Home } from '../../support/home.ts'

/** Servers that take everything. */
const openDoors: ServerDoors = {
  artifactory: async ({ url, login }) => ({
    origin: url.origin,
    token: login.how === 'token' ? login.token : undefined,
    user: undefined,
    expiresInSeconds: undefined,
    expiresAt: undefined,
    version: undefined,
  }),
  store: async () => ({ is: 'something else' }),
  s3: async ({ endpointUrl }) => ({ endpointUrl, mayList: false }),
}

function accountsIn(home: Home, doors: Partial<ServerDoors> = {}): Accounts {
  const { environment } = home
  return new Accounts({ fs: new NodeFileSystem(), environment, doors: { ...openDoors, ...doors } })
}

const keys = { accessKeyId: 'AKIAEXAMPLE1234', secretAccessKey: 'hidden' }

test('keys are saved for their endpoint, and others for AWS', async (t) => {
  const home = new Home(t)
  const accounts = accountsIn(home)
  const ceph = await accounts.login({ url: 'http://ceph:7480', ...keys, sessionToken: 'session' })
  await accounts.login({ profile: 'team' })
  assert.deepEqual([ceph.name, ceph.user, ceph.method], ['ceph:7480', '****1234', 'keys'])
  assert.match(ceph.notes.join(), /--bucket/)
  const found = (url: string | undefined) => savedKeysFor(home.environment, url)
  assert.deepEqual(found('http://ceph:7480/'), { ...keys, sessionToken: 'session' })
  assert.deepEqual(found('http://ceph:7480'), { ...keys, sessionToken: 'session' })
  assert.deepEqual(found(undefined), { profile: 'team' })
  assert.deepEqual(found('https://s3.eu-central-1.amazonaws.com/'), { profile: 'team' })
  for (const other of ['https://ceph:7480/', 'http://ceph:7481/', 'http://ceph:7480/x']) {
    assert.equal(found(other), undefined)
  }
  assert.equal(found('https://s3.cn-north-1.amazonaws.com.cn/'), undefined)
})

test('keys of the default name come before those of a later login to the same endpoint', async (t) => {
  const home = new Home(t)
  const accounts = accountsIn(home)
  const url = 'http://ceph:7480'
  await accounts.login({ url, ...keys, name: 'one' })
  await accounts.login({ url, ...keys, accessKeyId: 'other', name: 'two', keepDefault: true })
  const idNow = (): unknown => Reflect.get(savedKeysFor(home.environment, url) ?? {}, 'accessKeyId')
  assert.equal(idNow(), keys.accessKeyId)
  await accounts.logout({ name: 'one' })
  assert.equal(idNow(), 'other')
})

test('the last login to an endpoint wins where the default is elsewhere', async (t) => {
  const home = new Home(t)
  const accounts = accountsIn(home)
  const url = 'http://ceph:7480'
  await accounts.login({ url, ...keys, name: 'one' })
  await accounts.login({ url, ...keys, accessKeyId: 'other', name: 'two' })
  await accounts.login({ url: 'http://h', token: 't' })
  assert.equal(Reflect.get(savedKeysFor(home.environment, url) ?? {}, 'accessKeyId'), 'other')
})

test('keys that are refused are not saved', async (t) => {
  const home = new Home(t)
  const refuse = async (): Promise<never> => {
    throw new MlstoreError('REMOTE_REFUSED', 'no')
  }
  const attempt = accountsIn(home, { s3: refuse }).login(keys)
  await assert.rejects(attempt, { code: 'REMOTE_REFUSED' })
  assert.equal(home.saved, '')
})

test('an interrupted login saves nothing', async (t) => {
  const home = new Home(t)
  const attempt = home.accounts.login(
    { url: 'http://127.0.0.1:9', token: 't' },
    { signal: AbortSignal.abort() },
  )
  await assert.rejects(attempt, { code: 'INTERRUPTED' })
  assert.equal(home.saved, '')
})

test('whoami lists the environment and what is saved, in the order of use, without secrets', async (t) => {
  const home = new Home(t)
  await accountsIn(home).login({ url: 'http://ceph:7480', ...keys })
  await accountsIn(home).login({ url: 'https://myorg.jfrog.io', token: 'hidden' })
  const { servers } = await home
    .with({
      JF_URL: 'https://anna:hidden@other.jfrog.io/artifactory',
      JF_ACCESS_TOKEN: 'hidden',
      MLSTORE_S3_ACCESS_KEY_ID: 'short',
      MLSTORE_S3_SECRET_ACCESS_KEY: 'hidden',
    })
    .whoami()
  assert.deepEqual(
    servers.map(({ name, kind, url, user, method, from }) => [name, kind, url, user, method, from]),
    [
      [null, 'artifactory', 'https://other.jfrog.io/artifactory', null, 'token', 'JF_ACCESS_TOKEN'],
      [null, 's3', null, '****', 'keys', 'MLSTORE_S3_ACCESS_KEY_ID'],
      ['ceph:7480', 's3', 'http://ceph:7480/', '****1234', 'keys', home.path],
      [
        'myorg.jfrog.io',
        'artifactory',
        'https://myorg.jfrog.io/artifactory',
        null,
        'token',
        home.path,
      ],
    ],
  )
  assert.ok(!JSON.stringify(servers).includes('hidden'))
})

test('logout forgets by name, by URL, or everything, and says what is left', async (t) => {
  const home = new Home(t)
  const accounts = accountsIn(home)
  await assert.rejects(accounts.logout(), { code: 'NOT_FOUND' })
  assert.equal(home.saved, '')
  for (const name of ['a', 'b', 'c', 'd']) {
    await accounts.login({ url: `http://${name}.test`, token: `hidden-${name}`, name })
  }
  await accounts.login({ url: 'http://s3.test', ...keys, name: 's3' })
  await assert.rejects(accounts.logout(), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(accounts.logout({ name: 'nobody' }), { code: 'NOT_FOUND' })
  await assert.rejects(accounts.logout({ name: 'a', all: true }), { code: 'INVALID_ARGUMENT' })
  assert.deepEqual((await accounts.logout({ name: 's3' })).default, 'd')
  const { servers } = await accounts.logout({ url: 'http://b.test/artifactory/x' })
  assert.deepEqual(servers, [{ name: 'b', url: 'http://b.test/artifactory' }])
  assert.ok(!home.saved.includes('hidden-b'))
  assert.equal((await accounts.logout({ all: true })).servers.length, 3)
  assert.ok(!home.saved.includes('hidden'))
  assert.deepEqual((await accounts.whoami()).servers, [])
  assert.deepEqual((await accounts.logout({ all: true })).servers, [])
})

test('a name that is taken by another server gets a number, unless it was asked for', async (t) => {
  const home = new Home(t)
  const accounts = accountsIn(home)
  const name = async (url: string): Promise<string> =>
    (await accounts.login({ url, token: 't' })).name
  assert.equal(await name('http://lab'), 'lab')
  assert.equal(await name('https://lab'), 'lab-2')
  assert.equal(await name('http://lab/artifactory'), 'lab')
  assert.equal((await accounts.login({ url: 'http://x', token: 't', name: 'lab' })).name, 'lab')
  const urls = (await accounts.whoami()).servers.map(({ url }) => url)
  assert.deepEqual(urls, ['https://lab/artifactory', 'http://x/artifactory'])
})

test('a server that is not on this machine and not encrypted is named as such', async (t) => {
  const accounts = accountsIn(new Home(t))
  const notes = async (url: string): Promise<string> =>
    (await accounts.login({ url, token: 't' })).notes.join()
  assert.match(await notes('http://myorg.test'), /not encrypted/)
  for (const url of [
    'https://myorg.test',
    'http://localhost:1',
    'http://127.0.0.1',
    'http://[::1]',
  ]) {
    assert.equal(await notes(url), '')
  }
})

test('a login that was sent on to https is saved and found as https, and never sent by http', async (t) => {
  const home = new Home(t)
  const doors: Partial<ServerDoors> = {
    artifactory: async (check) => ({
      ...(await openDoors.artifactory(check)),
      origin: 'https://myorg.test',
    }),
  }
  const { url, notes } = await accountsIn(home, doors).login({
    url: 'http://myorg.test',
    token: 't',
  })
  assert.deepEqual([url, notes], ['https://myorg.test/artifactory', []])
  const found = await credentialsFor(new URL('http://myorg.test/artifactory'), home.environment)
  assert.equal(found.url.href, 'https://myorg.test/artifactory')
  const elsewhere = credentialsFor(new URL('http://myorg.test:8081/'), home.environment)
  await assert.rejects(elsewhere, { code: 'NOT_FOUND' })
})

test('a saved login is checked again with what it has, and keeps what only it knew', async (t) => {
  const home = new Home(t)
  const url = 'https://myorg.test'
  const hour = async (): Promise<Awaited<ReturnType<ServerDoors['artifactory']>>> => ({
    origin: url,
    token: 'granted',
    user: 'anna',
    expiresInSeconds: 3600,
    expiresAt: undefined,
    version: undefined,
  })
  const first = await accountsIn(home, { artifactory: hour }).login({
    url,
    username: 'anna',
    password: 'p',
  })
  assert.equal(first.expiresAt, '2026-11-21T05:44:50.000Z')
  const again = await accountsIn(home).login()
  assert.deepEqual([again.user, again.expiresAt], ['anna', first.expiresAt])
  await accountsIn(home).login({ ...keys, name: 's3' })
  assert.equal((await accountsIn(home).login({ name: 's3' })).method, 'keys')
})
