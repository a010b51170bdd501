/** A clock that stands still until somebody sleeps: sleeping costs no time and is written down. */

import { throwIfAborted } from '../../src/errors.ts'
import type { Clock } from '../../src/ports/clock.ts'

export type FakeClock = Clock & {
  /** How long each sleep was to last, in order. */
  readonly sleepsMs: number[]
  advance(timeMs: number): void
}

export function fakeClock(): FakeClock {
  let elapsed = 0
  const sleepsMs: number[] = []
  return {
    sleepsMs,
    now: () => new Date(Date.UTC(2026, 10, 21) + elapsed),
    elapsedMs: () => elapsed,
    advance: (timeMs) => {
      elapsed += timeMs
    },
    sleep: async (timeoutMs, signal) => {
      throwIfAborted(signal)
      sleepsMs.push(timeoutMs)
      elapsed += timeoutMs
      await Promise.resolve()
      throwIfAborted(signal)
    },
  }
}
