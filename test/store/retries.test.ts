/** `withRetries` waits longer each time, for failures that may pass, and not for ever. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type ErrorCode, MlstoreError } from '../../src/errors.ts'
import { withRetries } from '../../src/store/retries.ts'

class Waits {
  readonly seconds: number[] = []

  async sleep(timeoutMs: number): Promise<void> {
    this.seconds.push(timeoutMs / 1000)
    await Promise.resolve()
  }
}

/** Fails with these, one after the other, then succeeds. */
function failing(...failures: readonly MlstoreError[]): () => Promise<string> {
  let tries = 0
  return async () => {
    await Promise.resolve()
    const failure = failures[tries++]
    if (failure !== undefined) throw failure
    return `after ${tries}`
  }
}

const silent = (details: Record<string, unknown> = {}): MlstoreError =>
  new MlstoreError('REMOTE_UNAVAILABLE', 'It does not answer.', { details, hint: 'Wait.' })

test('work that succeeds in the end gives what it gives', async () => {
  const clock = new Waits()
  assert.equal(await withRetries({ clock }, failing(silent(), silent())), 'after 3')
  assert.deepEqual(clock.seconds, [1, 3])
})

test('the last failure is told after the last retry, and marked so that nobody tries again', async () => {
  const clock = new Waits()
  const six = Array.from({ length: 6 }, () => silent({ key: 'x' }))
  await assert.rejects(withRetries({ clock }, failing(...six)), {
    code: 'REMOTE_UNAVAILABLE',
    hint: 'Wait.',
    details: { key: 'x', retryable: false, tries: 6 },
  })
  assert.deepEqual(clock.seconds, [1, 3, 7, 15, 31])
})

test('nothing is tried again that asking again does not help', async () => {
  const clock = new Waits()
  const codes: ErrorCode[] = ['NOT_FOUND', 'REMOTE_REFUSED', 'DIGEST_MISMATCH']
  const others = codes.map((code) => new MlstoreError(code, 'No.'))
  for (const failure of [silent({ retryable: false }), ...others]) {
    await assert.rejects(withRetries({ clock }, failing(failure)), { code: failure.code })
  }
  await assert.rejects(withRetries({ clock, retries: 0 }, failing(silent())), {
    code: 'REMOTE_UNAVAILABLE',
  })
  assert.deepEqual(clock.seconds, [])
})

test('an interruption ends the tries', async () => {
  const clock = new Waits()
  const signal = AbortSignal.abort()
  await assert.rejects(withRetries({ clock, signal }, failing(silent())), { code: 'INTERRUPTED' })
  assert.deepEqual(clock.seconds, [])
})
