/**
 * Asks again: puts, gets, heads, deletes and listings are repeated after a failure that may pass.
 *
 * All of them are idempotent, so a repeat after a lost answer is harmless. `create` is not and
 * goes through untouched: a repeat would meet the caller's own object and report `exists` (rule
 * P5). A listing goes on after the last key it gave.
 *
 * Waits grow by decorrelated jitter, so that clients which failed together do not come back
 * together; what the remote itself asks for in `Retry-After` comes first. The deadline is looked
 * at between tries only: it never cuts a slow upload that moves.
 */

import { isMlstoreError, MlstoreError } from '../errors.ts'
import type { Clock, IdSource } from '../ports/clock.ts'
import type {
  CreateOutcome,
  GetOptions,
  ListOptions,
  PutOptions,
  Remote,
  RemoteObject,
  RequestOptions,
} from '../ports/remote.ts'
import { type RetryAdvice, retryAdviceOf } from './failures.ts'

export type RetryPolicy = {
  /** Tries in all, the first one included. */
  readonly triesMax: number
  readonly delayMsMin: number
  /** The shortest wait after the remote asked for fewer requests. */
  readonly throttledDelayMsMin: number
  readonly delayMsMax: number
  /** No try starts later than this after the first one did. */
  readonly deadlineMs: number
}

export const defaultRetryPolicy: RetryPolicy = {
  triesMax: 6,
  delayMsMin: 100,
  throttledDelayMsMin: 1_000,
  delayMsMax: 20_000,
  deadlineMs: 15 * 60_000,
}

export type RetryTiming = {
  readonly clock: Pick<Clock, 'elapsedMs' | 'sleep'>
  readonly ids: Pick<IdSource, 'random'>
}

/**
 * How long to wait before the next try.
 *
 * @param previousMs The wait before the failed try; 0 at first.
 * @param random In [0, 1).
 */
export function retryDelayMs(
  policy: RetryPolicy,
  advice: RetryAdvice,
  previousMs: number,
  random: number,
): number {
  const least = advice.throttled ? policy.throttledDelayMsMin : policy.delayMsMin
  const most = Math.max(least, previousMs * 3, least * 3)
  const jittered = Math.min(policy.delayMsMax, least + random * (most - least))
  return Math.round(Math.max(jittered, advice.retryAfterMs ?? 0))
}

/** One request's tries: says after each failure whether and when to try again. */
class Tries {
  readonly #policy: RetryPolicy
  readonly #timing: RetryTiming
  readonly #startedMs: number
  #made = 0
  #delayMs = 0

  constructor(policy: RetryPolicy, timing: RetryTiming) {
    this.#policy = policy
    this.#timing = timing
    this.#startedMs = timing.clock.elapsedMs()
  }

  /** Waits until the next try, or throws the failure if there is to be none. */
  async waitAfter(failure: unknown, signal: AbortSignal | undefined): Promise<void> {
    this.#made += 1
    const advice = retryAdviceOf(failure)
    if (!advice.retryable) throw failure
    const random = this.#timing.ids.random()
    this.#delayMs = retryDelayMs(this.#policy, advice, this.#delayMs, random)
    const elapsedMs = this.#timing.clock.elapsedMs() - this.#startedMs
    const isLate = elapsedMs + this.#delayMs > this.#policy.deadlineMs
    if (this.#made >= this.#policy.triesMax || isLate) throw given(failure, this.#made)
    await this.#timing.clock.sleep(this.#delayMs, signal)
  }

  /** Something arrived: the next failure is a first one. */
  progressed(): void {
    this.#made = 0
    this.#delayMs = 0
  }
}

export class RetryingRemote implements Remote {
  readonly url: string
  readonly #inner: Remote
  readonly #timing: RetryTiming
  readonly #policy: RetryPolicy

  constructor(inner: Remote, timing: RetryTiming, policy: RetryPolicy = defaultRetryPolicy) {
    this.url = inner.url
    this.#inner = inner
    this.#timing = timing
    this.#policy = policy
  }

  get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    return this.#retry(options.signal, () => this.#inner.get(key, options))
  }

  head(key: string, options: RequestOptions = {}): Promise<RemoteObject | undefined> {
    return this.#retry(options.signal, () => this.#inner.head(key, options))
  }

  put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<void> {
    return this.#retry(options.signal, () => this.#inner.put(key, bytes, options))
  }

  create(key: string, bytes: Uint8Array, options?: RequestOptions): Promise<CreateOutcome> {
    return this.#inner.create(key, bytes, options)
  }

  delete(key: string, options: RequestOptions = {}): Promise<void> {
    return this.#retry(options.signal, () => this.#inner.delete(key, options))
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<RemoteObject> {
    const tries = new Tries(this.#policy, this.#timing)
    let after = options.after
    for (;;) {
      try {
        for await (const object of this.#inner.list(prefix, { ...options, after })) {
          tries.progressed()
          after = object.key
          yield object
        }
        return
      } catch (failure) {
        await tries.waitAfter(failure, options.signal)
      }
    }
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  async #retry<Answer>(
    signal: AbortSignal | undefined,
    request: () => Promise<Answer>,
  ): Promise<Answer> {
    const tries = new Tries(this.#policy, this.#timing)
    for (;;) {
      try {
        return await request()
      } catch (failure) {
        await tries.waitAfter(failure, signal)
      }
    }
  }
}

/** The last failure, with the number of tries said. */
function given(failure: unknown, tries: number): unknown {
  if (!isMlstoreError(failure) || tries === 1) return failure
  return new MlstoreError(failure.code, `${failure.message} Tried ${tries} times.`, {
    hint: failure.hint,
    cause: failure.cause,
    details: { ...failure.details, tries },
  })
}
