/** A store that is whole has no problems; whatever is done to its files is named by fsck. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { TestRepository } from '../../support/store.ts'

test('a store without damage has no problems', async (context) => {
  const repository = await TestRepository.create(context)
  await repository.addData({ 'a.txt': 'a', b: { 'c.bin': 'c'.repeat(1000) } })
  const result = await repository.store.fsck()
  assert.deepEqual(result.problems, [])
  assert.ok(result.objects > 0)
})
