/** fsck names whatever is wrong with the files of a store, and finds nothing in one that is whole. */

import assert from 'node:assert/strict'
import {
  appendFileSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'

import { TestRepository } from '../../support/store.ts'
import {
  assertNames,
  assertSound,
  damages,
  filesIn,
  flipBit,
  largestOf,
  repositoryWithData,
} from './damage-store.ts'

test('a store without damage has no problems, and everything in it was read', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.setAlias('dataset/x', 'prod')
  const result = await repository.store.fsck()
  assertSound(result)
  assert.ok(result.bytes > 700_000, `${result.bytes} bytes`)
})

test('an empty store has no problems', async (context) => {
  assertSound(await (await TestRepository.create(context)).store.fsck())
})

test('a store that was pushed and cloned without bytes has no problems', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.push()
  assertSound(await repository.store.fsck())
  const other = await TestRepository.create(context, { seed: '1' })
  await other.store.addRemote({ name: 'origin', settings: { url: remote.url } })
  await other.store.fetch()
  assertSound(await other.store.fsck())
  await other.store.get({ reference: 'dataset/x', paths: ['a.txt'], output: other.at('out') })
  assertSound(await other.store.fsck())
})

for (const [what, damage] of Object.entries(damages)) {
  test(`${what} of any pack is named by fsck`, async (context) => {
    const { repository } = await repositoryWithData(context)
    for (const pack of filesIn(repository.folder, '.mlstore', 'packs')) {
      const before = readFileSync(pack)
      damage(pack)
      assertNames(await (await repository.open()).fsck(), basename(pack))
      writeFileSync(pack, before)
    }
    assertSound(await (await repository.open()).fsck())
  })

  test(`${what} of a journal is named by fsck`, async (context) => {
    const { repository } = await repositoryWithData(context)
    const [journal = ''] = filesIn(repository.folder, '.mlstore', 'journal')
    damage(journal)
    assertNames(await repository.store.fsck(), 'journal')
  })
}

test('a flipped bit anywhere in a pack is found', async (context) => {
  const repository = await TestRepository.create(context)
  await repository.addData({ 'a.txt': 'some text', 'b.txt': 'x'.repeat(2000) })
  for (const pack of filesIn(repository.folder, '.mlstore', 'packs')) {
    const before = readFileSync(pack)
    for (let at = 0; at < before.length; at += 13) {
      flipBit(pack, at)
      const { problems } = await (await repository.open()).fsck()
      assert.ok(problems.length > 0, `byte ${at} of ${basename(pack)}`)
      writeFileSync(pack, before)
    }
  }
})

test('damage in the middle of a journal is named with its offset', async (context) => {
  const { repository } = await repositoryWithData(context)
  const where = 'journal/0000000001.jnl at byte 8'
  const [journal = ''] = filesIn(repository.folder, '.mlstore', 'journal')
  flipBit(journal, 30)
  // Nothing follows it, so it looks like the end of an append that failed; the catalog knows better.
  assert.equal((await repository.store.fsck()).problems[0]?.where, where)
  flipBit(journal, 30)
  await repository.store.setAlias('dataset/x', 'prod')
  flipBit(journal, 30)
  assert.equal((await repository.store.fsck()).problems[0]?.where, where)
})

test('what a crash left at the end of a journal is no problem', async (context) => {
  const { repository } = await repositoryWithData(context)
  const [journal = ''] = filesIn(repository.folder, '.mlstore', 'journal')
  appendFileSync(journal, Buffer.alloc(100, 7))
  assertSound(await repository.store.fsck())
})

test('a loose file that somebody changed is named', async (context) => {
  const repository = await TestRepository.create(context)
  writeFileSync(repository.at('model.bin'), 'weights')
  await repository.add('model.bin', { as: 'model/m', hardlink: true })
  const [loose = ''] = filesIn(repository.folder, '.mlstore', 'objects')
  assertSound(await repository.store.fsck())
  writeFileSync(loose, 'changed')
  assertNames(await repository.store.fsck(), basename(loose))
})

test('a catalog that says something else than the journal is named, and repaired', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.close()
  const { Database } = await import('../../../src/catalog/database.ts')
  const path = repository.at('.mlstore', 'index.sqlite')
  const db = new Database(path, { path, busyTimeoutMs: 1000 })
  db.exec(`UPDATE version SET files = files + 1`)
  db.close()
  const store = await repository.open()
  assertNames(await store.fsck(), 'index.sqlite')
  const result = await store.fsck({ repair: true })
  assert.deepEqual(
    result.problems.map(({ repaired }) => repaired),
    [true],
  )
  assertSound(await store.fsck())
})

test('an index that says something else than a pack is named, and repaired', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.close()
  const { Database } = await import('../../../src/catalog/database.ts')
  const path = repository.at('.mlstore', 'index.sqlite')
  const db = new Database(path, { path, busyTimeoutMs: 1000 })
  db.exec('UPDATE object SET offset = offset + 1')
  db.close()
  const store = await repository.open()
  const result = await store.fsck({ repair: true })
  assertNames(result, '.pack')
  assertSound(await store.fsck())
})

test('a pack that is gone is named', async (context) => {
  const { repository } = await repositoryWithData(context)
  const [first = ''] = filesIn(repository.folder, '.mlstore', 'packs')
  rmSync(first)
  assertNames(await repository.store.fsck(), basename(first))
})

/** A writer that finds the packs gone forgets them; then they come back, in the state of a crash. */
async function forgetPacks({ folder, store }: TestRepository): Promise<readonly string[]> {
  const packs = filesIn(folder, '.mlstore', 'packs')
  const kept = packs.map((path) => [path, readFileSync(path)] as const)
  for (const path of packs) rmSync(path)
  await store.setAlias('dataset/x', 'prod')
  for (const [path, bytes] of kept) writeFileSync(path, bytes)
  return packs
}

test('a whole pack that waits to be indexed is a note, and what it holds is not missed', async (context) => {
  const { repository } = await repositoryWithData(context)
  const packs = await forgetPacks(repository)
  const result = await repository.store.fsck()
  assertSound(result)
  assert.deepEqual(
    result.notes.map(({ where }) => basename(where)),
    packs.map((path) => basename(path)),
  )
  await repository.store.setAlias('dataset/x', 'staging')
  const { problems, notes } = await repository.store.fsck()
  assert.deepEqual([problems, notes], [[], []], 'a writer took it in')
})

test('a repair takes a waiting pack in', async (context) => {
  const { repository } = await repositoryWithData(context)
  await forgetPacks(repository)
  const { problems, notes } = await repository.store.fsck({ repair: true })
  assert.deepEqual([problems, notes], [[], []])
  assert.deepEqual((await repository.store.fsck()).notes, [])
})

test('a torn pack that waits to be indexed is damage', async (context) => {
  const { repository } = await repositoryWithData(context)
  const [first = ''] = await forgetPacks(repository)
  truncateSync(first, Math.floor(statSync(first).size / 2))
  const result = await repository.store.fsck()
  assertNames(result, basename(first))
  assert.ok(!result.notes.some(({ where }) => where.includes(basename(first))))
})

test('a damaged lock file, settings or format are named', async (context) => {
  const { repository } = await repositoryWithData(context)
  const files = ['mlstore.lock', 'mlstore.json', '.mlstore/format.json', '.mlstore/worktree.json']
  for (const file of files) {
    const path = repository.at(file)
    const before = readFileSync(path)
    writeFileSync(path, '<<<<<<< HEAD\n')
    assertNames(await repository.store.fsck(), basename(file))
    writeFileSync(path, before)
  }
  assertSound(await repository.store.fsck())
})

test('a lock file that names a version nobody knows is named', async (context) => {
  const { repository } = await repositoryWithData(context)
  const path = repository.at('mlstore.lock')
  const text = readFileSync(path, 'utf8')
  const [line] = repository.lockLines()
  assert.ok(line !== undefined)
  writeFileSync(path, text.replace(line.version, '0'.repeat(64)))
  assertNames(await repository.store.fsck(), 'mlstore.lock')
})

test('a damaged catalog is named, also one that is no database at all', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.close()
  const path = repository.at('.mlstore', 'index.sqlite')
  writeFileSync(path, 'this is no database'.repeat(1000))
  const store = await repository.open()
  assertNames(await store.fsck(), 'index.sqlite')
  const result = await store.fsck({ repair: true })
  assert.deepEqual(
    result.problems.map(({ where, repaired }) => [where, repaired]),
    [['index.sqlite', true]],
  )
  assertSound(await store.fsck())
})

test('a catalog of which some pages are damaged is named, and repaired', async (context) => {
  const { repository } = await repositoryWithData(context)
  const before = await repository.store.log('dataset/x')
  await repository.store.close()
  const path = repository.at('.mlstore', 'index.sqlite')
  const bytes = readFileSync(path)
  const pageBytes = 4096
  // The first page stays: SQLite opens the file, and meets the damage later.
  for (let at = pageBytes; at < bytes.length; at += pageBytes) bytes.fill(0xab, at, at + 100)
  writeFileSync(path, bytes)
  const store = await repository.open()
  assertNames(await store.fsck(), 'index.sqlite')
  const { problems } = await store.fsck({ repair: true })
  assert.deepEqual(
    problems.map(({ where, repaired }) => [where, repaired]),
    [['index.sqlite', true]],
  )
  assertSound(await store.fsck())
  assert.deepEqual(await store.log('dataset/x'), before)
})

test('a sample reads a fixed share of the packs', async (context) => {
  const repository = await TestRepository.create(context)
  for (let index = 0; index < 12; index++) await repository.addData({ 'a.txt': `text ${index}` })
  const whole = await repository.store.fsck()
  const part = await repository.store.fsck({ samplePercent: 30 })
  const again = await repository.store.fsck({ samplePercent: 30 })
  assert.deepEqual(part, again)
  assert.ok(part.objects < whole.objects, `${part.objects} of ${whole.objects}`)
  await assert.rejects(repository.store.fsck({ samplePercent: 0 }), { code: 'INVALID_ARGUMENT' })
})

test('fsck without repair changes no file', async (context) => {
  const { repository } = await repositoryWithData(context)
  truncateSync(largestOf(filesIn(repository.folder, '.mlstore', 'packs')), 1000)
  const snapshot = (): string[] =>
    filesIn(repository.folder, '.mlstore')
      .filter((path) => !path.includes('sqlite'))
      .map((path) => `${path} ${readFileSync(path).toString('hex')}`)
  const before = snapshot()
  await repository.store.fsck()
  assert.deepEqual(snapshot(), before)
})
