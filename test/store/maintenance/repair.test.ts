/** fsck --repair brings back what is damaged, from wherever there is a good copy. */

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'

import type { Store } from '../../../src/store/store.ts'
import { seededBytes } from '../../support/seeded-data.ts'
import { TestRepository } from '../../support/store.ts'
import {
  assertAllRepaired,
  assertSound,
  damages,
  filesIn,
  flipBit,
  largestOf,
  makeRemote,
  repositoryWithData,
} from './damage-store.ts'

const packsOf = (repository: TestRepository): string[] =>
  filesIn(repository.folder, '.mlstore', 'packs')

/** Every file of the version, read from the store alone. */
async function assertReadable(repository: TestRepository, store: Store): Promise<void> {
  const output = repository.at('check')
  rmSync(output, { recursive: true, force: true })
  await store.get({ reference: 'dataset/x', output, noLock: true })
  assert.deepEqual(repository.list('check'), repository.list('data'))
}

/** Nothing in the working tree is what the stat cache knows. */
function forgetWorkingTree(repository: TestRepository): void {
  for (const path of filesIn(repository.folder, 'data')) writeFileSync(path, readFileSync(path))
}

for (const [what, damage] of Object.entries(damages)) {
  test(`${what} of any pack is repaired from a remote`, async (context) => {
    const { repository } = await repositoryWithData(context)
    await repository.store.push()
    forgetWorkingTree(repository)
    for (let at = 0; at < packsOf(repository).length; at++) {
      damage(packsOf(repository)[at] ?? '')
      const store = await repository.open()
      assertAllRepaired(await store.fsck({ repair: true }))
      assertSound(await store.fsck())
      await assertReadable(repository, store)
    }
  })

  test(`${what} of a pack of content is repaired from the working tree`, async (context) => {
    const { repository } = await repositoryWithData(context)
    // A row of the stat cache is only kept for a file older than the tick it was read in.
    await repository.store.status()
    damage(largestOf(packsOf(repository)))
    const store = await repository.open()
    assertAllRepaired(await store.fsck({ repair: true }))
    assertSound(await store.fsck())
    await assertReadable(repository, store)
  })
}

test('the good frames of a damaged pack are kept where nothing has a copy of the bad one', async (context) => {
  const { repository } = await repositoryWithData(context)
  forgetWorkingTree(repository)
  const pack = largestOf(packsOf(repository))
  flipBit(pack, 300_000)
  const store = await repository.open()
  const result = await store.fsck({ repair: true })
  assert.equal(result.problems.length, 1)
  assert.equal(result.problems[0]?.repaired, false)

  // The pack is put aside, not deleted, and what was good in it is still here.
  assert.deepEqual(
    filesIn(repository.folder, '.mlstore', 'damaged').map((path) => basename(path)),
    [basename(pack)],
  )
  const again = await store.fsck()
  assert.equal(again.problems.length, 1)
  const output = repository.at('part')
  await store.get({ reference: 'dataset/x', paths: ['a.txt', 'folder'], output, noLock: true })
  assert.equal(readFileSync(repository.at('part/a.txt'), 'utf8'), 'some text')

  // Adding the file again heals the store: it does not think that it has the lost chunk.
  await store.add({ paths: ['data'], as: 'dataset/x', label: 'again' })
  assertSound(await store.fsck())
  await assertReadable(repository, store)
})

test('a damaged object of which another pack has a copy is repaired from there', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  // Two stores fetch the same version into one: the packs of both hold the same objects.
  const twin = await TestRepository.create(context, { seed: '7' })
  const [remote] = await repository.store.listRemotes()
  await twin.store.addRemote({ name: 'origin', settings: { url: remote?.url ?? '' } })
  await twin.store.pull({ references: [] })
  await twin.store.get({ reference: 'dataset/x', output: twin.at('data'), noLock: true })
  for (const pack of filesIn(twin.folder, '.mlstore', 'packs')) {
    writeFileSync(repository.at('.mlstore', 'packs', basename(pack)), readFileSync(pack))
  }
  await repository.store.removeRemote('origin')
  forgetWorkingTree(repository)
  const store = await repository.open()
  await store.setAlias('dataset/x', 'prod')
  flipBit(largestOf(packsOf(repository)), 300_000)
  assertAllRepaired(await store.fsck({ repair: true }))
  assertSound(await store.fsck())
})

test('a changed loose file is replaced by a copy from a remote', async (context) => {
  const repository = await TestRepository.create(context)
  const remote = makeRemote(context)
  await repository.store.addRemote({ name: 'origin', settings: { url: remote.url } })
  for (const [name, bytes] of [
    ['small.bin', Buffer.from('weights')],
    ['large.bin', Buffer.alloc(600_000, 'weights ')],
  ] as const) {
    writeFileSync(repository.at(name), bytes)
    await repository.add(name, { as: `model/${name.slice(0, 5)}`, hardlink: true })
    await repository.store.push()
    const [loose = ''] = filesIn(repository.folder, '.mlstore', 'objects')
    rmSync(repository.at(name))
    writeFileSync(loose, 'changed')
    assertAllRepaired(await repository.store.fsck({ repair: true }))
    assertSound(await repository.store.fsck())
    const reference = `model/${name.slice(0, 5)}`
    await repository.store.get({ reference, output: repository.at(name), noLock: true })
    assert.ok(readFileSync(repository.at(name)).equals(bytes))
  }
})

test('what was pushed and is gone is no problem, and comes back when it is wanted', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  for (const pack of packsOf(repository)) rmSync(pack)
  // The index is built again without them, so nothing tells what was there.
  const store = await repository.open()
  await store.reindex()
  assertSound(await store.fsck())
  await assertReadable(repository, store)
})

test('what is on no remote and is gone is named, file by file', async (context) => {
  const { repository } = await repositoryWithData(context)
  forgetWorkingTree(repository)
  rmSync(largestOf(packsOf(repository)))
  const store = await repository.open()
  await store.reindex()
  const { problems } = await store.fsck({ repair: true })
  const places = new Set(problems.map(({ where }) => where.split(':')[1]))
  assert.deepEqual(places, new Set(['a.txt', 'b.txt', 'big.bin', 'folder/c.txt']))
  assert.ok(problems.every(({ repaired }) => !repaired))
})

test('a file that is gone from the store is taken from the working tree, recipe and all', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.status()
  const big = seededBytes('one more', 400_000)
  writeFileSync(repository.at('data', 'more.bin'), big)
  await repository.add('data', { as: 'dataset/x' })
  await repository.store.status()
  rmSync(largestOf(packsOf(repository)))
  const store = await repository.open()
  await store.reindex()
  // The stat cache went with the catalog; status fills it again.
  await store.status()
  assertAllRepaired(await store.fsck({ repair: true }))
  assertSound(await store.fsck())
  await assertReadable(repository, store)
})

test('an unreachable remote is passed over', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.push()
  forgetWorkingTree(repository)
  rmSync(remote.folder, { recursive: true })
  flipBit(largestOf(packsOf(repository)), 300_000)
  const { problems } = await repository.store.fsck({ repair: true })
  assert.ok(problems.some(({ repaired }) => !repaired))
})
