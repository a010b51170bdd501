import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { invalidArgument } from '../../src/errors.ts'
import { blocksOf } from '../../src/objects/file-blocks.ts'

test('a read that fails while the block before is worked on fails when its block is asked for', async () => {
  const file = {
    readAsync: async (_into: Uint8Array, position: number): Promise<number> => {
      if (position > 0) throw invalidArgument('bad sector')
      return 10
    },
  }
  const blocks = blocksOf(file)
  assert.equal((await blocks.next()).value?.length, 10)
  // Node looks for failures that nobody handles once per turn; the test runner fails for one.
  await setImmediate()
  await setImmediate()
  await assert.rejects(blocks.next(), { message: 'bad sector' })
})
