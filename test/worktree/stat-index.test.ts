/** A digest from the stat index is never that of bytes which have changed since. */

import assert from 'node:assert/strict'
import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { type Digest, digestOf } from '../../src/core/digest.ts'
import { MlstoreError } from '../../src/errors.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import type { FileStat } from '../../src/ports/file-system.ts'
import type { StatRow } from '../../src/ports/stat-cache.ts'
import { FileSystemClock, fileSystemTime } from '../../src/worktree/file-system-time.ts'
import { lookup, rowFor, StatIndex } from '../../src/worktree/stat-index.ts'
import { InterceptedFileSystem } from '../support/intercepted-file-system.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { MemoryStatCache } from './memory-stat-cache.ts'

const node = new NodeFileSystem()
const digest = digestOf(Buffer.from('x'))
const stat: FileStat = {
  kind: 'file',
  sizeBytes: 1,
  mode: 0o644,
  mtimeNs: 100n,
  ctimeNs: 200n,
  inode: 7n,
  device: 1n,
  links: 1,
}

/** A file whose stat was taken by the real file system. */
function statOf(path: string): FileStat {
  const found = node.lstat(path)
  assert.ok(found)
  return found
}

test('a row answers only while size, both times and inode are the same', () => {
  const row = rowFor(stat, digest, 201n)
  assert.equal(lookup(stat, row), digest)
  assert.equal(lookup({ ...stat, mode: 0o755, links: 2 }, row), digest)
  for (const change of [{ sizeBytes: 2 }, { mtimeNs: 101n }, { ctimeNs: 201n }, { inode: 8n }]) {
    assert.equal(lookup({ ...stat, ...change }, row), undefined)
  }
  assert.equal(lookup(stat, undefined), undefined)
})

test('no row is made for a file that changed in or after the tick the time was read in', () => {
  assert.equal(rowFor(stat, digest, 200n), undefined)
  assert.equal(rowFor(stat, digest, 199n), undefined)
  assert.equal(rowFor({ ...stat, mtimeNs: 300n }, digest, 300n), undefined)
  assert.ok(rowFor({ ...stat, mtimeNs: 299n }, digest, 300n))
})

test('loads once, writes what changed and nothing else', () => {
  const cache = new MemoryStatCache()
  const row: StatRow = { sizeBytes: 1, mtimeNs: 100n, ctimeNs: 200n, inode: 7n, digest }
  cache.put([
    ['/data/same', row],
    ['/data/old', { ...row, mtimeNs: 1n }],
    ['/other', row],
  ])
  cache.puts = 0
  const index = new StatIndex(cache, '/data', 1000n)
  assert.equal(index.digestOf('same', stat), digest)
  assert.equal(index.digestOf('old', stat), undefined)
  assert.equal(index.digestOf('new', stat), undefined)
  for (const path of ['same', 'old', 'new']) index.record(path, stat, digest)
  index.record('racy', { ...stat, mtimeNs: 1000n }, digest)
  index.flush()
  index.flush()
  assert.equal(cache.puts, 1)
  assert.equal(cache.rowsPut, 5)
  assert.deepEqual([...cache.below('/data').keys()].sort(), ['new', 'old', 'same'])
  assert.equal(new StatIndex(cache, '/data', 1000n).digestOf('old', stat), digest)
})

test('a file on its own is the path that is empty', () => {
  const cache = new MemoryStatCache()
  const index = new StatIndex(cache, '/data/file', 1000n)
  index.record('', stat, digest)
  index.flush()
  assert.deepEqual([...cache.below('/data/file').keys()], [''])
  assert.equal(new StatIndex(cache, '/data/file', 1000n).digestOf('', stat), digest)
})

/** Overwrites in place with bytes of the same length. */
function overwrite(path: string, text: string): Digest {
  const file = nodeFs.openSync(path, 'r+')
  nodeFs.writeSync(file, text, 0)
  nodeFs.closeSync(file)
  return digestOf(Buffer.from(text))
}

test('a same-size change right after reading is never missed, on the real clock', (context) => {
  const folder = temporaryFolder(context)
  for (let round = 0; round < 300; round++) {
    const path = join(folder, `f${round}`)
    nodeFs.writeFileSync(path, 'one')
    const time = fileSystemTime(node, { folder, scratch: folder, id: String(round) })
    const row = rowFor(statOf(path), digestOf(Buffer.from('one')), time)
    const changed = overwrite(path, 'two')
    assert.ok([undefined, changed].includes(lookup(statOf(path), row)))
  }
})

test('once the clock has moved on, an unchanged file is known', async (context) => {
  const folder = temporaryFolder(context)
  const path = join(folder, 'file')
  nodeFs.writeFileSync(path, 'one')
  const clock = FileSystemClock.open(node, join(folder, 'clock'))
  const before = statOf(path)
  const time = await clock.after(before.ctimeNs)
  clock.close()
  assert.ok(time > before.ctimeNs)
  const row = rowFor(statOf(path), digest, time)
  assert.equal(lookup(statOf(path), row), digest)
  overwrite(path, 'two')
  assert.equal(lookup(statOf(path), row), undefined)
})

test('a clock that does not move on is not waited for', async (context) => {
  const folder = temporaryFolder(context)
  const clock = FileSystemClock.open(node, join(folder, 'clock'))
  const future = clock.now() + 3_600_000_000_000n
  assert.ok((await clock.after(future)) < future)
  clock.close()
})

test('reading the time leaves no file behind', (context) => {
  const [folder, scratch] = [temporaryFolder(context), temporaryFolder(context)]
  const time = fileSystemTime(node, { folder, scratch, id: 'a' })
  assert.ok(statOf(folder).ctimeNs <= time)
  assert.deepEqual([nodeFs.readdirSync(folder), nodeFs.readdirSync(scratch)], [[], []])
})

/** Gives the two folders different devices. */
class TwoDevices extends NodeFileSystem {
  readonly #other: string

  constructor(other: string) {
    super()
    this.#other = other
  }

  override lstat(path: string): FileStat | undefined {
    const found = super.lstat(path)
    return found && { ...found, device: path === this.#other ? 1n : 2n }
  }
}

test('the time of another device is read there, and guessed where nothing may be written', (context) => {
  const [folder, scratch] = [temporaryFolder(context), temporaryFolder(context)]
  const fs = new InterceptedFileSystem(new TwoDevices(folder))
  const opened: string[] = []
  fs.before('open', (path) => {
    opened.push(path)
  })
  const time = fileSystemTime(fs, { folder, scratch, id: 'a' })
  fileSystemTime(fs, { folder: join(folder, 'absent', 'deep'), scratch, id: 'a' })
  const clock = join(folder, '.mlstore-tmp-a+clock')
  assert.deepEqual(opened, [clock, clock])
  fs.before('open', (path) => {
    if (path.startsWith(folder)) throw new MlstoreError('REFUSED', 'read-only')
  })
  const guess = fileSystemTime(fs, { folder, scratch, id: 'b' })
  const minutesNs = 60_000_000_000n
  assert.ok(guess < time - 9n * minutesNs && guess > time - 11n * minutesNs)
})
