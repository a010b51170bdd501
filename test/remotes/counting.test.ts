/** Requests and bytes are counted, also of requests that fail. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { CountingRemote } from '../../src/remotes/counting.ts'
import { MemoryRemote } from '../../src/remotes/memory.ts'
import { remoteContract } from '../contracts/remote.ts'
import { fakeClock } from './fake-clock.ts'

remoteContract('a counting remote', async () => {
  const remote = new CountingRemote(new MemoryRemote(fakeClock()))
  return { remote, close: () => remote.close() }
})

test('counts each kind of request and the bytes both ways', async () => {
  const remote = new CountingRemote(new MemoryRemote(fakeClock()))
  await remote.put('a', Buffer.alloc(10))
  await remote.create('a', Buffer.alloc(5))
  await remote.create('b', Buffer.alloc(7))
  await remote.get('a')
  await remote.get('a', { range: { start: 2, end: 5 } })
  await remote.get('absent')
  await remote.head('a')
  await remote.delete('b')
  await assert.rejects(remote.get('a', { range: { start: 0, end: 99 } }))
  for await (const _ of remote.list('')) break
  assert.deepEqual(remote.stats, {
    requests: 10,
    byKind: { get: 4, head: 1, put: 1, create: 2, delete: 1, list: 1 },
    bytesSent: 22,
    bytesReceived: 13,
  })
})

test('a listing counts once for each thousand objects begun', async () => {
  const inner = new MemoryRemote(fakeClock())
  for (let index = 0; index < 2001; index++) await inner.put(`k/${index}`, Buffer.from(''))
  for (const [count, expected] of [
    [0, 1],
    [1000, 1],
    [1001, 2],
    [2000, 2],
    [2001, 3],
  ] as const) {
    const remote = new CountingRemote(inner)
    let seen = 0
    const prefix = count === 0 ? 'none/' : 'k/'
    for await (const _ of remote.list(prefix)) if (++seen === count) break
    assert.equal(remote.stats.byKind.list, expected, `${count} objects`)
  }
})
