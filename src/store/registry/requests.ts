/** What callers ask about registered versions. */

import type { Goal } from './results.ts'

export type PreviousVersionsRequest = {
  /** Only those that match: `tags.stage = 'prod'`. Default: all. */
  readonly query?: string | undefined
  /** At most so many. Default: 1. */
  readonly count?: number | 'all' | undefined
}

export type ChooseWinnerRequest = {
  /** By which metric the best run is found; its last value counts. */
  readonly metric?: string | undefined
  /** Whether large values are good. Default: `max`. */
  readonly goal?: Goal | undefined
  /** The winner itself, by id or name, instead of a metric. */
  readonly run?: string | undefined
  /**
   * Among which runs. Default, without `experiments` too: the run that made the version, those
   * started within it, and those started within the same run.
   */
  readonly query?: string | undefined
  /** By name or id. */
  readonly experiments?: readonly string[]
  readonly reason?: string | undefined
}
