/**
 * The writer lock: one process at a time changes the store.
 *
 * Node has no flock, SQLite has: the lock is a transaction held open with BEGIN EXCLUSIVE on a
 * database that nothing is ever written to, so its file stays empty and cannot be damaged. The
 * operating system takes the lock back when its holder dies, however it dies.
 *
 * A note beside the lock says who holds it. It is only for the message: what it says may be out
 * of date, and nothing is decided by it. No other code may open the lock's file: closing any
 * descriptor of it gives up the lock of this process (POSIX).
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs'

import { isMlstoreError, MlstoreError, throwIfAborted } from '../errors.ts'
import type { Clock, IdSource } from '../ports/clock.ts'
import { Database } from './database.ts'

export type WriterLockParts = {
  readonly clock: Clock
  readonly ids: Pick<IdSource, 'random'>
  /** Who wants the lock, for the message to others: `user@host`. */
  readonly owner: string
}

export type AcquireOptions = {
  /** How long to wait for other holders, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** The lock, held; `release` and `using` give it back. Both may be called more than once. */
export type HeldLock = Disposable & { release(): void }

const backOffMinMs = 2
const backOffMaxMs = 200

/**
 * Who is last in line for each lock file, in this process. SQLite would let whoever tries at the
 * right moment win; in line, whoever asks first is served first.
 */
const queues = new Map<string, Promise<void>>()

/** A lock file; many objects and processes may name the same one. */
export class WriterLock {
  readonly #path: string
  readonly #parts: WriterLockParts

  /** @param path Absolute, real: two spellings of one path are two queues. */
  constructor(path: string, parts: WriterLockParts) {
    this.#path = path
    this.#parts = parts
  }

  /**
   * Waits for the lock: within this process in the order of asking, against others by trying
   * again and again.
   *
   * @throws {MlstoreError} `STORE_LOCKED` after the time-out, naming the holder; `INTERRUPTED`.
   */
  async acquire(options: AcquireOptions): Promise<HeldLock> {
    const deadlineMs = this.#parts.clock.elapsedMs() + options.timeoutMs
    const leaveQueue = await this.#queue(deadlineMs, options)
    try {
      const db = await this.#lock(deadlineMs, options)
      writeNote(this.#path, this.#parts)
      return heldLock(() => {
        rmSync(notePath(this.#path), { force: true })
        db.close()
        leaveQueue()
      })
    } catch (error) {
      leaveQueue()
      throw error
    }
  }

  /** Waits until those of this process who came before are done; answers how to let the next in. */
  async #queue(deadlineMs: number, options: AcquireOptions): Promise<() => void> {
    const before = queues.get(this.#path)
    const { promise: done, resolve } = withResolvers()
    const last = before === undefined ? done : before.then(() => done)
    queues.set(this.#path, last)
    try {
      await this.#within(before, deadlineMs, options)
    } catch (error) {
      resolve()
      throw error
    }
    return () => {
      if (queues.get(this.#path) === last) queues.delete(this.#path)
      resolve()
    }
  }

  /** Waits for a promise that never fails, but not beyond the deadline. */
  async #within(
    before: Promise<void> | undefined,
    deadlineMs: number,
    { timeoutMs, signal }: AcquireOptions,
  ): Promise<void> {
    throwIfAborted(signal)
    if (before === undefined) return
    const { clock } = this.#parts
    const cancel = new AbortController()
    const stop = signal === undefined ? cancel.signal : AbortSignal.any([signal, cancel.signal])
    const restMs = Math.max(0, deadlineMs - clock.elapsedMs())
    const late = clock.sleep(restMs, stop).then(() => {
      throw this.#lockedError(timeoutMs)
    })
    // After a win of the others, nobody is there to hear of it.
    late.catch(() => undefined)
    try {
      await Promise.race([before, late])
    } finally {
      cancel.abort()
    }
  }

  async #lock(deadlineMs: number, options: AcquireOptions): Promise<Database> {
    const { clock, ids } = this.#parts
    for (let backOffMs = backOffMinMs; ; backOffMs = Math.min(backOffMs * 2, backOffMaxMs)) {
      throwIfAborted(options.signal)
      const db = tryLock(this.#path)
      if (db !== undefined) return db
      const restMs = deadlineMs - clock.elapsedMs()
      if (restMs <= 0) throw this.#lockedError(options.timeoutMs)
      const pauseMs = backOffMs * (0.5 + ids.random())
      await clock.sleep(Math.min(pauseMs, restMs), options.signal)
    }
  }

  #lockedError(timeoutMs: number): MlstoreError {
    const holder = readNote(this.#path)
    return new MlstoreError(
      'STORE_LOCKED',
      `The store is locked by ${holder ?? 'another process'}; waited ${timeoutMs} ms.`,
      {
        hint: 'Try again when the other command has finished. A lock never outlives its process.',
        details: holder === undefined ? {} : { holder },
      },
    )
  }
}

function tryLock(path: string): Database | undefined {
  const db = new Database(path, { path, busyTimeoutMs: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
    return db
  } catch (error) {
    db.close()
    if (isMlstoreError(error, 'STORE_LOCKED')) return undefined
    throw error
  }
}

function heldLock(giveBack: () => void): HeldLock {
  let isHeld = true
  const release = (): void => {
    if (!isHeld) return
    isHeld = false
    giveBack()
  }
  return { release, [Symbol.dispose]: release }
}

function notePath(path: string): string {
  return `${path}.holder`
}

/** A note that cannot be written costs a clear message, nothing more. */
function writeNote(path: string, { owner, clock }: WriterLockParts): void {
  try {
    const since = clock.now().toISOString()
    writeFileSync(notePath(path), `${owner}, process ${process.pid}, since ${since}`)
  } catch {
    // The lock is held all the same.
  }
}

function readNote(path: string): string | undefined {
  try {
    const note = readFileSync(notePath(path), 'utf8').slice(0, 300)
    return /^[\p{Letter}\p{Number}\p{Punctuation}\p{Symbol} ]+$/u.test(note) ? note : undefined
  } catch {
    return undefined
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
