/** Clock and ids: everything a use case may not invent itself, so that tests can hold it still. */

export interface Clock {
  /** Wall time; only ever displayed or recorded, never compared across machines. */
  now(): Date
  /** Monotonic milliseconds, for durations. */
  elapsedMs(): number
  /** Resolves after the time, or rejects with `INTERRUPTED`. */
  sleep(timeoutMs: number, signal?: AbortSignal): Promise<void>
}

export interface IdSource {
  /** 16 random bytes in 32 lowercase hex characters. */
  id(): string
  /** A number in [0, 1) for jitter. */
  random(): number
}
