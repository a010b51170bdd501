/** Opening, making and sharing stores: what is found, what is refused, who sees what when. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { TestRepository } from '../support/store.ts'

test('two handles on one store see each other without being opened again', async (context) => {
  const repository = await TestRepository.create(context)
  const other = await repository.open()
  assert.deepEqual(await other.listArtifacts(), [])
  const added = await repository.addData({ 'a.txt': 'a' })
  assert.deepEqual(
    (await other.log('dataset/x')).map(({ digest }) => digest),
    [added.digest],
  )
  await other.setAlias('dataset/x', 'prod')
  assert.deepEqual((await repository.store.show('dataset/x')).aliases, ['prod'])
})
