/** The commands of logins: what they print, where secrets may come from, and a real terminal. */

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

import type { LoginResult, WhoamiResult } from '../../src/store/login/requests.ts'
import { AccountServer } from '../support/account-server.ts'
import { neutralEnvironment, outcomeOf } from '../support/command.ts'
import { Home } from '../support/home.ts'
import type { Line } from '../support/scripted-terminal.ts'
import { cli } from './fake-shell.ts'

const loggedIn: LoginResult = {
  name: 'myorg',
  kind: 'artifactory',
  url: 'https://myorg.jfrog.io/artifactory',
  user: 'anna',
  method: 'token',
  version: '7.90.10',
  expiresAt: '2026-12-21T04:44:50.000Z',
  default: true,
  path: '/home/anna/.config/mlstore/servers.json',
  from: null,
  notes: ['Something to know.'],
}

test('login says that it succeeded, as whom and where it is saved, and notes on stderr', async () => {
  const { stdout, stderr } = await cli('login --profile p', { answers: { login: loggedIn } })
  assert.equal(
    stdout,
    `Login succeeded: https://myorg.jfrog.io/artifactory (artifactory 7.90.10) as anna, valid until 2026-12-21T04:44:50.000Z.
Saved as myorg (default) in /home/anna/.config/mlstore/servers.json
`,
  )
  assert.equal(stderr, 'Something to know.\n')
})

test('login says by what it was done', async () => {
  const said = async (result: Partial<LoginResult>): Promise<string> => {
    const login = { ...loggedIn, version: null, expiresAt: null, default: false, ...result }
    return (await cli('login --profile p', { answers: { login } })).stdout
  }
  assert.match(await said({ method: 'anonymous', user: null }), /as nobody\.\nSaved as myorg in/)
  assert.match(await said({ user: null }), /with a token\./)
  assert.match(
    await said({ kind: 's3', url: null, method: 'profile', user: 'p' }),
    /: AWS \(s3\) by the profile p\./,
  )
  assert.match(await said({ method: 'keys', user: '****1234' }), /with the key \*\*\*\*1234\./)
  assert.match(
    await said({ from: '/home/anna/.frogml/config.json' }),
    /^Used \/home\/anna\/\.frogml\/config\.json\.\n/,
  )
})

test('whoami and logout as text', async () => {
  const row = { name: 'myorg', kind: 'artifactory', user: 'anna', method: 'token' } as const
  const servers: WhoamiResult['servers'] = [
    {
      ...row,
      name: null,
      url: 'http://h',
      user: null,
      default: false,
      expiresAt: null,
      from: 'JF_ACCESS_TOKEN',
    },
    {
      ...row,
      url: 'http://g',
      default: true,
      expiresAt: '2026-12-21T04:44:50.000Z',
      from: 'f.json',
    },
  ]
  const { stdout } = await cli('whoami', { answers: { whoami: { servers } } })
  assert.deepEqual(stdout.split('\n'), [
    'NAME     KIND         USER  BY     UNTIL       URL       FROM',
    '-        artifactory  -     token  -           http://h  JF_ACCESS_TOKEN',
    'myorg *  artifactory  anna  token  2026-12-21  http://g  f.json',
    '',
  ])
  assert.equal((await cli('whoami')).stdout, 'Not logged in anywhere.\n')
  const gone = { servers: [{ name: 's3', url: null }], default: 'myorg' }
  assert.equal(
    (await cli('logout s3', { answers: { logout: gone } })).stdout,
    'Forgot s3: AWS\nDefault: myorg\n',
  )
})

test('a secret on the command line is taken, and said to be visible', async () => {
  const secrets = ['--password', '--token', '--secret-key', '--session-token']
  for (const option of secrets) {
    const { exitCode, stderr } = await cli(`login --url http://h ${option} hidden`)
    assert.equal(exitCode, 0)
    assert.ok(stderr.startsWith(`${option} is visible in the list of processes`), stderr)
    assert.ok(!stderr.includes('hidden'))
  }
  assert.equal((await cli('login --profile p')).stderr, '')
})

test('a password comes by stdin without its line break, whatever else is in it', async () => {
  const requestFor = async (line: string, stdin: string): Promise<unknown> => {
    const { calls } = await cli(line, { stdin })
    return calls[0]?.[1]
  }
  const line = 'login --url http://h -u anna --password-stdin'
  for (const ending of ['', '\n', '\r\n', '\nmore\n']) {
    const request = await requestFor(line, ` a=b "ü" ${ending}`)
    assert.equal(Reflect.get(Object(request), 'password'), ' a=b "ü" ')
  }
  const keys = await requestFor('login --access-key k --secret-key-stdin', 'secret\nsession\n')
  assert.equal(Reflect.get(Object(keys), 'secretAccessKey'), 'secret')
  assert.equal(Reflect.get(Object(keys), 'sessionToken'), 'session')
})

test('secrets that are missing, twice or two at once are refused', async () => {
  const wrong: readonly (readonly [line: string, stdin: string])[] = [
    ['login --url http://h -u anna --password-stdin', ''],
    ['login --url http://h --token-stdin', '\nlate\n'],
    ['login --url http://h -u anna --password-stdin --token-stdin', 'x'],
    ['login --url http://h -u anna --password p --password-stdin', 'x'],
    ['login --interactive', ''],
    ['login --kind ftp', ''],
  ]
  for (const [line, stdin] of wrong) {
    const { exitCode, calls } = await cli(line, { stdin })
    assert.equal(exitCode, 2, line)
    assert.deepEqual(calls, [])
  }
})

test('on a terminal a secret for stdin is asked for instead, so that it is not shown', async () => {
  const asked: string[] = []
  const questions = {
    choose: async () => 0,
    text: async () => '',
    secret: async (message: string) => {
      asked.push(message)
      return 'typed'
    },
  }
  const { calls } = await cli('login --url http://h -u anna --password-stdin', { questions })
  assert.deepEqual(asked, ['Password:'])
  assert.equal(Reflect.get(Object(calls[0]?.[1]), 'password'), 'typed')
})

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const program = [process.execPath, '--import', import.meta.resolve('tsx'), main]
const python = spawnSync('python3', ['--version']).status === 0
const needsPython = { skip: python ? false : 'needs python3 for a pseudo terminal' }

type Session = { readonly code: number | null; readonly screen: string }

/** Runs `mlstore login` on a terminal. */
async function onTerminal(
  home: Home,
  words: readonly string[],
  lines: readonly Line[],
): Promise<Session> {
  const terminal = fileURLToPath(new URL('../support/pseudo-terminal.py', import.meta.url))
  const child = spawn('python3', [terminal, JSON.stringify(lines), ...program, ...words], {
    cwd: home.folder,
    env: {
      ...neutralEnvironment(),
      ...home.environment.env,
      MLSTORE_CONFIG_DIR: '',
      XDG_CONFIG_HOME: '',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { code, stdout } = await outcomeOf(child)
  return { code, screen: stripVTControlCharacters(stdout) }
}

/** A home, and an Artifactory that knows one user. */
async function world(
  t: TestContext,
): Promise<{ readonly home: Home; readonly server: AccountServer }> {
  const server = await AccountServer.start(t, { users: { anna: 'quite secret' } })
  return { home: new Home(t), server }
}

test('the whole dialogue on a real terminal, the password never shown', needsPython, async (t) => {
  const { home, server } = await world(t)
  const { code, screen } = await onTerminal(
    home,
    ['login', '--interactive'],
    [
      ['2.Connecting to a new server', '2\r'],
      ['Enter artifactory base url:', `${server.url}\r`],
      ['2: Anonymous Access', '0\r'],
      ['Username:', 'anna\r'],
      ['Password:', 'quite secret\r'],
    ],
  )
  assert.equal(code, 0, screen)
  assert.match(screen, /Login succeeded: .* as anna/)
  assert.ok(!screen.includes('quite'), screen)
  assert.ok(home.saved.includes(server.granted[0] ?? 'no token was granted'))
})

test('without options and configurations a terminal is asked', needsPython, async (t) => {
  const { home, server } = await world(t)
  const { code, screen } = await onTerminal(
    home,
    ['login'],
    [
      ['2.Connecting to a new server', '2\r'],
      ['Enter artifactory base url:', `${server.url}\r`],
      ['2: Anonymous Access', '0\r'],
      ['Username:', 'anna\r'],
      ['Password:', 'wrong\r'],
    ],
  )
  assert.equal(code, 6, screen)
  assert.match(screen, /The login failed, and nothing was saved/)
  assert.equal(home.saved, '')
})

test('Ctrl-C on a terminal ends with 130 and gives the terminal back', needsPython, async (t) => {
  const { home } = await world(t)
  const { code, screen } = await onTerminal(home, ['login', '-i'], [['2.Connecting', '\u0003']])
  assert.equal(code, 130, screen)
  assert.equal(home.saved, '')
})

test('without a terminal and without options the exit code is 2', async (t) => {
  const home = new Home(t)
  const [node = '', ...rest] = program
  const child = spawn(node, [...rest, 'login'], {
    cwd: home.folder,
    env: {
      ...neutralEnvironment(),
      ...home.environment.env,
      MLSTORE_CONFIG_DIR: '',
      XDG_CONFIG_HOME: '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { code, stdout, stderr } = await outcomeOf(child)
  assert.equal(code, 2)
  assert.equal(stdout, '')
  assert.match(stderr, /--password-stdin/)
})
