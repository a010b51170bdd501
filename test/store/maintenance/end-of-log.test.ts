/** The end of a log is found in few requests, however long it is. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { logKey } from '../../../src/core/remote-layout.ts'
import { MlstoreError } from '../../../src/errors.ts'
import { CountingRemote } from '../../../src/remotes/counting.ts'
import { MemoryRemote } from '../../../src/remotes/memory.ts'
import { endOfLog } from '../../../src/store/maintenance/end-of-log.ts'
import { systemEnvironment } from '../../../src/store/system-environment.ts'

async function logOf(entries: number): Promise<MemoryRemote> {
  const remote = new MemoryRemote(systemEnvironment().clock)
  for (let seq = 1; seq <= entries; seq++) await remote.put(logKey(seq), Buffer.from('{}'))
  return remote
}

test('the end is found from the start and from any entry', async () => {
  for (const entries of [0, 1, 2, 3, 7, 8, 9, 100, 513]) {
    const remote = await logOf(entries)
    assert.equal(await endOfLog(remote, 0), entries)
    assert.equal(await endOfLog(remote, entries), entries)
    assert.equal(await endOfLog(remote, Math.floor(entries / 2)), entries)
  }
})

test('a thousand entries cost some twenty requests', async () => {
  const counting = new CountingRemote(await logOf(1000))
  await endOfLog(counting, 0)
  assert.ok(counting.stats.requests <= 22, `${counting.stats.requests} requests`)
})

test('a refusal stands for an entry that is not there, any other error does not', async () => {
  const remote = await logOf(5)
  const failing = (error: MlstoreError): MemoryRemote =>
    Object.assign(remote, {
      head: async (key: string) => {
        if (key > logKey(5)) throw error
        return { key, sizeBytes: 2, modifiedAt: new Date(0) }
      },
    })
  const forbidden = new MlstoreError('REMOTE_REFUSED', 'no', { details: { forbidden: true } })
  assert.equal(await endOfLog(failing(forbidden), 0), 5)
  const unreachable = new MlstoreError('REMOTE_UNAVAILABLE', 'no')
  await assert.rejects(endOfLog(failing(unreachable), 0), { code: 'REMOTE_UNAVAILABLE' })
})
