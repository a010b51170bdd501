/**
 * As many requests at once as the remote bears.
 *
 * The limit halves when the remote asks for fewer requests (503 SlowDown, 429) and grows back by
 * one each time as many requests went well as the limit allows: additive increase, multiplicative
 * decrease, as TCP does. Requests that were under way together are throttled together; only the
 * first of them halves the limit, or one burst would bring it down to 1.
 *
 * Listings hold no place: whoever lists may make other requests between two objects, and with
 * few places that would wait for itself for ever.
 */

import { setMaxListeners } from 'node:events'

import { throwIfAborted } from '../errors.ts'
import type {
  CreateOutcome,
  GetOptions,
  ListOptions,
  PutOptions,
  Remote,
  RemoteObject,
  RequestOptions,
} from '../ports/remote.ts'
import { retryAdviceOf } from './failures.ts'

/** Stands for a request that was let through. */
export type Permit = { readonly generation: number }

/** The arithmetic alone: no queue, no clock. */
export class AdaptiveLimit {
  readonly #max: number
  #limit: number
  #credit = 0
  #generation = 0

  constructor(initial: number, max: number) {
    this.#limit = initial
    this.#max = max
  }

  /** Requests that may be under way at once; at least 1. */
  get limit(): number {
    return this.#limit
  }

  started(): Permit {
    return { generation: this.#generation }
  }

  succeeded(): void {
    this.#credit += 1
    if (this.#credit < this.#limit) return
    this.#credit = 0
    this.#limit = Math.min(this.#max, this.#limit + 1)
  }

  throttled(permit: Permit): void {
    if (permit.generation !== this.#generation) return
    this.#generation += 1
    this.#credit = 0
    this.#limit = Math.max(1, Math.floor(this.#limit / 2))
  }
}

type Waiter = { readonly admit: () => void }

export class LimitedRemote implements Remote {
  readonly url: string
  readonly #inner: Remote
  readonly #limit: AdaptiveLimit
  readonly #waiters = new Set<Waiter>()
  #underWay = 0

  constructor(inner: Remote, limit: AdaptiveLimit) {
    this.url = inner.url
    this.#inner = inner
    this.#limit = limit
  }

  get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    return this.#admitted(options.signal, () => this.#inner.get(key, options))
  }

  head(key: string, options: RequestOptions = {}): Promise<RemoteObject | undefined> {
    return this.#admitted(options.signal, () => this.#inner.head(key, options))
  }

  put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<void> {
    return this.#admitted(options.signal, () => this.#inner.put(key, bytes, options))
  }

  create(key: string, bytes: Uint8Array, options: RequestOptions = {}): Promise<CreateOutcome> {
    return this.#admitted(options.signal, () => this.#inner.create(key, bytes, options))
  }

  delete(key: string, options: RequestOptions = {}): Promise<void> {
    return this.#admitted(options.signal, () => this.#inner.delete(key, options))
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<RemoteObject> {
    return this.#inner.list(prefix, options)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  async #admitted<Answer>(
    signal: AbortSignal | undefined,
    request: () => Promise<Answer>,
  ): Promise<Answer> {
    // Many requests share one signal on purpose; Node would warn of a leak at the eleventh.
    if (signal !== undefined) setMaxListeners(0, signal)
    await this.#place(signal)
    const permit = this.#limit.started()
    try {
      const answer = await request()
      if (answer !== 'unknown') this.#limit.succeeded()
      return answer
    } catch (failure) {
      if (retryAdviceOf(failure).throttled) this.#limit.throttled(permit)
      throw failure
    } finally {
      this.#underWay -= 1
      this.#admitWaiting()
    }
  }

  /** Resolves when the request may start, first come first served. */
  async #place(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal)
    if (this.#waiters.size === 0 && this.#underWay < this.#limit.limit) {
      this.#underWay += 1
      return
    }
    const isAdmitted = await new Promise<boolean>((resolve) => {
      const leave = (): void => {
        this.#waiters.delete(waiter)
        resolve(false)
      }
      const waiter: Waiter = {
        admit: () => {
          signal?.removeEventListener('abort', leave)
          resolve(true)
        },
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiters.add(waiter)
    })
    if (!isAdmitted) throwIfAborted(signal)
  }

  #admitWaiting(): void {
    for (const waiter of this.#waiters) {
      if (this.#underWay >= this.#limit.limit) return
      this.#waiters.delete(waiter)
      this.#underWay += 1
      waiter.admit()
    }
  }
}
