/** What is installed as `mlstore`, and the compiled code that it keeps. */

import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { Command, type Outcome } from '../support/command.ts'

type Kept = { readonly folder: string; readonly command: Command }

function start(settings: NodeJS.ProcessEnv = {}): Kept & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'mlstore-launcher-'))
  const command = new Command(root, { XDG_CACHE_HOME: root, ...settings })
  const remove = (): void => rmSync(root, { recursive: true })
  return { folder: join(root, 'mlstore'), command, [Symbol.dispose]: remove }
}

/** A command that works anywhere and loads more than a little. */
function work(command: Command): Promise<Outcome> {
  return command.run('completion', 'bash')
}

function keptFile({ folder }: Kept): string {
  const [name = '', ...others] = readdirSync(folder)
  assert.deepEqual(others, [])
  return join(folder, name)
}

test('the first run keeps the compiled code, the next one leaves it as it is', async () => {
  using kept = start()
  const first = await work(kept.command)
  const { mtimeNs } = statSync(keptFile(kept), { bigint: true })
  const second = await work(kept.command)
  assert.equal(second.stdout, first.stdout)
  assert.equal(statSync(keptFile(kept), { bigint: true }).mtimeNs, mtimeNs)
})

test('kept code loads packages as compiled code does', async () => {
  using kept = start()
  for (const words of ['init', 'add mlstore.txt --as a/b', 'log a/b', 'log --help', 'doctor']) {
    writeFileSync(join(kept.command.folder, 'mlstore.txt'), words.repeat(100))
    const { code, stderr } = await kept.command.run(...words.split(' '))
    assert.deepEqual([code, stderr], [0, ''], words)
  }
})

test('code of other versions is kept for a month', async () => {
  using kept = start()
  await work(kept.command)
  const [young, old] = ['log-1.bin', 'log-2.bin'].map((name) => join(kept.folder, name))
  for (const path of [young ?? '', old ?? '']) writeFileSync(path, '')
  const now = statSync(young ?? '').mtimeMs / 1000
  utimesSync(old ?? '', now, now - 31 * 24 * 60 * 60)
  await kept.command.run('init')
  assert.deepEqual([existsSync(young ?? ''), existsSync(old ?? '')], [true, false])
})

test('nobody but the user can read or write the kept code', async () => {
  using kept = start()
  await work(kept.command)
  assert.equal(statSync(keptFile(kept)).mode & 0o777, 0o600)
  assert.equal(statSync(kept.folder).mode & 0o777, 0o700)
})

test('damaged code is compiled again and replaced', async () => {
  using kept = start()
  const { stdout } = await work(kept.command)
  const good = readFileSync(keptFile(kept)).length
  writeFileSync(keptFile(kept), 'nonsense')
  const again = await work(kept.command)
  assert.deepEqual([again.code, again.stdout, again.stderr], [0, stdout, ''])
  assert.ok(readFileSync(keptFile(kept)).length > good / 2)
})

test('code that others could have written is not run, but replaced', async () => {
  using kept = start()
  await work(kept.command)
  chmodSync(keptFile(kept), 0o666)
  assert.equal((await work(kept.command)).code, 0)
  assert.equal(statSync(keptFile(kept)).mode & 0o777, 0o600)
})

test('NODE_DISABLE_COMPILE_CACHE keeps nothing', async () => {
  using kept = start({ NODE_DISABLE_COMPILE_CACHE: '1' })
  assert.equal((await work(kept.command)).code, 0)
  assert.equal(existsSync(kept.folder), false)
})

test('a cache folder that cannot be made changes nothing', async () => {
  using kept = start()
  const blocked = join(kept.command.folder, 'file')
  writeFileSync(blocked, '')
  const { code, stderr } = await work(new Command(kept.command.folder, { XDG_CACHE_HOME: blocked }))
  assert.deepEqual([code, stderr], [0, ''])
})

test('the version is told without the program', async () => {
  using kept = start()
  const { stdout } = await kept.command.run('--version')
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
  assert.equal(existsSync(kept.folder), false)
})
