/** Every store and remote that a released format wrote is read by this code: fixtures/stores. */

import assert from 'node:assert/strict'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { cloneStore, openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { listFolder } from '../worktree/folder-spec.ts'
import { writeFixtureData } from '../support/make-store-fixture.ts'
import { testEnvironment } from '../support/store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const fixture = fileURLToPath(new URL('../../fixtures/stores/v1/', import.meta.url))

/** What the fixture holds, whatever opens it. */
async function checkVersions(store: Store, folder: string): Promise<void> {
  const log = await store.log('dataset/tiny')
  assert.deepEqual(
    log.map(({ label, root, aliases, tags }) => ({
      label,
      root: root.slice(0, 16),
      aliases,
      tags,
    })),
    [
      { label: '2026-11-21-04-45-50', root: '81cceb7ffd17604b', aliases: ['prod'], tags: {} },
      { label: 'v1', root: '75c9d622a72bb8d0', aliases: [], tags: { stage: 'prod' } },
    ],
  )
  assert.deepEqual((await store.show('dataset/tiny@v1')).meta, {
    epochs: 3,
    f1: 0.5,
    nested: { list: [1, 'two', null] },
  })
  const history = await store.aliasLog('dataset/tiny', 'prod')
  assert.deepEqual(
    history.map((move) => move.reason),
    ['newer', null],
  )
  await store.get({ reference: 'dataset/tiny@v1', output: join(folder, 'out') })
  writeFixtureData(join(folder, 'expected'))
  assert.deepEqual(listFolder(join(folder, 'out')), listFolder(join(folder, 'expected')))
  assert.deepEqual((await store.fsck()).problems, [])
}

test('a store of format 1 is opened, read and found whole, without its catalog', async (context) => {
  const folder = temporaryFolder(context)
  cpSync(join(fixture, 'store'), join(folder, '.mlstore'), { recursive: true })
  await using store = await openStore({ environment: testEnvironment(folder) })
  await checkVersions(store, folder)
})

test('a remote of format 1 is cloned, read and found whole', async (context) => {
  const folder = temporaryFolder(context)
  cpSync(join(fixture, 'remote'), join(folder, 'remote'), { recursive: true })
  const clone = join(folder, 'clone')
  mkdirSync(clone)
  const environment = testEnvironment(clone)
  await cloneStore({ settings: { url: `file://${join(folder, 'remote')}` } }, environment)
  await using store = await openStore({ environment })
  await checkVersions(store, folder)
  assert.deepEqual((await store.fsck({ remote: 'origin' })).problems, [])
})
