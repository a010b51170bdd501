/** The file of logins: whole, for one user, and nothing lost, whoever writes at the same time. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

import { WriterLock } from '../../../src/catalog/writer-lock.ts'
import { NodeFileSystem } from '../../../src/objects/node-file-system.ts'
import { configFolder } from '../../../src/store/login/config-folder.ts'
import { SavedServers } from '../../../src/store/login/saved-servers.ts'
import type { SavedServer } from '../../../src/store/login/server.ts'
import {
  decodeServers,
  encodeServers,
  type ServerList,
} from '../../../src/store/login/servers-codec.ts'
import { AccountServer } from '../../support/account-server.ts'
import { Home } from '../../support/home.ts'

const server = (name: string): SavedServer => ({
  kind: 'store',
  name,
  url: `http://${name}/`,
  user: undefined,
  token: `token-of-${name}`,
  expiresAt: undefined,
})

const savedIn = (home: Home): SavedServers =>
  new SavedServers(new NodeFileSystem(), home.environment)

const withOne =
  (name: string) =>
  ({ servers }: ServerList): ServerList => ({ default: name, servers: [...servers, server(name)] })

test('twenty logins at once are all saved', async (t) => {
  const home = new Home(t)
  const names = Array.from({ length: 20 }, (_, index) => `s${index}`)
  await Promise.all(names.map((name) => savedIn(home).change(withOne(name))))
  const { servers } = savedIn(home).read()
  assert.deepEqual(servers.map(({ name }) => name).sort(), names.toSorted())
})

test('a login waits for another that is being saved, and adds to what that one left', async (t) => {
  const home = new Home(t)
  await savedIn(home).change(withOne('a'))
  const { clock, ids } = home.environment
  const lock = new WriterLock(join(dirname(home.path), 'servers.lock'), { clock, ids, owner: 'b' })
  const held = await lock.acquire({ timeoutMs: 10_000 })
  const later = savedIn(home).change(withOne('c'))
  writeFileSync(home.path, encodeServers(withOne('b')(savedIn(home).read())))
  held.release()
  assert.deepEqual(
    (await later).servers.map(({ name }) => name),
    ['a', 'b', 'c'],
  )
  assert.equal(savedIn(home).read().default, 'c')
})

test('two logins to servers at once are both saved', async (t) => {
  const [one, two] = [
    await AccountServer.start(t, { tokens: ['1'] }),
    await AccountServer.start(t, { tokens: ['2'] }),
  ]
  const home = new Home(t)
  await Promise.all([
    home.accounts.login({ url: one.url, token: '1' }),
    home.with({}).login({ url: two.url, token: '2' }),
  ])
  assert.equal((await home.accounts.whoami()).servers.length, 2)
})

test('the file is readable by its owner alone, whatever it was replaced with', async (t) => {
  const home = new Home(t)
  await savedIn(home).change(withOne('a'))
  await savedIn(home).change(withOne('b'))
  assert.equal(statSync(home.path).mode & 0o777, 0o600)
  assert.equal(statSync(dirname(home.path)).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(dirname(home.path)).sort(), ['servers.json', 'servers.lock'])
})

test('a file that others can read is refused, by reading and by writing, and stays', async (t) => {
  const home = new Home(t)
  await savedIn(home).change(withOne('a'))
  for (const mode of [0o640, 0o604, 0o620, 0o644]) {
    chmodSync(home.path, mode)
    const before = home.saved
    assert.throws(() => savedIn(home).read(), { code: 'REFUSED' })
    await assert.rejects(savedIn(home).change(withOne('b')), { code: 'REFUSED' })
    assert.equal(home.saved, before)
  }
  assert.equal(new SavedServers(new NodeFileSystem(), home.environment, 'win32').path, home.path)
})

test('a damaged file is an error that names it and not what is in it, and stays', async (t) => {
  const home = new Home(t)
  const damaged = [
    '',
    '{"servers": [{"token": "hidden"',
    '{"servers": hidden}',
    '[]',
    '{"formatVersion": 1}',
    '{"formatVersion": 1, "servers": [{"name": "x", "kind": "ftp", "token": "hidden"}]}',
    '{"formatVersion": 1, "servers": [{"name": "x", "kind": "store", "url": "hidden"}]}',
    '{"formatVersion": 1, "servers": [{"name": "x", "kind": "s3", "accessKeyId": "hidden"}]}',
  ]
  for (const text of damaged) {
    const path = home.write('.config/mlstore/servers.json', text)
    chmodSync(path, 0o600)
    const reading = (): unknown => savedIn(home).read()
    assert.throws(reading, (error: Error & { code?: string }) => {
      assert.equal(error.code, 'CORRUPT', text)
      assert.ok(error.message.includes(path))
      assert.ok(!JSON.stringify([error.message, error.cause]).includes('hidden'), error.message)
      return true
    })
    await assert.rejects(savedIn(home).change(withOne('b')), { code: 'CORRUPT' })
    assert.equal(readFileSync(path, 'utf8'), text)
  }
})

test('a file of a newer mlstore is left alone', async (t) => {
  const home = new Home(t)
  const path = home.write('.config/mlstore/servers.json', { formatVersion: 2, servers: [] })
  chmodSync(path, 0o600)
  await assert.rejects(savedIn(home).change(withOne('b')), { code: 'FORMAT_UNSUPPORTED' })
})

test('a link to the file is followed and kept', async (t) => {
  const home = new Home(t)
  const kept = home.write('dotfiles/servers.json', { formatVersion: 1, servers: [] })
  chmodSync(kept, 0o600)
  mkdirSync(dirname(home.path), { recursive: true })
  symlinkSync(kept, home.path)
  await savedIn(home).change(withOne('a'))
  assert.match(readFileSync(kept, 'utf8'), /token-of-a/)
  assert.equal(savedIn(home).read().servers.length, 1)
})

test('what a dead process left unfinished is swept by the next login', async (t) => {
  const home = new Home(t)
  await savedIn(home).change(withOne('a'))
  const left = join(dirname(home.path), `box-999999999-1-${'0'.repeat(32)}`)
  writeFileSync(left, 'half')
  await savedIn(home).change(withOne('b'))
  assert.ok(!readdirSync(dirname(home.path)).includes(left.split('/').at(-1) ?? ''))
})

test('without a home there are no logins, and no place for one', async (t) => {
  const home = new Home(t, { HOME: '' })
  assert.deepEqual(savedIn(home).read().servers, [])
  await assert.rejects(savedIn(home).change(withOne('a')), { code: 'INVALID_ARGUMENT' })
})

test('the folder is MLSTORE_CONFIG_DIR, else of the XDG specification, else in the home', () => {
  const folder = (env: Record<string, string>, platform: NodeJS.Platform = 'linux') =>
    configFolder({ env, cwd: '/work' }, platform)
  const [HOME, XDG_CONFIG_HOME] = ['/home/anna', '/etc/anna']
  assert.equal(folder({ HOME }), '/home/anna/.config/mlstore')
  assert.equal(folder({ HOME, XDG_CONFIG_HOME }), '/etc/anna/mlstore')
  assert.equal(folder({ HOME, XDG_CONFIG_HOME: 'relative' }), '/home/anna/.config/mlstore')
  assert.equal(folder({ HOME, XDG_CONFIG_HOME, MLSTORE_CONFIG_DIR: '/own' }), '/own')
  assert.equal(folder({ MLSTORE_CONFIG_DIR: 'own' }), '/work/own')
  assert.equal(folder({ HOME, APPDATA: '/roaming' }, 'win32'), '/roaming/mlstore')
  assert.equal(folder({ HOME, APPDATA: '/roaming' }), '/home/anna/.config/mlstore')
  assert.equal(folder({}), undefined)
})

test('what is written is read back, for any servers', () => {
  const text = fc.string({ minLength: 1 })
  const url = fc.webUrl()
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const time = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
  const plain = { noNullPrototype: true }
  const tokenServer = {
    kind: fc.constantFrom('artifactory' as const, 'store' as const),
    name: text,
    url,
    user: maybe(text),
    token: maybe(text),
    expiresAt: maybe(time.map((date) => date.toISOString())),
  }
  const keys = { accessKeyId: text, secretAccessKey: text, sessionToken: maybe(text) }
  const access = fc.oneof(fc.record(keys, plain), fc.record({ profile: text }, plain))
  const keyServer = { kind: fc.constant('s3' as const), name: text, url: maybe(url), access }
  const servers = fc.array(fc.oneof(fc.record(tokenServer, plain), fc.record(keyServer, plain)))
  const lists = fc.record({ default: maybe(text), servers }, plain)
  fc.assert(
    fc.property(lists, (list) => {
      assert.deepEqual(decodeServers(encodeServers(list), 'servers.json'), list)
    }),
  )
})
