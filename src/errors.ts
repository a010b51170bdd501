/**
 * Every failure mlstore raises on purpose.
 *
 * Callers branch on `code`, which is part of the public API. The message is for people
 * and may change in any release. A bug in mlstore itself is an `AssertionError` instead,
 * so nobody catches one by mistake.
 */

/** What went wrong, as callers need to tell it apart. Exit codes are a total map over it. */
export type ErrorCode =
  /** An argument, a name, a path or a file given by the user cannot be used. */
  | 'INVALID_ARGUMENT'
  /** A reference matches several things; the message lists them. */
  | 'AMBIGUOUS_REFERENCE'
  /** No artifact, version, label, alias, path, remote or setting of that name. */
  | 'NOT_FOUND'
  /** No `.mlstore` here or above. */
  | 'STORE_MISSING'
  /** Bytes that a version needs are neither here nor on any remote that was asked. */
  | 'OBJECT_MISSING'
  /** Someone else moved the alias first. */
  | 'ALIAS_MOVED'
  /** The label already names another version. */
  | 'LABEL_TAKEN'
  /** Files in the working tree are not what mlstore wrote there. */
  | 'WORKING_TREE_CHANGED'
  /** A file changed while it was read. */
  | 'FILE_CHANGED'
  /** The remote is not the one this store knows: rolled back, replaced or recreated. */
  | 'REMOTE_REPLACED'
  /** Bytes on disk or on the wire are not what their name promises. */
  | 'DIGEST_MISMATCH'
  /** A file of the store or the remote cannot be read as what it should be. */
  | 'CORRUPT'
  /** The remote did not answer, also after retries. */
  | 'REMOTE_UNAVAILABLE'
  /** The remote answered and refused: credentials, permissions, region, bucket. */
  | 'REMOTE_REFUSED'
  /** The remote lacks something mlstore needs, such as conditional writes. */
  | 'REMOTE_UNSUPPORTED'
  /** Another process holds the writer lock. */
  | 'STORE_LOCKED'
  /** A commit was sent and its outcome is not known. */
  | 'COMMIT_UNKNOWN'
  /** A policy or a guard refused. */
  | 'REFUSED'
  /** The store or the remote was written by a newer mlstore. */
  | 'FORMAT_UNSUPPORTED'
  /** No space left on the device. */
  | 'NO_SPACE'
  /** The operating system failed to read or write. */
  | 'IO_ERROR'
  /** The user, or an AbortSignal, stopped the work. */
  | 'INTERRUPTED'

export type ErrorOptions = {
  /** One sentence telling the user what to do next. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** Facts for programs, printed by `--json`: never a secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

export class MlstoreError extends Error {
  override readonly name = 'MlstoreError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.details = options.details
  }
}

export function isMlstoreError(value: unknown, code?: ErrorCode): value is MlstoreError {
  return value instanceof MlstoreError && (code === undefined || value.code === code)
}

/** The caller gave something that cannot be used. */
export function invalidArgument(message: string, hint?: string): MlstoreError {
  return new MlstoreError('INVALID_ARGUMENT', message, { hint })
}

export function notFound(message: string, hint?: string): MlstoreError {
  return new MlstoreError('NOT_FOUND', message, { hint })
}

/** The bytes on disk or on the wire are not the bytes their name promises. */
export function digestMismatch(where: string, expected: string, actual: string): MlstoreError {
  return new MlstoreError('DIGEST_MISMATCH', `${where}: expected ${expected}, read ${actual}`, {
    hint: 'Run `mlstore fsck --repair` to fetch a good copy from a remote.',
  })
}

/** A file of the store or of a remote cannot be parsed as what its name says it is. */
export function corrupt(where: string, why: string, cause?: unknown): MlstoreError {
  return new MlstoreError('CORRUPT', `${where} is damaged: ${why}`, {
    hint: 'Run `mlstore fsck` to see everything that is damaged.',
    cause,
  })
}

/** Throws `INTERRUPTED` when the signal was raised; called between units of work. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new MlstoreError('INTERRUPTED', 'Interrupted.', {
      hint: 'Nothing is lost; run the command again to finish.',
      cause: signal.reason,
    })
  }
}
