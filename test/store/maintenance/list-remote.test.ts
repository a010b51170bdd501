/** remote ls shows artifacts, versions or keys. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { TestRepository } from '../../support/store.ts'
import { repositoryWithData } from './damage-store.ts'

async function keysOf({ store }: TestRepository, path?: string): Promise<string[]> {
  const keys: string[] = []
  for await (const item of store.listRemote('origin', path)) keys.push(item.key)
  return keys
}

test('without a path the artifacts that were pushed are listed, with their sizes', async (context) => {
  const { repository } = await repositoryWithData(context)
  assert.deepEqual(await keysOf(repository), [])
  await repository.store.push()
  await repository.add('data', { as: 'model/unpushed' })
  const items: unknown[] = []
  for await (const item of repository.store.listRemote('origin')) items.push(item)
  assert.deepEqual(items, [{ key: 'dataset/x', sizeBytes: 705_024 }])
})

test('an artifact lists its versions, the newest first', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.addData({ 'a.txt': 'a' }, { label: 'v2' })
  await repository.store.push()
  assert.deepEqual(await keysOf(repository, 'dataset/x'), [
    'dataset/x@v2',
    'dataset/x@2026-11-21-04-44-50',
  ])
  assert.deepEqual(await keysOf(repository, 'dataset'), ['dataset/x'])
})

test('a folder of the remote lists its keys', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  assert.deepEqual(await keysOf(repository, 'log'), ['log/00000000000000000001'])
  assert.equal(
    (await keysOf(repository, 'pack/')).length,
    (await keysOf(repository, 'index')).length,
  )
})

test('what the remote does not have is not found', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  await assert.rejects(keysOf(repository, 'model/other'), { code: 'NOT_FOUND' })
  const unknown = repository.store.listRemote('nowhere')
  await assert.rejects(unknown[Symbol.asyncIterator]().next(), { code: 'NOT_FOUND' })
})
