/** Logging in by a command with options, as the FrogML document says it, and by configurations. */

import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'

import { credentialsFor } from '../../../src/store/login/credentials.ts'
import { AccountServer } from '../../support/account-server.ts'
import { Home } from '../../support/home.ts'

const password = 'correct horse battery staple'

test('a user name and a password are exchanged for a token, and only the token is saved', async (t) => {
  const server = await AccountServer.start(t, { users: { anna: password } })
  const home = new Home(t)
  const result = await home.accounts.login({ url: server.url, username: 'anna', password })
  const { kind, user, method, version, default: isDefault } = result
  assert.deepEqual(
    { kind, user, method, version, isDefault },
    { kind: 'artifactory', user: 'anna', method: 'token', version: '7.90.10', isDefault: true },
  )
  const [token = ''] = server.granted
  assert.ok(home.saved.includes(token))
  assert.ok(!home.saved.includes(password))
  assert.ok(!JSON.stringify(result).includes(token))
  assert.deepEqual(server.lines, [
    'POST /artifactory/api/system/ping',
    'POST /access/api/v1/tokens',
    'GET /artifactory/api/system/ping',
    'GET /artifactory/api/system/version',
  ])
  assert.equal(server.asked[0]?.authorization, undefined)
  assert.equal(server.asked[2]?.authorization, `Bearer ${token}`)
})

test('a login by access token is checked and saved', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['right'] })
  const home = new Home(t)
  const result = await home.accounts.login({ url: `${server.url}/artifactory/`, token: 'right' })
  assert.equal(result.kind, 'artifactory')
  assert.equal(result.url, `${server.url}/artifactory`)
  assert.equal(JSON.parse(home.saved).servers[0].token, 'right')
})

test('an anonymous login is saved without a secret', async (t) => {
  const server = await AccountServer.start(t, { anonymous: true })
  const home = new Home(t)
  const result = await home.accounts.login({ url: server.url, anonymous: true })
  assert.equal(result.method, 'anonymous')
  assert.deepEqual(Object.keys(JSON.parse(home.saved).servers[0]), ['name', 'kind', 'url'])
  assert.ok(server.asked.every(({ authorization }) => authorization === undefined))
})

test('a login that succeeded is used from then on without saying anything', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['right'] })
  const home = new Home(t)
  await home.accounts.login({ url: server.url, token: 'right' })
  const found = await credentialsFor(undefined, home.environment)
  assert.equal(found.authorization, 'Bearer right')
  assert.equal(found.url.origin, server.url)
})

test('a login that fails says so and saves nothing', async (t) => {
  const server = await AccountServer.start(t, { users: { anna: password }, tokens: ['right'] })
  const { url } = server
  const home = new Home(t)
  const attempts = [
    { url, username: 'anna', password: 'wrong-password' },
    { url, token: 'wrong-token' },
    { url, anonymous: true },
    { url, token: 'wrong-token', kind: 'artifactory' as const },
  ]
  for (const attempt of attempts) {
    await assert.rejects(home.accounts.login(attempt), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'REMOTE_REFUSED')
      assert.doesNotMatch(JSON.stringify([error.message, error.cause]), /wrong-|Basic/)
      return true
    })
  }
  assert.equal(home.saved, '')
})

test('a failed login leaves the login that is saved', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['right'] })
  const home = new Home(t)
  await home.accounts.login({ url: server.url, token: 'right' })
  const before = home.saved
  const again = home.accounts.login({ url: server.url, token: 'wrong' })
  await assert.rejects(again, { code: 'REMOTE_REFUSED' })
  assert.equal(home.saved, before)
})

test('a server that is down, broken or something else is told apart from a refusal', async (t) => {
  const home = new Home(t)
  const cases = [
    [await AccountServer.start(t, { status: 503 }), 'REMOTE_UNAVAILABLE'],
    [await AccountServer.start(t, { status: 404 }), 'REMOTE_REFUSED'],
    [await AccountServer.start(t, { status: 403 }), 'REMOTE_REFUSED'],
  ] as const
  for (const [{ url }, code] of cases) {
    await assert.rejects(home.accounts.login({ url, username: 'anna', password }), { code })
  }
  const closed = home.accounts.login({ url: 'http://127.0.0.1:9', username: 'anna', password })
  await assert.rejects(closed, { code: 'REMOTE_UNAVAILABLE' })
  const page = await AccountServer.start(t, { kind: 'web page' })
  const wrong = home.accounts.login({ url: page.url, username: 'anna', password })
  await assert.rejects(wrong, { code: 'REMOTE_REFUSED' })
  assert.equal(home.saved, '')
})

test('an Artifactory older than 7.84 is named as too old for models', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['right'], version: '7.77.3' })
  const newer = await AccountServer.start(t, { tokens: ['right'], version: '7.84.10' })
  const home = new Home(t)
  const { notes } = await home.accounts.login({ url: server.url, token: 'right' })
  assert.match(notes.join(), /7\.84/)
  assert.deepEqual((await home.accounts.login({ url: newer.url, token: 'right' })).notes, [])
})

test('a server of mlstore is recognised by its version, and asked again as what it is', async (t) => {
  const server = await AccountServer.start(t, { kind: 'store', tokens: ['right'] })
  const home = new Home(t)
  const { kind, version } = await home.accounts.login({ url: server.url, token: 'right' })
  assert.deepEqual({ kind, version }, { kind: 'store', version: '0.1.0' })
  const wrong = home.accounts.login({ url: server.url, token: 'wrong', kind: 'store' })
  await assert.rejects(wrong, { code: 'REMOTE_REFUSED' })
  const artifactory = await AccountServer.start(t, { tokens: ['right'] })
  const other = home.accounts.login({ url: artifactory.url, token: 'right', kind: 'store' })
  await assert.rejects(other, { code: 'REMOTE_REFUSED' })
})

test('a FrogML configuration that is there is used without any options', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['frog'] })
  const home = new Home(t)
  const artifactory_url = `${server.url}/artifactory`
  const servers = [{ artifactory_url, access_token: 'frog', server_id: 'pond' }]
  const path = home.write('.frogml/config.json', { servers })
  const result = await home.accounts.login()
  assert.deepEqual([result.name, result.from], ['pond', path])
  assert.equal(JSON.parse(home.saved).servers[0].token, 'frog')
})

test('the default server of a JFrog CLI configuration is used without any options', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['cli'], users: { anna: password } })
  const home = new Home(t)
  const others = { serverId: 'other', url: 'http://127.0.0.1:9/', accessToken: 'no' }
  const own = { serverId: 'own', url: `${server.url}/`, accessToken: 'cli', isDefault: true }
  home.write('.jfrog/jfrog-cli.conf.v6', { servers: [others, own], version: '6' })
  assert.equal((await home.accounts.login()).name, 'own')

  const withPassword = { ...own, accessToken: '', user: 'anna', password }
  home.write('.jfrog/jfrog-cli.conf.v6', { servers: [withPassword], version: '6' })
  const exchanged = await home.accounts.login({ existing: 'jfrog' })
  assert.equal(exchanged.user, 'anna')
  assert.equal(JSON.parse(home.saved).servers[0].token, server.granted[0])
})

test('a JFrog CLI configuration without a password asks for it', async (t) => {
  const server = await AccountServer.start(t, { users: { anna: password } })
  const home = new Home(t)
  home.write('.jfrog/jfrog-cli.conf.v6', { servers: [{ url: server.url, user: 'anna' }] })
  const existing = await home.accounts.existing()
  assert.deepEqual([existing?.source, existing?.lacksPassword], ['jfrog', true])
  await assert.rejects(home.accounts.login(), { code: 'INVALID_ARGUMENT' })
  const result = await home.accounts.login({ existing: 'jfrog', password })
  assert.equal(result.user, 'anna')
})

test('our own login comes before FrogML, FrogML before the JFrog CLI, and that before AWS', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['own', 'frog', 'cli'] })
  const home = new Home(t)
  const source = async (): Promise<string | undefined> => (await home.accounts.existing())?.source
  assert.equal(await source(), undefined)
  home.write('.aws/config', '[default]\nregion = eu-central-1\n')
  assert.equal(await source(), undefined, 'a region is no way to log in')
  home.write(
    '.aws/credentials',
    '[work]\naws_access_key_id = a\n[default]\naws_access_key_id = b\n',
  )
  assert.equal(await source(), 'aws')
  home.write('.jfrog/jfrog-cli.conf.v6', { servers: [{ url: server.url, accessToken: 'cli' }] })
  assert.equal(await source(), 'jfrog')
  home.write('.frogml/config.json', {
    servers: [{ artifactory_url: server.url, access_token: 'frog' }],
  })
  assert.equal(await source(), 'frogml')
  await home.accounts.login({ url: server.url, token: 'own' })
  assert.equal(await source(), 'saved')
  const again = await home.accounts.login()
  assert.equal(again.from, home.path)
  assert.equal(JSON.parse(home.saved).servers.length, 1)
})

test('files of other tools that are damaged or encrypted are named, without what is in them', async (t) => {
  const home = new Home(t)
  const refused = async (text: string): Promise<void> => {
    const path = home.write('.jfrog/jfrog-cli.conf.v6', text)
    await assert.rejects(home.accounts.login(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'INVALID_ARGUMENT')
      assert.ok(error.message.includes(path))
      assert.ok(!JSON.stringify([error.message, error.cause]).includes('hidden'))
      return true
    })
  }
  await refused('{"servers":[{"accessToken":hidden}]}')
  await refused('["hidden"]')
  await refused('{"servers":[{"accessToken":"hidden"}]}')
  await refused('{"servers":[{"url":"http://h","accessToken":"hidden"}],"enc":true}')
  await refused('{"servers":[{"url":"http://anna:hidden@h","accessToken":"hidden"}]}')
})

test('nothing to log in with is an error that says what to give', async (t) => {
  const home = new Home(t)
  await assert.rejects(home.accounts.login(), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(home.accounts.login({ existing: 'jfrog' }), { code: 'NOT_FOUND' })
  await assert.rejects(home.accounts.login({ url: 'http://h' }), { code: 'INVALID_ARGUMENT' })
})

test('half of a pair, two ways at once and empty secrets are refused before anything is asked', async (t) => {
  const { url, lines } = await AccountServer.start(t, { anonymous: true })
  const home = new Home(t)
  const wrong = [
    { url, username: 'anna' },
    { url, password },
    { url, accessKeyId: 'k' },
    { url, secretAccessKey: 's' },
    { url, sessionToken: 's' },
    { url, token: 't', anonymous: true },
    { url, token: 't', username: 'anna', password },
    { url, token: '' },
    { url, token: 'two\nlines' },
    { token: 't' },
    { anonymous: true },
    { url: 'myorg.jfrog.io', token: 't' },
    { url: 'ftp://h', token: 't' },
    { url: 'http://anna:secret@h', token: 't' },
    { url, token: 't', name: 'a/b' },
    { url, token: 't', kind: 's3' as const },
    { url, anonymous: true, kind: 's3' as const },
    { url, username: 'anna', password, kind: 'store' as const },
    { url, accessKeyId: 'k', secretAccessKey: 's', kind: 'artifactory' as const },
    { url, token: 't', bucket: 'b' },
  ]
  for (const request of wrong) {
    await assert.rejects(
      home.accounts.login(request),
      { code: 'INVALID_ARGUMENT' },
      JSON.stringify(request),
    )
  }
  assert.deepEqual(lines, [])
})

test('several servers are kept by name, the last login is the default, and the same server is kept once', async (t) => {
  const [one, two] = [
    await AccountServer.start(t, { tokens: ['1', '3'] }),
    await AccountServer.start(t, { tokens: ['2'] }),
  ]
  const home = new Home(t)
  await home.accounts.login({ url: one.url, token: '1', name: 'one' })
  await home.accounts.login({ url: two.url, token: '2', name: 'two' })
  await home.accounts.login({ url: one.url, token: '3', keepDefault: true })
  const { servers } = await home.accounts.whoami()
  assert.deepEqual(
    servers.map((server) => [server.name, server.default]),
    [
      ['two', true],
      ['one', false],
    ],
  )
  await home.accounts.login({ name: 'one' })
  assert.equal(JSON.parse(home.saved).default, 'one')
})

test('logins are saved for the user alone', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['right'] })
  const home = new Home(t)
  const { path } = await home.accounts.login({ url: server.url, token: 'right' })
  assert.equal(path, home.path)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(dirname(path)).mode & 0o777, 0o700)
})
