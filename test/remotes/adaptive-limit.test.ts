/** Requests at once: halved when the remote complains, grown back when it does not. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { AdaptiveLimit, LimitedRemote } from '../../src/remotes/adaptive-limit.ts'
import { unavailable } from '../../src/remotes/failures.ts'
import { MemoryRemote } from '../../src/remotes/memory.ts'
import { remoteContract } from '../contracts/remote.ts'
import { fakeClock } from './fake-clock.ts'

remoteContract('a limited remote', async () => {
  const remote = new LimitedRemote(new MemoryRemote(fakeClock()), new AdaptiveLimit(2, 4))
  return { remote, close: () => remote.close() }
})

test('one burst of complaints halves the limit once', () => {
  const limit = new AdaptiveLimit(16, 32)
  const permits = Array.from({ length: 16 }, () => limit.started())
  for (const permit of permits) limit.throttled(permit)
  assert.equal(limit.limit, 8)
  limit.throttled(limit.started())
  assert.equal(limit.limit, 4)
})

test('grows by one for as many successes as the limit allows', () => {
  const limit = new AdaptiveLimit(2, 4)
  const seen = Array.from({ length: 12 }, () => {
    limit.succeeded()
    return limit.limit
  })
  assert.deepEqual(seen, [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4])
})

test('stays between one and its bound', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (outcomes) => {
      const limit = new AdaptiveLimit(8, 12)
      for (const isGood of outcomes) {
        if (isGood) limit.succeeded()
        else limit.throttled(limit.started())
        assert.ok(limit.limit >= 1 && limit.limit <= 12 && Number.isInteger(limit.limit))
      }
    }),
  )
})

/** A remote whose answers come when the test says so. */
class GatedRemote extends MemoryRemote {
  readonly #waiting: ((failure?: unknown) => void)[] = []

  get underWay(): number {
    return this.#waiting.length
  }

  override async get(): Promise<Uint8Array | undefined> {
    const failure = await new Promise<unknown>((resolve) => {
      this.#waiting.push(resolve)
    })
    if (failure !== undefined) throw failure
    return undefined
  }

  /** Answers the oldest request and lets everybody react. */
  async answer(failure?: unknown): Promise<void> {
    this.#waiting.shift()?.(failure)
    await settle()
  }
}

async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}

test('never lets more through than the limit, and lets the next in when one is done', async () => {
  const inner = new GatedRemote(fakeClock())
  const remote = new LimitedRemote(inner, new AdaptiveLimit(3, 3))
  const requests = Array.from({ length: 5 }, (_, index) => remote.get(`k/${index}`))
  await settle()
  assert.equal(inner.underWay, 3)
  await inner.answer()
  assert.equal(inner.underWay, 3)
  while (inner.underWay > 0) await inner.answer()
  await Promise.all(requests)
})

test('a complaint lets fewer in', async () => {
  const inner = new GatedRemote(fakeClock())
  const remote = new LimitedRemote(inner, new AdaptiveLimit(4, 4))
  const requests = Array.from({ length: 8 }, (_, index) => remote.get(`k/${index}`))
  const settled = Promise.allSettled(requests)
  await settle()
  const busy = unavailable('busy', { throttled: true })
  await inner.answer(busy)
  await inner.answer(busy)
  assert.equal(inner.underWay, 2)
  while (inner.underWay > 0) await inner.answer()
  const outcomes = (await settled).map((result) => result.status)
  assert.deepEqual(outcomes.filter((status) => status === 'rejected').length, 2)
})

test('a request that waits for its place can be interrupted, and leaves the queue', async () => {
  const inner = new GatedRemote(fakeClock())
  const remote = new LimitedRemote(inner, new AdaptiveLimit(1, 1))
  const controller = new AbortController()
  const first = remote.get('k/1')
  const second = remote.get('k/2', { signal: controller.signal })
  const third = remote.get('k/3')
  await settle()
  controller.abort()
  await assert.rejects(second, { code: 'INTERRUPTED' })
  await inner.answer()
  await inner.answer()
  await Promise.all([first, third])
})

test('deleting while listing does not wait for itself, however low the limit', async () => {
  const remote = new LimitedRemote(new MemoryRemote(fakeClock()), new AdaptiveLimit(1, 1))
  for (const key of ['a', 'b', 'c']) await remote.put(key, Buffer.from(key))
  for await (const object of remote.list('')) await remote.delete(object.key)
  for await (const object of remote.list('')) assert.fail(`${object.key} is left`)
})
