/** One writer at a time, in this process and among many, whatever happens to the holder. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import { WriterLock } from '../../src/catalog/writer-lock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { realParts } from './real-lock-parts.ts'

const holder = fileURLToPath(new URL('./lock-holder.ts', import.meta.url))

const lockIn = (folder: string): WriterLock =>
  new WriterLock(join(folder, 'lock.sqlite'), realParts('me@test'))

function startChild(context: TestContext, ...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', holder, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  context.after(() => child.kill('SIGKILL'))
  return child
}

test('gives the lock to whoever asks, again and again', async (context) => {
  const lock = lockIn(temporaryFolder(context))
  for (let i = 0; i < 3; i++) {
    using held = await lock.acquire({ timeoutMs: 0 })
    held.release()
  }
})

test('serves those of one process in the order of asking, also through several objects', async (context) => {
  const folder = temporaryFolder(context)
  const order: number[] = []
  let holders = 0
  await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      using _held = await lockIn(folder).acquire({ timeoutMs: 5000 })
      holders += 1
      assert.equal(holders, 1)
      await new Promise((resolve) => setImmediate(resolve))
      order.push(i)
      holders -= 1
    }),
  )
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7])
})

test('gives up after the time-out, and lets those behind have their turn', async (context) => {
  const folder = temporaryFolder(context)
  const held = await lockIn(folder).acquire({ timeoutMs: 0 })
  const impatient = assert.rejects(lockIn(folder).acquire({ timeoutMs: 20 }), {
    code: 'STORE_LOCKED',
    message: /me@test, process \d+/,
  })
  const patient = lockIn(folder).acquire({ timeoutMs: 5000 })
  await impatient
  held.release()
  const next = await patient
  await assert.rejects(lockIn(folder).acquire({ timeoutMs: 0 }), { code: 'STORE_LOCKED' })
  next.release()
})

test('stops waiting when it is interrupted, in the queue and at the lock', async (context) => {
  const folder = temporaryFolder(context)
  const abort = new AbortController()
  const held = await lockIn(folder).acquire({ timeoutMs: 0 })
  const waiting = lockIn(folder).acquire({ timeoutMs: 60_000, signal: abort.signal })
  abort.abort()
  await assert.rejects(waiting, { code: 'INTERRUPTED' })
  held.release()
  await assert.rejects(lockIn(folder).acquire({ timeoutMs: 0, signal: abort.signal }), {
    code: 'INTERRUPTED',
  })
  const free = await lockIn(folder).acquire({ timeoutMs: 0 })
  free.release()
})

test('gives the lock back when the work fails, and takes the note away', async (context) => {
  const folder = temporaryFolder(context)
  const lock = lockIn(folder)
  const work = async (): Promise<void> => {
    using _held = await lock.acquire({ timeoutMs: 0 })
    assert.ok(existsSync(join(folder, 'lock.sqlite.holder')))
    throw new RangeError('the work failed')
  }
  await assert.rejects(work(), RangeError)
  assert.ok(!existsSync(join(folder, 'lock.sqlite.holder')))
  const held = await lock.acquire({ timeoutMs: 0 })
  held.release()
  held.release()
})

test('never writes into the file that is locked', async (context) => {
  const folder = temporaryFolder(context)
  const held = await lockIn(folder).acquire({ timeoutMs: 0 })
  assert.equal(statSync(join(folder, 'lock.sqlite')).size, 0)
  held.release()
  assert.equal(statSync(join(folder, 'lock.sqlite')).size, 0)
})

test('names the process that holds the lock, and gets it when that one is killed', async (context) => {
  const folder = temporaryFolder(context)
  const child = startChild(context, 'hold', join(folder, 'lock.sqlite'))
  assert.ok(child.stdout)
  await once(child.stdout, 'data')
  await assert.rejects(lockIn(folder).acquire({ timeoutMs: 50 }), {
    code: 'STORE_LOCKED',
    message: new RegExp(`child@test, process ${child.pid}`),
  })
  const waiting = lockIn(folder).acquire({ timeoutMs: 10_000 })
  child.kill('SIGKILL')
  const held = await waiting
  held.release()
})

test('keeps many processes from working at once', async (context) => {
  const folder = temporaryFolder(context)
  const file = join(folder, 'count')
  writeFileSync(file, '0')
  const lock = join(folder, 'lock.sqlite')
  const children = [1, 2, 3].map(() => startChild(context, 'count', lock, file, '20'))
  const codes = await Promise.all(
    children.map(async (child) => (await once(child, 'exit'))[0] as number),
  )
  assert.deepEqual(codes, [0, 0, 0])
  assert.equal(readFileSync(file, 'utf8'), '60')
})
