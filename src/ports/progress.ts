/**
 * Progress: how far a long operation has come. Use cases report, doors draw.
 *
 * Reporting must be cheap enough to be called once a file or a megabyte.
 */

/** Amounts since the last report. What is done are `bytes` and `dedupedBytes` together. */
export type ProgressStep = {
  readonly files?: number
  /** Negative when bytes reported earlier turn out to be deduplicated. */
  readonly bytes?: number
  /** Bytes that did not have to be written or sent because they were there. */
  readonly dedupedBytes?: number
}

export type ProgressTotal = { readonly files?: number; readonly bytes?: number }

export interface ProgressTask {
  /** More to do than was known so far: the total grows while the work goes on. */
  addTotal(more: ProgressTotal): void
  advance(step: ProgressStep): void
  end(): void
}

export interface Progress {
  /** `title` is what a person reads: `add`, `upload`, `download`. */
  start(title: string, total?: ProgressTotal): ProgressTask
}

const idleTask: ProgressTask = {
  addTotal: () => undefined,
  advance: () => undefined,
  end: () => undefined,
}

/** Reports to nobody. */
export const silentProgress: Progress = { start: () => idleTask }
