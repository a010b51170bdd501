/** Ids that count upward, so that a test's names and packs are the same in every run. */

import type { IdSource } from '../../src/ports/clock.ts'

export class SequentialIds implements IdSource {
  readonly #prefix: string
  #next = 0

  /** Two sources in one test need prefixes of their own, up to 16 hex characters. */
  constructor(prefix = '0') {
    this.#prefix = prefix
  }

  id(): string {
    this.#next += 1
    return this.#prefix.padStart(16, '0') + this.#next.toString(16).padStart(16, '0')
  }

  random(): number {
    return 0.5
  }
}
