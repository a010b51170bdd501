/** Which credentials a server gets: code, then environment, then the saved login. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { credentialsFor, type GivenCredentials } from '../../../src/store/login/credentials.ts'
import { AccountServer } from '../../support/account-server.ts'
import { Home } from '../../support/home.ts'

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** A home with a saved login, and the server of it. */
async function loggedIn(t: Parameters<typeof AccountServer.start>[0]): Promise<{
  readonly home: Home
  readonly url: URL
}> {
  const server = await AccountServer.start(t, { tokens: ['saved'], anonymous: true })
  const home = new Home(t)
  await home.accounts.login({ url: server.url, token: 'saved' })
  return { home, url: new URL(server.url) }
}

const environmentPair = (url: URL, token = 'environment'): Record<string, string> => ({
  JF_URL: url.href,
  JF_ACCESS_TOKEN: token,
})

test('credentials are taken from the code, then from the environment, then from the login', async (t) => {
  const { home, url } = await loggedIn(t)
  const environment = home.environmentWith(environmentPair(url))
  const given = { token: 'code' }
  const inCode = await credentialsFor(url, environment, given)
  assert.deepEqual([inCode.authorization, inCode.from], ['Bearer code', 'the code'])
  const inEnvironment = await credentialsFor(url, environment)
  assert.equal(inEnvironment.authorization, 'Bearer environment')
  assert.equal(inEnvironment.from, 'JF_ACCESS_TOKEN')
  const saved = await credentialsFor(url, home.environment)
  assert.equal(saved.authorization, 'Bearer saved')
  assert.match(saved.from, /mlstore login/)
})

test('credentials given in code override the environment and the login', async (t) => {
  const { home, url } = await loggedIn(t)
  const environment = home.environmentWith(environmentPair(url))
  const cases: [GivenCredentials, string | undefined][] = [
    [{ username: 'anna', password: 'p:w' }, basic('anna', 'p:w')],
    [{ token: 'code' }, 'Bearer code'],
    [{ anonymous: true }, undefined],
  ]
  for (const [given, authorization] of cases) {
    assert.equal((await credentialsFor(url, environment, given)).authorization, authorization)
  }
})

test('a user name and a password in code are sent as they are', async (t) => {
  const home = new Home(t)
  const given = { username: 'anna', password: 'grün' }
  const found = await credentialsFor(new URL('http://h'), home.environment, given)
  assert.equal(found.authorization, basic('anna', 'grün'))
})

test('an access token in code is sent as a bearer', async (t) => {
  const home = new Home(t)
  const found = await credentialsFor(new URL('http://h'), home.environment, { token: 't' })
  assert.equal(found.authorization, 'Bearer t')
})

test('a URL alone in code uses the anonymous login saved for it', async (t) => {
  const server = await AccountServer.start(t, { anonymous: true })
  const home = new Home(t)
  const url = new URL(server.url)
  await assert.rejects(credentialsFor(url, home.environment), { code: 'NOT_FOUND' })
  await home.accounts.login({ url: server.url, anonymous: true })
  const found = await credentialsFor(url, home.environment)
  assert.equal(found.authorization, undefined)
  assert.match(found.from, /mlstore login/)
})

test('JF_URL and JF_ACCESS_TOKEN are used without saying anything in code', async (t) => {
  const home = new Home(t)
  const environment = home.environmentWith(environmentPair(new URL('http://myorg.jfrog.io')))
  const found = await credentialsFor(undefined, environment)
  assert.equal(found.url.origin, 'http://myorg.jfrog.io')
  assert.equal(found.authorization, 'Bearer environment')
})

test('MLSTORE_URL and MLSTORE_TOKEN come before those of JFrog', async (t) => {
  const home = new Home(t)
  const environment = home.environmentWith({
    MLSTORE_URL: 'http://lab',
    MLSTORE_TOKEN: 'own',
    ...environmentPair(new URL('http://myorg.jfrog.io')),
  })
  assert.equal((await credentialsFor(undefined, environment)).authorization, 'Bearer own')
})

test('a token goes to the server it is for, and to no other', async (t) => {
  const { home, url } = await loggedIn(t)
  const environment = home.environmentWith(environmentPair(new URL('http://elsewhere')))
  assert.equal((await credentialsFor(url, environment)).authorization, 'Bearer saved')
  const strangers = ['http://example.org', `https://${url.host}`, `http://${url.hostname}:1`]
  for (const stranger of strangers) {
    await assert.rejects(credentialsFor(new URL(stranger), environment), { code: 'NOT_FOUND' })
  }
})

test('half of a pair is an error that names the missing half', async (t) => {
  const { home, url } = await loggedIn(t)
  const names = async (env: Record<string, string>, missing: RegExp): Promise<void> => {
    await assert.rejects(
      credentialsFor(url, home.environmentWith(env)),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'INVALID_ARGUMENT')
        assert.match(error.message, missing)
        assert.doesNotMatch(error.message, /hidden/)
        return true
      },
    )
  }
  await names({ JF_URL: url.href }, /^JF_ACCESS_TOKEN is missing/)
  await names({ JF_ACCESS_TOKEN: 'hidden' }, /^JF_URL is missing/)
  await names({ MLSTORE_URL: url.href }, /^MLSTORE_TOKEN is missing/)
  await names({ MLSTORE_TOKEN: 'hidden' }, /^MLSTORE_URL is missing/)
  await names({ MLSTORE_URL: 'hidden', MLSTORE_TOKEN: 'hidden' }, /^MLSTORE_URL: /)
  const half = { code: 'INVALID_ARGUMENT' }
  await assert.rejects(credentialsFor(url, home.environment, { username: 'anna' }), half)
  await assert.rejects(credentialsFor(url, home.environment, { password: 'p' }), half)
  await assert.rejects(credentialsFor(undefined, home.environment, { token: 't' }), half)
})

test('no credentials anywhere is an error that lists where was looked', async (t) => {
  const home = new Home(t)
  const wanted = ['the code', 'MLSTORE_URL', 'JF_URL', home.path]
  await assert.rejects(
    credentialsFor(undefined, home.environment),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, 'NOT_FOUND')
      for (const place of wanted) assert.ok(error.message.includes(place), place)
      return true
    },
  )
})

test('the default server is used where none is named, unless it is an S3 endpoint', async (t) => {
  const one = await AccountServer.start(t, { tokens: ['1'] })
  const two = await AccountServer.start(t, { tokens: ['2'] })
  const home = new Home(t)
  await home.accounts.login({ url: one.url, token: '1', name: 'one' })
  await home.accounts.login({ url: two.url, token: '2', name: 'two', keepDefault: true })
  assert.equal((await credentialsFor(undefined, home.environment)).authorization, 'Bearer 1')
  await home.accounts.logout({ name: 'one' })
  assert.equal((await credentialsFor(undefined, home.environment)).authorization, 'Bearer 2')
})

test('credentials show no secret when they are printed', async (t) => {
  const home = new Home(t)
  const given = { username: 'anna', password: 'hidden' }
  const found = await credentialsFor(new URL('http://h'), home.environment, given)
  const secret = found.authorization ?? ''
  for (const text of [JSON.stringify(found), inspect(found, { depth: 9, showHidden: true })]) {
    assert.ok(!text.includes('hidden') && !text.includes(secret), text)
  }
})
