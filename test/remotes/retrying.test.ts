/** Retries: what is repeated, how long is waited, and when it is given up. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { MlstoreError } from '../../src/errors.ts'
import type { Remote } from '../../src/ports/remote.ts'
import { refused, unavailable } from '../../src/remotes/failures.ts'
import { MemoryRemote } from '../../src/remotes/memory.ts'
import { defaultRetryPolicy, retryDelayMs, RetryingRemote } from '../../src/remotes/retrying.ts'
import { remoteContract } from '../contracts/remote.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

const ids = { random: () => 0.5 }
const bytes = Buffer.from('bytes')

/** A remote that first throws the failures of a list, one a request, and counts requests. */
class FailingRemote extends MemoryRemote {
  readonly failures: unknown[]
  requests = 0

  constructor(clock: FakeClock, failures: readonly unknown[]) {
    super(clock)
    this.failures = [...failures]
  }

  #meet(): void {
    this.requests += 1
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
  }

  override async get(...request: Parameters<Remote['get']>): ReturnType<Remote['get']> {
    this.#meet()
    return super.get(...request)
  }

  override async head(...request: Parameters<Remote['head']>): ReturnType<Remote['head']> {
    this.#meet()
    return super.head(...request)
  }

  override async put(...request: Parameters<Remote['put']>): Promise<void> {
    this.#meet()
    return super.put(...request)
  }

  override async create(...request: Parameters<Remote['create']>): ReturnType<Remote['create']> {
    this.#meet()
    return super.create(...request)
  }

  override async delete(...request: Parameters<Remote['delete']>): Promise<void> {
    this.#meet()
    return super.delete(...request)
  }

  override async *list(...request: Parameters<Remote['list']>): ReturnType<MemoryRemote['list']> {
    this.#meet()
    let given = 0
    for await (const object of super.list(...request)) {
      yield object
      given += 1
      if (given === 3) this.#meet()
    }
  }
}

type Opened = { clock: FakeClock; inner: FailingRemote; remote: RetryingRemote }

function open(failures: readonly unknown[]): Opened {
  const clock = fakeClock()
  const inner = new FailingRemote(clock, failures)
  return { clock, inner, remote: new RetryingRemote(inner, { clock, ids }) }
}

const lost = (): MlstoreError => unavailable('lost')
const times = (count: number, failure: () => MlstoreError): MlstoreError[] =>
  Array.from({ length: count }, failure)

remoteContract('a retrying remote', async () => {
  const clock = fakeClock()
  const remote = new RetryingRemote(new MemoryRemote(clock), { clock, ids })
  return { remote, close: () => remote.close() }
})

test('every idempotent request is repeated until it goes well', async () => {
  const requests: readonly ((remote: Remote) => Promise<unknown>)[] = [
    (remote) => remote.get('k'),
    (remote) => remote.head('k'),
    (remote) => remote.put('k', bytes),
    (remote) => remote.delete('k'),
  ]
  for (const request of requests) {
    const { remote, inner, clock } = open(times(5, lost))
    await request(remote)
    assert.equal(inner.requests, 6)
    assert.equal(clock.sleepsMs.length, 5)
  }
})

test('create is never repeated', async () => {
  const { remote, inner } = open([lost()])
  await assert.rejects(remote.create('k', bytes), { code: 'REMOTE_UNAVAILABLE' })
  assert.equal(inner.requests, 1)
})

test('the last failure is thrown after six tries, and says so', async () => {
  const { remote, inner } = open(times(6, () => unavailable('lost', { hint: 'wait' })))
  await assert.rejects(remote.get('k'), (error: unknown) => {
    assert.ok(error instanceof MlstoreError)
    assert.equal(error.code, 'REMOTE_UNAVAILABLE')
    assert.equal(error.hint, 'wait')
    assert.equal(error.details?.['tries'], 6)
    return true
  })
  assert.equal(inner.requests, 6)
})

test('a refusal, and what is said not to pass, is thrown at once', async () => {
  for (const failure of [refused('no'), unavailable('no such host', { retryable: false })]) {
    const { remote, inner } = open([failure])
    await assert.rejects(remote.get('k'), failure)
    assert.equal(inner.requests, 1)
  }
})

test('a bug is thrown as it is', async () => {
  const bug = new TypeError('not ours')
  await assert.rejects(open([bug]).remote.get('k'), bug)
})

test('what Retry-After asks for is waited', async () => {
  const busy = unavailable('busy', { throttled: true, retryAfterMs: 7_000 })
  const { remote, clock } = open([busy])
  await remote.put('k', bytes)
  assert.deepEqual(clock.sleepsMs, [7_000])
})

test('no try starts after the deadline', async () => {
  const later = (): MlstoreError => unavailable('busy', { retryAfterMs: 6 * 60_000 })
  const { remote, inner, clock } = open(times(6, later))
  await assert.rejects(remote.put('k', bytes), { code: 'REMOTE_UNAVAILABLE' })
  assert.equal(inner.requests, 3)
  assert.ok(clock.elapsedMs() <= defaultRetryPolicy.deadlineMs)
})

test('a signal ends the waiting', async () => {
  const controller = new AbortController()
  const { inner, clock } = open(times(6, lost))
  const sleep = async (timeoutMs: number, signal?: AbortSignal): Promise<void> => {
    controller.abort()
    return clock.sleep(timeoutMs, signal)
  }
  const remote = new RetryingRemote(inner, { clock: { ...clock, sleep }, ids })
  const reading = remote.get('k', { signal: controller.signal })
  await assert.rejects(reading, { code: 'INTERRUPTED' })
  assert.equal(inner.requests, 1)
})

describe('a listing that fails', () => {
  async function filled(failures: readonly unknown[]): Promise<Opened> {
    const opened = open([])
    for (let index = 0; index < 10; index++) await opened.inner.put(`k/${index}`, bytes)
    opened.inner.failures.push(...failures)
    return opened
  }
  const listed = async (remote: Remote, after?: string): Promise<string[]> => {
    const keys: string[] = []
    for await (const { key } of remote.list('k/', { after })) keys.push(key)
    return keys
  }
  const all = Array.from({ length: 10 }, (_, index) => `k/${index}`)

  test('goes on after the last key it gave', async () => {
    const { remote, clock } = await filled([undefined, lost(), undefined, lost()])
    assert.deepEqual(await listed(remote), all)
    assert.equal(clock.sleepsMs.length, 2)
  })

  test('starts where it was to start', async () => {
    const { remote } = await filled([lost()])
    assert.deepEqual(await listed(remote, 'k/4'), all.slice(5))
  })

  test('is given up after six failures in a row', async () => {
    const { remote } = await filled(times(6, lost))
    await assert.rejects(listed(remote), { code: 'REMOTE_UNAVAILABLE' })
  })

  test('is not given up while it gets on', async () => {
    const { remote } = await filled([lost(), lost(), undefined, lost(), lost(), lost()])
    assert.deepEqual(await listed(remote), all)
  })
})

test('waits are within their bounds, whatever the dice say', () => {
  const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const anyWait = fc.integer({ min: 0, max: 60_000 })
  fc.assert(
    fc.property(anyRandom, anyWait, fc.boolean(), (random, previousMs, throttled) => {
      const advice = { retryable: true, throttled, retryAfterMs: undefined }
      const delayMs = retryDelayMs(defaultRetryPolicy, advice, previousMs, random)
      const least = throttled ? 1_000 : 100
      assert.ok(delayMs >= least && delayMs <= defaultRetryPolicy.delayMsMax)
      assert.ok(delayMs <= Math.max(3 * previousMs, 3 * least))
    }),
  )
})

test('clients that failed together come back at different times', () => {
  const advice = { retryable: true, throttled: true, retryAfterMs: undefined }
  const waits = Array.from({ length: 20 }, (_, index) =>
    retryDelayMs(defaultRetryPolicy, advice, 0, index / 20),
  )
  assert.equal(new Set(waits).size, 20)
})
