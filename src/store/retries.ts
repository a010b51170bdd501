/**
 * Tries work again that failed because a remote did not answer, a little later each time.
 *
 * The remotes on S3 repeat their requests themselves; this is for what is larger than a request,
 * and for what comes from elsewhere.
 */

import { isMlstoreError, MlstoreError, throwIfAborted } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'

export type Retries = {
  readonly clock: Pick<Clock, 'sleep'>
  /** Tries after the first one. Default: 5, which waits for a minute in all. */
  readonly retries?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const retriesDefault = 5

/**
 * Does the work, again after 1, 3, 7, 15, 31 … seconds.
 *
 * @throws {MlstoreError} The last `REMOTE_UNAVAILABLE`, or any other failure at once.
 */
export async function withRetries<Result>(
  { clock, retries = retriesDefault, signal }: Retries,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      throwIfAborted(signal)
      if (!mayPass(error)) throw error
      if (tried > retries) throw givenUp(error, tried)
    }
    await clock.sleep((2 ** tried - 1) * 1000, signal)
  }
}

function mayPass(error: unknown): error is MlstoreError {
  return isMlstoreError(error, 'REMOTE_UNAVAILABLE') && error.details?.['retryable'] !== false
}

/** Whoever tries larger work again leaves this one be. */
function givenUp(
  { code, message, hint, cause, details }: MlstoreError,
  tries: number,
): MlstoreError {
  return new MlstoreError(code, message, {
    hint,
    cause,
    details: { ...details, retryable: false, tries },
  })
}
