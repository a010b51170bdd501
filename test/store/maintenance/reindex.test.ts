/** The catalog is a view: deleted or damaged, it is built again and answers as before. */

import assert from 'node:assert/strict'
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'

import type { Store } from '../../../src/store/store.ts'
import type { TestRepository } from '../../support/store.ts'
import { assertSound, filesIn, flipBit, repositoryWithData } from './damage-store.ts'

/** Whatever a user may ask of the catalog. */
async function answers(store: Store): Promise<unknown> {
  const files: unknown[] = []
  for await (const file of store.listFiles({ reference: 'dataset/x', recursive: true })) {
    files.push(file)
  }
  return {
    artifacts: await store.listArtifacts(),
    log: await store.log('dataset/x'),
    show: await store.show('dataset/x'),
    aliases: await store.listAliases(),
    aliasLog: await store.aliasLog('dataset/x', 'prod'),
    tags: await store.listTags('dataset/x'),
    remotes: await store.listRemotes(),
    status: await store.status(),
    files,
  }
}

async function busyRepository(
  ...[context]: Parameters<typeof repositoryWithData>
): Promise<TestRepository> {
  const { repository } = await repositoryWithData(context)
  const { store } = repository
  await store.setAlias('dataset/x', 'prod')
  await store.setTags('dataset/x', { stage: 'test' })
  await store.push()
  await repository.addData({ 'new.txt': 'new' }, { label: 'second', meta: { f1: 0.5 } })
  await store.setAlias('dataset/x', 'prod')
  const third = await repository.addData({ 'third.txt': 'third' })
  await store.remove({ reference: `dataset/x@${third.digest}`, force: true })
  return repository
}

test('reindex says how much it found, and changes no answer', async (context) => {
  const repository = await busyRepository(context)
  const before = await answers(repository.store)
  const result = await repository.store.reindex()
  assert.deepEqual(result, { versions: 2, runs: 0, events: result.events })
  assert.ok(result.events > 8)
  assert.deepEqual(await answers(repository.store), before)
  assertSound(await repository.store.fsck())
})

const damagedCatalogs: Readonly<Record<string, (path: string) => void>> = {
  'that is deleted': (path) => rmSync(path),
  'that is cut': (path) => truncateSync(path, 10_000),
  'that is empty': (path) => writeFileSync(path, ''),
  'that is no database': (path) => writeFileSync(path, 'x'.repeat(50_000)),
  'with a damaged page': (path) => {
    const bytes = readFileSync(path)
    bytes.fill(0xff, 4096, 20_000)
    writeFileSync(path, bytes)
  },
  'with a damaged header': (path) => flipBit(path, 3),
}

for (const [what, damage] of Object.entries(damagedCatalogs)) {
  test(`a catalog ${what} is built again by reindex`, async (context) => {
    const repository = await busyRepository(context)
    const before = await answers(repository.store)
    await repository.store.close()
    const path = repository.at('.mlstore', 'index.sqlite')
    for (const file of filesIn(repository.folder, '.mlstore')) {
      if (/index\.sqlite-/.test(file)) rmSync(file)
    }
    damage(path)
    const store = await repository.open()
    await store.reindex()
    assert.deepEqual(await answers(store), before)
    assertSound(await store.fsck())
  })
}

test('a damaged journal keeps the catalog from being given up', async (context) => {
  const repository = await busyRepository(context)
  const before = await answers(repository.store)
  const [journal = ''] = filesIn(repository.folder, '.mlstore', 'journal')
  for (const at of [30, -30]) {
    flipBit(journal, at)
    await assert.rejects(repository.store.reindex(), { code: 'CORRUPT' })
    assert.deepEqual(await answers(repository.store), before)
    flipBit(journal, at)
  }
})

test('another handle goes on while the catalog is built again', async (context) => {
  const repository = await busyRepository(context)
  const other = await repository.open()
  const before = await answers(other)
  await repository.store.reindex()
  assert.deepEqual(await answers(other), before)
})
