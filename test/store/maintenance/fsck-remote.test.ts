/** fsck --remote names whatever is wrong with the objects of a remote. */

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { test } from 'node:test'

import { readFooter } from '../../../src/core/pack/footer-reader.ts'
import { packKind } from '../../../src/core/pack/format.ts'
import type { FsckResult } from '../../../src/store/results.ts'
import { TestRepository } from '../../support/store.ts'
import {
  assertNames,
  assertSound,
  damages,
  filesIn,
  flipBit,
  largestOf,
  makeRemote,
  repositoryWithData,
} from './damage-store.ts'

const check = (repository: TestRepository, more: object = {}): Promise<FsckResult> =>
  repository.store.fsck({ remote: 'origin', ...more })

test('a remote without damage has no problems, and everything in it was read', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  const result = await check(repository)
  assertSound(result)
  assert.ok(result.bytes > 700_000, `${result.bytes} bytes`)
  const sample = await check(repository, { samplePercent: 0.001 })
  assertSound(sample)
  assert.ok(sample.bytes < 100_000, `${sample.bytes} bytes`)
})

test('a remote to which nothing was pushed is no repository', async (context) => {
  const { repository } = await repositoryWithData(context)
  await assert.rejects(check(repository), { code: 'NOT_FOUND' })
})

test('a stranger can check a remote it has never fetched', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.push()
  const other = await TestRepository.create(context, { seed: '1' })
  await other.store.addRemote({ name: 'origin', settings: { url: remote.url } })
  assertSound(await check(other))
})

for (const [what, damage] of Object.entries(damages)) {
  test(`${what} of any object of a remote is named by its key`, async (context) => {
    const { repository, remote } = await repositoryWithData(context)
    for (let index = 0; index < 17; index++) {
      await repository.store.setTags('dataset/x', { index: `${index}` })
      await repository.store.push()
    }
    const keys = filesIn(remote.folder).map((path) => relative(remote.folder, path))
    const folders = ['ckpt', 'index', 'log', 'pack']
    assert.ok(folders.every((folder) => keys.some((key) => key.startsWith(folder))))
    for (const key of keys) {
      if (/^log\/0+([3-9]|1[0-4])$/.test(key)) continue
      const path = join(remote.folder, key)
      const before = readFileSync(path)
      damage(path)
      // Checkpoints save requests and are nowhere needed: the hint may be missing.
      if (key === 'ckpt/LATEST' && what === 'its absence') assertSound(await check(repository))
      else assertNames(await check(repository), key.startsWith('ckpt') ? 'ckpt' : key)
      writeFileSync(path, before)
    }
    assertSound(await check(repository))
  })

  test(`${what} of indexes and log entries is repaired`, async (context) => {
    const { repository, remote } = await repositoryWithData(context)
    await repository.store.push()
    await repository.addData({ 'new.txt': 'new' })
    await repository.store.push()
    const [first = '', last = ''] = filesIn(remote.folder, 'log')
    // What still reads as an entry at the end of the log may be another's: that is left alone.
    const log = what === 'a flipped bit' ? [first] : [first, last]
    for (const path of [...filesIn(remote.folder, 'index'), ...log]) {
      const before = readFileSync(path)
      damage(path)
      const { problems } = await check(repository, { repair: true })
      assert.ok(
        problems.some(({ repaired }) => repaired),
        JSON.stringify(problems),
      )
      assert.ok(readFileSync(path).equals(before))
      assertSound(await check(repository))
    }
  })
}

test('versions that need what is gone are named', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.push()
  rmSync(largestOf(filesIn(remote.folder, 'pack')))
  assertNames(await check(repository), 'dataset/x@')
  assertNames(await check(repository), 'big.bin')
})

test('a log that somebody rewrote is told from one that was damaged', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.push()
  await repository.store.setTags('dataset/x', { stage: 'test' })
  await repository.store.push()
  const [first = '', second = ''] = filesIn(remote.folder, 'log')
  const before = readFileSync(second)
  writeFileSync(second, before.toString('utf8').replace('"stage"', '"phase"'))
  const { problems } = await check(repository, { repair: true })
  assert.equal(problems[0]?.repaired, false)
  assert.match(problems[0]?.what ?? '', /not the entry that this store fetched/)
  writeFileSync(second, before)
  const text = readFileSync(first, 'utf8')
  writeFileSync(first, text.replace('dataset/x', 'dataset/y'))
  assert.ok((await check(repository)).problems.length > 0)
})

test('what only a lost entry tells of is checked once that is put back', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.push()
  const [entry = ''] = filesIn(remote.folder, 'log')
  rmSync(entry)
  rmSync(largestOf(filesIn(remote.folder, 'pack')))
  const { problems } = await check(repository, { repair: true })
  assert.equal(problems.filter(({ repaired }) => repaired).length, 1)
  assert.ok(problems.some(({ where }) => where.startsWith('pack/')))
})

test('a lost entry in the middle of the log is put back by whoever has fetched it', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  for (let index = 0; index < 5; index++) {
    await repository.store.setTags('dataset/x', { index: `${index}` })
    await repository.store.push()
  }
  const other = await TestRepository.create(context, { seed: '1' })
  await other.store.addRemote({ name: 'origin', settings: { url: remote.url } })
  const [, second = '', third = ''] = filesIn(remote.folder, 'log')
  const lost = [second, third].map((path) => readFileSync(path))
  rmSync(second)
  rmSync(third)
  assertNames(await check(other, { repair: true }), relative(remote.folder, second))
  await check(repository, { repair: true })
  assert.deepEqual(
    [second, third].map((path) => readFileSync(path)),
    lost,
  )
  assertSound(await check(other))
})

test('a flipped bit anywhere in the packs is found, but in hints', async (context) => {
  const repository = await TestRepository.create(context)
  const remote = makeRemote(context)
  await repository.store.addRemote({ name: 'origin', settings: { url: remote.url } })
  await repository.addData({ 'a.txt': 'some text', 'b.txt': 'x'.repeat(2000) })
  await repository.store.push()
  for (const pack of filesIn(remote.folder, 'pack')) {
    const before = readFileSync(pack)
    const hints = locatorsIn(before, basename(pack))
    for (let at = 0; at < before.length; at += 11) {
      if (hints.some(([start, end]) => at >= start && at < end)) continue
      flipBit(pack, at)
      const { problems } = await check(repository)
      assert.ok(problems.length > 0, `byte ${at}`)
      writeFileSync(pack, before)
    }
  }
})

/** A changed locator that still reads as one is a wrong hint: it costs a request, never data. */
function locatorsIn(pack: Uint8Array, id: string): (readonly [start: number, end: number])[] {
  const entries = [...readFooter(pack, id, pack.length).entries()]
  return entries
    .filter(({ kind }) => kind === packKind.locator)
    .map(({ offset, storedBytes }) => [offset, offset + storedBytes])
}
