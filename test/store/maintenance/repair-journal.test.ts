/**
 * fsck --repair of a damaged journal: what can be read stays, what the catalog or a remote knows
 * comes back, and what nobody knows any more is said.
 */

import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { test, type TestContext } from 'node:test'

import { Database } from '../../../src/catalog/database.ts'
import { encodeAppend } from '../../../src/objects/journal-frame.ts'
import { NodeFileSystem } from '../../../src/objects/node-file-system.ts'
import { silentProgress } from '../../../src/ports/progress.ts'
import { fsck } from '../../../src/store/maintenance/fsck.ts'
import { OpenedParts } from '../../../src/store/opened-parts.ts'
import type { FsckResult } from '../../../src/store/results.ts'
import type { Store } from '../../../src/store/store.ts'
import { InterceptedFileSystem } from '../../support/intercepted-file-system.ts'
import type { TestRepository } from '../../support/store.ts'
import {
  assertSound,
  damages,
  filesIn,
  flipBit,
  type Remote,
  repositoryWithData,
} from './damage-store.ts'

type Bench = {
  readonly repository: TestRepository
  readonly remote: Remote
  readonly journal: string
}

/** A store with some records of every kind that its owner makes; nothing is pushed. */
async function benchFor(context: TestContext): Promise<Bench> {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.setAlias('dataset/x', 'prod')
  await repository.store.setTags('dataset/x', { stage: 'done' })
  await repository.addData({ 'later.txt': 'later' }, { label: 'v2', aliases: ['prod'] })
  const [journal = ''] = filesIn(repository.folder, '.mlstore', 'journal')
  return { repository, remote, journal }
}

/** What a user can ask about the store's events. */
async function stateOf(store: Store): Promise<unknown> {
  return {
    log: await store.log('dataset/x'),
    aliases: await store.aliasLog('dataset/x', 'prod'),
    tags: await store.listTags('dataset/x'),
    unpushed: (await store.status()).unpushed,
  }
}

function removeCatalog({ repository }: Bench): void {
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(repository.at(`.mlstore/index.sqlite${suffix}`), { force: true })
  }
}

const unrepaired = ({ problems }: FsckResult): readonly unknown[] =>
  problems.filter(({ repaired }) => !repaired)

const keptCopies = ({ repository }: Bench): string[] =>
  filesIn(repository.folder, '.mlstore', 'damaged').filter((path) => path.endsWith('.jnl'))

for (const [what, damage] of Object.entries(damages)) {
  test(`${what} of a journal takes nothing that the catalog knows`, async (context) => {
    const bench = await benchFor(context)
    const before = await stateOf(bench.repository.store)
    damage(bench.journal)
    const store = await bench.repository.open()
    const result = await store.fsck({ repair: true })
    assert.ok(result.problems.length > 0)
    assert.deepEqual(unrepaired(result), [])
    assert.ok(result.notes.some((note) => note.what.includes('index.sqlite')))
    assertSound(await store.fsck())
    assert.deepEqual(await stateOf(store), before)
    await store.setAlias('dataset/x', 'later')
    assertSound(await (await bench.repository.open()).fsck())
  })
}

test('a bit flipped anywhere is repaired, and the file as it was is kept', async (context) => {
  const bench = await benchFor(context)
  const before = await stateOf(bench.repository.store)
  const size = statSync(bench.journal).size
  for (let at = 0; at < size; at += Math.ceil(size / 12)) {
    // The last byte of the header is the version: another one is a newer mlstore's.
    if (at === 7) continue
    flipBit(bench.journal, at)
    const damaged = readFileSync(bench.journal)
    const store = await bench.repository.open()
    const result = await store.fsck({ repair: true })
    assert.deepEqual(unrepaired(result), [], `byte ${at}`)
    assert.deepEqual(await stateOf(store), before, `byte ${at}`)
    assert.ok(
      keptCopies(bench).some((path) => readFileSync(path).equals(damaged)),
      `byte ${at}`,
    )
    await store.close()
  }
})

test('what neither journal nor catalog knows is said to be lost, and all else is kept', async (context) => {
  const bench = await benchFor(context)
  const { repository, journal } = bench
  const before = await repository.store.log('dataset/x')
  await repository.store.close()
  removeCatalog(bench)
  const tag = readFileSync(journal).indexOf('"tag.set"')
  flipBit(journal, tag)
  const store = await repository.open()
  const result = await store.fsck({ repair: true })
  const [lost, ...others] = result.problems.filter(({ repaired }) => !repaired)
  assert.deepEqual(others, [])
  assert.match(
    lost?.what ?? '',
    /1 places \(\d+ bytes\) could not be read.*lost.*damaged\/journal-/,
  )
  assert.equal(keptCopies(bench).length, 1)
  assertSound(await store.fsck())
  assert.deepEqual(await store.log('dataset/x'), before)
  assert.deepEqual((await store.listTags('dataset/x')).tags, {}, 'the tag was in that record')
})

test('what was pushed comes back from the remote, also without a catalog', async (context) => {
  const bench = await benchFor(context)
  const { repository, journal } = bench
  await repository.store.push()
  await repository.store.setTags('dataset/x', { after: 'push' })
  await repository.store.push()
  await repository.store.setTags('dataset/x', { own: 'not pushed' })
  const before = await stateOf(repository.store)
  await repository.store.close()
  removeCatalog(bench)
  const bytes = readFileSync(journal)
  for (const word of ['"version.add"', '"kind":"remote"', '"seq":1,']) {
    flipBit(journal, bytes.indexOf(word) + 3)
  }
  const store = await repository.open()
  await store.fsck({ repair: true })
  assertSound(await store.fsck())
  assert.deepEqual(await stateOf(store), before)
  assert.equal((await store.push()).events, 1)
})

test('a remote that cannot be asked is named, and a later fetch brings the rest', async (context) => {
  const bench = await benchFor(context)
  const { repository, journal, remote } = bench
  await repository.store.push()
  const before = await stateOf(repository.store)
  renameSync(remote.folder, `${remote.folder}-away`)
  flipBit(journal, readFileSync(journal).indexOf('"kind":"entry"') + 2)
  const store = await repository.open()
  const result = await store.fsck({ repair: true })
  assert.match(JSON.stringify(unrepaired(result)), /log entries 1 to 1/)
  assertSound(await store.fsck())
  renameSync(`${remote.folder}-away`, remote.folder)
  await store.fetch()
  assert.deepEqual(await stateOf(store), before)
})

test('alias moves that were given up stay so when the record that says it is damaged', async (context) => {
  const bench = await benchFor(context)
  const { store } = bench.repository
  await store.push()
  await store.setAlias('dataset/x', 'given-up')
  await store.resetAlias('dataset/x', 'given-up')
  assert.deepEqual(await store.listAliases('dataset/x').then((rows) => rows.length), 1)
  flipBit(bench.journal, readFileSync(bench.journal).indexOf('"alias.reset"'))
  const again = await bench.repository.open()
  assert.deepEqual(unrepaired(await again.fsck({ repair: true })), [])
  assert.equal((await again.listAliases('dataset/x')).length, 1)
  assert.equal((await again.push()).events, 0)
})

test('a catalog that is damaged too is built again from what can be read', async (context) => {
  const bench = await benchFor(context)
  const { repository, journal } = bench
  const before = await repository.store.log('dataset/x')
  await repository.store.close()
  writeFileSync(repository.at('.mlstore/index.sqlite'), 'no database'.repeat(1000))
  flipBit(journal, readFileSync(journal).indexOf('"tag.set"'))
  const store = await repository.open()
  const result = await store.fsck({ repair: true })
  assert.match(JSON.stringify(unrepaired(result)), /1 places/)
  assertSound(await store.fsck())
  assert.deepEqual(await store.log('dataset/x'), before)
})

test('records of a newer mlstore are left alone', async (context) => {
  const bench = await benchFor(context)
  const future = encodeAppend(['{"kind":"from.the.future"}'])
  const before = Buffer.concat([readFileSync(bench.journal), future])
  writeFileSync(bench.journal, before)
  flipBit(bench.journal, 40)
  const damaged = readFileSync(bench.journal)
  const store = await bench.repository.open()
  await assert.rejects(store.fsck({ repair: true }), { code: 'FORMAT_UNSUPPORTED' })
  assert.deepEqual(readFileSync(bench.journal), damaged)
  assert.ok(!existsSync(bench.repository.at('.mlstore/journal.repair')))
  const path = bench.repository.at('.mlstore/index.sqlite')
  const db = new Database(path, { path, busyTimeoutMs: 1000 })
  const versions = db.query<{ count: number }>('SELECT count(*) AS count FROM version').get()
  db.close()
  assert.equal(versions?.count, 2, 'nor is the catalog touched')
})

test('nobody writes while a repair is interrupted, and the next one goes on', async (context) => {
  const bench = await benchFor(context)
  const { store } = bench.repository
  const before = await stateOf(store)
  mkdirSync(bench.repository.at('.mlstore/journal.repair/building'), { recursive: true })
  await assert.rejects(store.setAlias('dataset/x', 'prod2'), { code: 'CORRUPT', hint: /--repair/ })
  const { problems } = await store.fsck()
  assert.deepEqual(
    problems.map(({ where }) => where),
    ['journal.repair'],
  )
  assert.deepEqual(unrepaired(await store.fsck({ repair: true })), [])
  assertSound(await store.fsck())
  assert.deepEqual(await stateOf(store), before)
})

/** Repairs with a file system that fails at call `at` and ever after; `false` if it never did. */
async function failsAt({ repository }: Bench, at: number): Promise<boolean> {
  const fs = new InterceptedFileSystem(new NodeFileSystem())
  let calls = 0
  for (const call of ['write', 'sync', 'rename', 'makeDirectory', 'syncDirectory'] as const) {
    fs.before(call, (path) => {
      calls += path.includes('journal') || path.endsWith('.mlstore') ? 1 : 0
      if (calls >= at) throw new Error('the machine died')
    })
  }
  const parts = new OpenedParts({
    fs,
    directory: repository.at('.mlstore'),
    environment: repository.environment,
    cwd: repository.folder,
    progress: silentProgress,
    openRemote: () => assert.fail('there is no remote'),
    openExternal: () => assert.fail('there is no bucket'),
  })
  try {
    await parts.loadFiles()
    await fsck(parts, { repair: true })
    return false
  } catch (error) {
    assert.match(String(error), /the machine died/)
    return true
  } finally {
    parts.close()
  }
}

test('a repair that dies at any step is finished by the next one, and loses nothing', async (context) => {
  const bench = await benchFor(context)
  const { repository, journal } = bench
  await repository.store.removeRemote('origin')
  const before = await stateOf(repository.store)
  let steps = 0
  for (let at = 1; ; at += steps < 8 ? 1 : 3) {
    // Cut at the end of a record, it looks whole: only the catalog knows better.
    truncateSync(journal, 8)
    if (!(await failsAt(bench, at))) break
    steps += 1
    const store = await repository.open()
    await store.fsck({ repair: true })
    assertSound(await store.fsck())
    assert.deepEqual(await stateOf(store), before, `died at call ${at}`)
    await store.close()
  }
  assert.ok(steps > 8, `${steps} steps`)
})
