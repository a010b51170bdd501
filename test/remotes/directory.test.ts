/** A folder is a remote like any other, whatever else stands in it and however it fails. */

import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { link } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { isMlstoreError } from '../../src/errors.ts'
import type { Remote } from '../../src/ports/remote.ts'
import { directoryError } from '../../src/remotes/directory-errors.ts'
import { DirectoryRemote } from '../../src/remotes/directory.ts'
import { remoteContract } from '../contracts/remote.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

remoteContract('a directory remote', async () => {
  const cleanUps: (() => void)[] = []
  const folder = temporaryFolder({ after: (cleanUp) => void cleanUps.push(cleanUp as () => void) })
  const root = join(folder, 'not', 'yet', 'there')
  return {
    remote: new DirectoryRemote(root),
    again: new DirectoryRemote(root),
    close: async () => cleanUps.forEach((cleanUp) => cleanUp()),
  }
})

const bytes = Buffer.from('some bytes')

async function keysOf(remote: Remote, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const object of remote.list(prefix)) keys.push(object.key)
  return keys
}

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: acted`), { code })
}

test('a missing root reads as empty and is made by the first write only', async (context) => {
  const root = join(temporaryFolder(context), 'deep', 'root')
  const remote = new DirectoryRemote(root)
  assert.equal(await remote.get('a'), undefined)
  assert.equal(await remote.head('a'), undefined)
  assert.deepEqual(await keysOf(remote, ''), [])
  await remote.delete('a')
  assert.ok(!existsSync(root))
  await remote.put('a', bytes)
  assert.deepEqual(readFileSync(join(root, 'a')), bytes)
})

test('finished and failed writes leave no temp behind', async (context) => {
  const root = temporaryFolder(context)
  const remote = new DirectoryRemote(root)
  await remote.put('a/b', bytes)
  assert.equal(await remote.create('a/c', bytes), 'created')
  assert.equal(await remote.create('a/c', bytes), 'exists')
  mkdirSync(join(root, 'folder'))
  await assert.rejects(remote.put('folder', bytes), { code: 'REMOTE_REFUSED' })
  await assert.rejects(remote.put('a/b/below-a-file', bytes), { code: 'REMOTE_REFUSED' })
  assert.deepEqual(readdirSync(join(root, '.tmp')), [])
  assert.equal(statSync(join(root, 'a/c')).nlink, 1)
})

test('every folder above a new object is fsynced before its write is answered', async (context) => {
  const synced: string[] = []
  const base = temporaryFolder(context)
  const syncFolder = async (folder: string): Promise<void> => void synced.push(folder)
  const remote = new DirectoryRemote(join(base, 'x/root'), 'file:', { syncFolder })
  await remote.put('pack/ab/one', bytes)
  for (const folder of ['', 'x', 'x/root', 'x/root/pack', 'x/root/pack/ab']) {
    assert.ok(synced.includes(join(base, folder)), folder)
  }
  assert.equal(synced.at(-1), join(base, 'x/root/pack/ab'))
  synced.length = 0
  await remote.put('pack/ab/two', bytes)
  assert.deepEqual(synced, [join(base, 'x/root/pack/ab')])
})

test('a folder made by somebody else is fsynced too', async (context) => {
  const synced: string[] = []
  const root = temporaryFolder(context)
  mkdirSync(join(root, 'pack/ab'), { recursive: true })
  const syncFolder = async (folder: string): Promise<void> => void synced.push(folder)
  await new DirectoryRemote(root, 'file:', { syncFolder }).create('pack/ab/one', bytes)
  assert.ok(synced.includes(root) && synced.includes(join(root, 'pack')))
})

test('create without hard links is REMOTE_UNSUPPORTED, and put still works', async (context) => {
  for (const code of ['EPERM', 'ENOTSUP', 'ENOSYS']) {
    const remote = new DirectoryRemote(temporaryFolder(context), 'file:', {
      link: () => Promise.reject(systemError(code)),
    })
    await assert.rejects(remote.create('log/1', bytes), { code: 'REMOTE_UNSUPPORTED' })
    assert.equal(await remote.get('log/1'), undefined)
    await remote.put('log/1', bytes)
  }
})

test('an own link that is answered with EEXIST is a win, as on NFS', async (context) => {
  const remote = new DirectoryRemote(temporaryFolder(context), 'file:', {
    link: async (existing, path) => {
      await link(existing, path)
      throw systemError('EEXIST')
    },
  })
  assert.equal(await remote.create('log/1', bytes), 'created')
})

test('a link that fails for reasons of the drive is unknown, unless it was made', async (context) => {
  const lost = new DirectoryRemote(temporaryFolder(context), 'file:', {
    link: () => Promise.reject(systemError('EIO')),
  })
  assert.equal(await lost.create('log/1', bytes), 'unknown')
  const made = new DirectoryRemote(temporaryFolder(context), 'file:', {
    link: async (existing, path) => {
      await link(existing, path)
      throw systemError('ETIMEDOUT')
    },
  })
  assert.equal(await made.create('log/1', bytes), 'created')
})

test('a create whose folder could not be fsynced is unknown', async (context) => {
  let failing = false
  const remote = new DirectoryRemote(temporaryFolder(context), 'file:', {
    syncFolder: () => (failing ? Promise.reject(systemError('EIO')) : Promise.resolve()),
  })
  await remote.put('log/0', bytes)
  failing = true
  assert.equal(await remote.create('log/1', bytes), 'unknown')
  await assert.rejects(remote.put('log/2', bytes), { code: 'REMOTE_UNAVAILABLE' })
})

test('system errors become codes that a caller can act on', () => {
  const expected = {
    ENOSPC: 'NO_SPACE',
    EDQUOT: 'NO_SPACE',
    EACCES: 'REMOTE_REFUSED',
    EPERM: 'REMOTE_REFUSED',
    EROFS: 'REMOTE_REFUSED',
    EIO: 'REMOTE_UNAVAILABLE',
    ESTALE: 'REMOTE_UNAVAILABLE',
    EHOSTDOWN: 'REMOTE_UNAVAILABLE',
  }
  for (const [code, expectedCode] of Object.entries(expected)) {
    const error = directoryError(systemError(code), '/mnt/share/x')
    assert.equal(error.code, expectedCode, code)
    assert.ok(error.hint !== undefined && error.message.includes('/mnt/share/x'))
  }
  assert.ok(isMlstoreError(directoryError('thrown text', '/x'), 'REMOTE_UNAVAILABLE'))
})

test('symbolic links inside the folder are never followed', async (context) => {
  const base = temporaryFolder(context)
  const root = join(base, 'root')
  mkdirSync(join(root, 'log'), { recursive: true })
  mkdirSync(join(base, 'outside'))
  writeFileSync(join(base, 'outside/secret'), 'secret')
  symlinkSync(join(base, 'outside'), join(root, 'pack'))
  symlinkSync(join(base, 'outside/secret'), join(root, 'log/1'))
  const remote = new DirectoryRemote(root)
  const refused = { code: 'REMOTE_REFUSED' }
  await assert.rejects(remote.get('pack/secret'), refused)
  await assert.rejects(remote.head('pack/secret'), refused)
  await assert.rejects(remote.put('pack/new', bytes), refused)
  await assert.rejects(remote.create('pack/deep/new', bytes), refused)
  await assert.rejects(remote.delete('pack/secret'), refused)
  await assert.rejects(keysOf(remote, 'pack/'), refused)
  await assert.rejects(keysOf(remote, ''), refused)
  await assert.rejects(remote.get('log/1'), refused)
  await assert.rejects(remote.head('log/1'), refused)
  assert.equal(await remote.create('log/1', bytes), 'exists')
  assert.deepEqual(readdirSync(join(base, 'outside')), ['secret'])
  await remote.put('log/1', bytes)
  assert.equal(readFileSync(join(base, 'outside/secret'), 'utf8'), 'secret')
})

test('the folder itself may be a symbolic link', async (context) => {
  const base = temporaryFolder(context)
  mkdirSync(join(base, 'real'))
  symlinkSync(join(base, 'real'), join(base, 'root'))
  await new DirectoryRemote(join(base, 'root')).put('a/b', bytes)
  assert.deepEqual(readFileSync(join(base, 'real/a/b')), bytes)
})

test('a named pipe under a key is refused and never waited for', async (context) => {
  const root = temporaryFolder(context)
  execFileSync('mkfifo', [join(root, 'pipe')])
  await assert.rejects(new DirectoryRemote(root).get('pipe'), { code: 'REMOTE_REFUSED' })
  await assert.rejects(new DirectoryRemote(root).head('pipe'), { code: 'REMOTE_REFUSED' })
})

test('what others leave in the folder is not listed', async (context) => {
  const root = temporaryFolder(context)
  const remote = new DirectoryRemote(root)
  await remote.put('log/1', bytes)
  mkdirSync(join(root, 'lost+found'))
  writeFileSync(join(root, '.DS_Store'), '')
  writeFileSync(join(root, 'log/note (1).txt'), '')
  mkdirSync(join(root, 'empty-folder'))
  assert.deepEqual(await keysOf(remote, ''), ['log/1'])
  assert.equal(await remote.get('empty-folder'), undefined)
  assert.equal(await remote.head('empty-folder'), undefined)
})

test('an object that was cut short fails every range that it no longer has', async (context) => {
  const root = temporaryFolder(context)
  const remote = new DirectoryRemote(root)
  await remote.put('pack', bytes)
  truncateSync(join(root, 'pack'), 4)
  await assert.rejects(remote.get('pack', { range: { start: 2, end: 6 } }), { code: 'CORRUPT' })
})

const onLinux = {
  skip: process.platform !== 'linux' && 'the start of a process is known on Linux only',
}

test(
  'temps are swept when their process is dead, or of another host and a week old',
  onLinux,
  async (context) => {
    const root = temporaryFolder(context)
    const temps = join(root, '.tmp')
    mkdirSync(temps)
    const host = hostname().replaceAll(/[^A-Za-z0-9_-]/g, '_')
    const start = readFileSync(`/proc/${process.pid}/stat`, 'latin1')
      .split(') ')
      .at(-1)
      ?.split(' ')[19]
    const weekAgo = Date.now() / 1000 - 8 * 24 * 3600
    const files = {
      dead: `${host}-999999999-1-aa`,
      reused: `${host}-${process.pid}-1-bb`,
      own: `${host}-${process.pid}-${start}-cc`,
      foreign: `other-host-1-1-dd`,
      foreignOld: `other-host-1-1-ee`,
      unknown: 'something else',
    }
    for (const name of Object.values(files)) writeFileSync(join(temps, name), 'half')
    for (const name of [files.foreignOld, files.unknown]) {
      utimesSync(join(temps, name), weekAgo, weekAgo)
    }
    await new DirectoryRemote(root).put('a', bytes)
    const left = readdirSync(temps)
    assert.deepEqual(left.toSorted(), [files.own, files.foreign, files.unknown].toSorted())
  },
)

test('sweeping a temp that was published already does not touch the object', async (context) => {
  const root = temporaryFolder(context)
  const host = hostname().replaceAll(/[^A-Za-z0-9_-]/g, '_')
  mkdirSync(join(root, '.tmp'))
  mkdirSync(join(root, 'log'))
  writeFileSync(join(root, '.tmp', `${host}-999999999-1-aa`), 'entry')
  linkSync(join(root, '.tmp', `${host}-999999999-1-aa`), join(root, 'log/1'))
  await new DirectoryRemote(root).put('a', bytes)
  assert.equal(readFileSync(join(root, 'log/1'), 'utf8'), 'entry')
  assert.equal(statSync(join(root, 'log/1')).nlink, 1)
})

test('several processes that create the same keys win each key once', async (context) => {
  const root = temporaryFolder(context)
  const program = `
    import { DirectoryRemote } from './src/remotes/directory.ts'
    const [root, name] = process.argv.slice(1)
    const remote = new DirectoryRemote(root)
    const won = []
    for (let slot = 0; slot < 40; slot++) {
      if (await remote.create('log/' + slot, Buffer.from(name)) === 'created') won.push(slot)
    }
    console.log(JSON.stringify(won))`
  const run = promisify(execFile)
  const names = ['anna', 'ben', 'cleo']
  const options = ['--import', 'tsx', '--input-type=module', '--eval', program, root]
  const results = await Promise.all(names.map((name) => run(process.execPath, [...options, name])))
  const won = results.map((result): unknown => JSON.parse(result.stdout)).flat()
  assert.equal(won.length, 40)
  assert.equal(new Set(won).size, 40)
  for (const [index, { stdout }] of results.entries()) {
    const slots: number[] = JSON.parse(stdout)
    for (const slot of slots) {
      assert.equal(readFileSync(join(root, `log/${slot}`), 'utf8'), names[index])
    }
  }
})
