/** Logging in by answering questions, typed on a terminal, against a server that checks. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { completeLogin } from '../../../src/cli/login-questions.ts'
import type { LoginRequest, LoginResult } from '../../../src/store/login/requests.ts'
import { AccountServer } from '../../support/account-server.ts'
import { Home } from '../../support/home.ts'
import { controlC, enter, type Line, ScriptedTerminal } from '../../support/scripted-terminal.ts'

const password = 'correct horse battery staple'

type Dialogue = {
  readonly lines: readonly Line[]
  readonly request?: LoginRequest
  readonly interactive?: boolean
}

/** Asks, logs in, and gives back what was on the screen. */
async function logIn(
  home: Home,
  { lines, request = {}, interactive = true }: Dialogue,
): Promise<{ readonly result: LoginResult; readonly screen: string }> {
  const terminal = new ScriptedTerminal(...lines)
  const asking = { accounts: home.accounts, questions: terminal.questions }
  const complete = await completeLogin(asking, request, interactive)
  terminal.assertAllAsked()
  return { result: await home.accounts.login(complete), screen: terminal.screen }
}

const newServer = ['2.Connecting to a new server', `2${enter}`] as const
const ways = '2: Anonymous Access'

test('the interactive flow shows both options of the document', async (t) => {
  const server = await AccountServer.start(t, { anonymous: true })
  const lines = [
    newServer,
    ['Enter artifactory base url:', `${server.url}${enter}`],
    [ways, `2${enter}`],
  ] as const
  const { screen } = await logIn(new Home(t), { lines })
  for (const text of [
    'Please select from the following options:',
    '1.Login by jfrog-cli configuration file: ~/.jfrog/jfrog-cli.conf.v6',
    '2.Connecting to a new server',
    'Enter artifactory base url:',
    'Choose your preferred authentication option:',
    '0: Username and Password',
    '1: Access Token',
    '2: Anonymous Access',
  ]) {
    assert.ok(screen.includes(text), text)
  }
})

test('the first option sends what the JFrog CLI has to the server', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['cli'] })
  const home = new Home(t)
  home.write('.jfrog/jfrog-cli.conf.v6', { servers: [{ url: server.url, accessToken: 'cli' }] })
  const { result } = await logIn(home, { lines: [['1.Login by jfrog-cli', `1${enter}`]] })
  assert.equal(result.kind, 'artifactory')
  assert.equal(server.asked.at(-1)?.authorization, 'Bearer cli')
})

test('the first option asks for the password that the JFrog CLI did not keep', async (t) => {
  const server = await AccountServer.start(t, { users: { anna: password } })
  const home = new Home(t)
  home.write('.jfrog/jfrog-cli.conf.v6', { servers: [{ url: server.url, user: 'anna' }] })
  const { result } = await logIn(home, {
    lines: [
      ['1.Login by jfrog-cli', `1${enter}`],
      ['Password of anna:', password + enter],
    ],
  })
  assert.equal(result.user, 'anna')
})

test('the second option takes a user name and a password, which is never shown', async (t) => {
  const server = await AccountServer.start(t, { users: { anna: password } })
  const { result, screen } = await logIn(new Home(t), {
    lines: [
      newServer,
      ['Enter artifactory base url:', server.url + enter],
      [ways, `0${enter}`],
      ['Username:', `anna${enter}`],
      ['Password:', password + enter],
    ],
  })
  assert.deepEqual([result.user, result.method], ['anna', 'token'])
  assert.ok(!screen.includes('correct'))
})

test('the second option takes an access token, which is never shown', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['right-token'] })
  const { result, screen } = await logIn(new Home(t), {
    lines: [
      newServer,
      ['Enter artifactory base url:', server.url + enter],
      [ways, `1${enter}`],
      ['Access token:', `right-token${enter}`],
    ],
  })
  assert.equal(result.method, 'token')
  assert.ok(!screen.includes('right'))
})

test('the second option takes anonymous access', async (t) => {
  const server = await AccountServer.start(t, { anonymous: true })
  const { result } = await logIn(new Home(t), {
    lines: [newServer, ['Enter artifactory base url:', server.url + enter], [ways, `2${enter}`]],
  })
  assert.equal(result.method, 'anonymous')
})

test('questions are asked when no configuration is found', async (t) => {
  const server = await AccountServer.start(t, { anonymous: true })
  const { result } = await logIn(new Home(t), {
    lines: [newServer, ['Enter artifactory base url:', server.url + enter], [ways, `2${enter}`]],
    interactive: false,
  })
  assert.equal(result.method, 'anonymous')
})

test('nothing is asked when a configuration is found', async (t) => {
  const server = await AccountServer.start(t, { tokens: ['frog'] })
  const home = new Home(t)
  const servers = [{ artifactory_url: server.url, access_token: 'frog' }]
  home.write('.frogml/config.json', { servers })
  const { screen } = await logIn(home, { lines: [], interactive: false })
  assert.equal(screen, '')
})

test('only the half that is missing is asked for', async (t) => {
  const server = await AccountServer.start(t, { users: { anna: password } })
  const request = { url: server.url, username: 'anna' }
  const lines = [['Password:', password + enter]] as const
  const { result } = await logIn(new Home(t), { lines, request, interactive: false })
  assert.equal(result.user, 'anna')
})

test('a URL alone is asked how to log in to it', async (t) => {
  const server = await AccountServer.start(t, { anonymous: true })
  const request = { url: server.url }
  const lines = [[ways, `2${enter}`]] as const
  const { result } = await logIn(new Home(t), { lines, request, interactive: false })
  assert.equal(result.method, 'anonymous')
})

test('what cannot be an answer is asked for again', async (t) => {
  const server = await AccountServer.start(t, { anonymous: true })
  const { result } = await logIn(new Home(t), {
    lines: [
      ['2.Connecting to a new server', `7${enter}`],
      ['Answer with 1, 2, 3.', `\u007f2${enter}`],
      ['Enter artifactory base url:', `myorg${enter}`],
      ['Write it as', '\u007f'.repeat(5) + server.url + enter],
      [ways, `2${enter}`],
    ],
  })
  assert.equal(result.method, 'anonymous')
})

test('the third option takes the keys of an S3 endpoint, and the secret key is never shown', async (t) => {
  const home = new Home(t)
  const terminal = new ScriptedTerminal(
    ['3.Connecting to an S3 endpoint', `3${enter}`],
    ['Enter the endpoint URL', `http://s3.test:9000${enter}`],
    ['0: Access key and secret key', `0${enter}`],
    ['Access key:', `AKIA${enter}`],
    ['Secret key:', `hidden${enter}`],
  )
  const asking = { accounts: home.accounts, questions: terminal.questions }
  assert.deepEqual(await completeLogin(asking, {}, true), {
    url: 'http://s3.test:9000',
    accessKeyId: 'AKIA',
    secretAccessKey: 'hidden',
  })
  assert.ok(!terminal.screen.includes('hidden'))
})

test('Ctrl-C at a question ends the login and saves nothing', async (t) => {
  const home = new Home(t)
  const lines = [newServer, ['Enter artifactory base url:', controlC]] as const
  await assert.rejects(logIn(home, { lines }), { code: 'INTERRUPTED' })
  assert.equal(home.saved, '')
})

test('where nobody can be asked, the interactive flow is refused', async (t) => {
  const { accounts } = new Home(t)
  const asked = completeLogin({ accounts, questions: undefined }, {}, true)
  await assert.rejects(asked, { code: 'INVALID_ARGUMENT' })
  const request = { url: 'http://h', username: 'anna' }
  assert.equal(await completeLogin({ accounts, questions: undefined }, request, false), request)
})
