/**
 * Failures of a remote, and what each says about asking again.
 *
 * An adapter makes one attempt and says here whether another may help; `retrying.ts` and
 * `adaptive-limit.ts` act on it. The advice travels in `details`, so there stays one error class.
 */

import { isMlstoreError, MlstoreError } from '../errors.ts'

export type FailureOptions = {
  readonly hint?: string | undefined
  readonly cause?: unknown
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

export type UnavailableOptions = FailureOptions & {
  /** Whether the same request may work a little later. Default: true. */
  readonly retryable?: boolean
  /** The remote asked for fewer requests. */
  readonly throttled?: boolean
  /** How long the remote asked to be left alone. */
  readonly retryAfterMs?: number | undefined
}

/** What to do after a failure. */
export type RetryAdvice = {
  readonly retryable: boolean
  readonly throttled: boolean
  readonly retryAfterMs: number | undefined
}

const tryLater = 'Nothing is lost; run the command again when the remote answers.'

/** The remote did not answer, or answered that it cannot now. */
export function unavailable(message: string, options: UnavailableOptions = {}): MlstoreError {
  const { retryable = true, throttled = false, retryAfterMs } = options
  return new MlstoreError('REMOTE_UNAVAILABLE', message, {
    hint: options.hint ?? tryLater,
    cause: options.cause,
    details: {
      ...options.details,
      retryable,
      ...(throttled ? { throttled } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  })
}

/** The remote answered with a no. */
export function refused(message: string, options: FailureOptions = {}): MlstoreError {
  return new MlstoreError('REMOTE_REFUSED', message, options)
}

/** The remote cannot do what mlstore needs. */
export function unsupported(message: string, options: FailureOptions = {}): MlstoreError {
  return new MlstoreError('REMOTE_UNSUPPORTED', message, options)
}

/** Reads the advice of a failure; of anything that is not one of ours, the advice is to stop. */
export function retryAdviceOf(failure: unknown): RetryAdvice {
  if (!isMlstoreError(failure, 'REMOTE_UNAVAILABLE')) {
    return { retryable: false, throttled: false, retryAfterMs: undefined }
  }
  const retryAfterMs = failure.details?.['retryAfterMs']
  return {
    retryable: failure.details?.['retryable'] !== false,
    throttled: failure.details?.['throttled'] === true,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
  }
}
