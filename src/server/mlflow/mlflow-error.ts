/**
 * Failures as MLflow's clients know them: `{error_code, message}` with the status that goes with it.
 *
 * The map over `ErrorCode` is total, so that a new code cannot be added without saying what a
 * client hears. Codes and statuses are those of MLflow 3 (mlflow/exceptions.py).
 */

import { type ErrorCode, MlstoreError } from '../../errors.ts'

const statuses = {
  INTERNAL_ERROR: 500,
  TEMPORARILY_UNAVAILABLE: 503,
  RESOURCE_EXHAUSTED: 429,
  RESOURCE_CONFLICT: 409,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_DOES_NOT_EXIST: 404,
  FEATURE_DISABLED: 400,
  PERMISSION_DENIED: 403,
  UNAUTHENTICATED: 401,
  BAD_REQUEST: 400,
  INVALID_STATE: 500,
  RESOURCE_ALREADY_EXISTS: 400,
  INVALID_PARAMETER_VALUE: 400,
} as const

export type MlflowErrorCode = keyof typeof statuses

const codes: Readonly<Record<ErrorCode, MlflowErrorCode>> = {
  INVALID_ARGUMENT: 'INVALID_PARAMETER_VALUE',
  AMBIGUOUS_REFERENCE: 'INVALID_PARAMETER_VALUE',
  NOT_FOUND: 'RESOURCE_DOES_NOT_EXIST',
  STORE_MISSING: 'RESOURCE_DOES_NOT_EXIST',
  OBJECT_MISSING: 'RESOURCE_DOES_NOT_EXIST',
  ALIAS_MOVED: 'RESOURCE_CONFLICT',
  LABEL_TAKEN: 'RESOURCE_ALREADY_EXISTS',
  WORKING_TREE_CHANGED: 'RESOURCE_CONFLICT',
  FILE_CHANGED: 'RESOURCE_CONFLICT',
  REMOTE_REPLACED: 'RESOURCE_CONFLICT',
  DIGEST_MISMATCH: 'INTERNAL_ERROR',
  CORRUPT: 'INTERNAL_ERROR',
  REMOTE_UNAVAILABLE: 'TEMPORARILY_UNAVAILABLE',
  REMOTE_REFUSED: 'PERMISSION_DENIED',
  REMOTE_UNSUPPORTED: 'INTERNAL_ERROR',
  STORE_LOCKED: 'TEMPORARILY_UNAVAILABLE',
  COMMIT_UNKNOWN: 'INTERNAL_ERROR',
  REFUSED: 'PERMISSION_DENIED',
  FORMAT_UNSUPPORTED: 'INTERNAL_ERROR',
  NO_SPACE: 'INTERNAL_ERROR',
  IO_ERROR: 'INTERNAL_ERROR',
  INTERRUPTED: 'TEMPORARILY_UNAVAILABLE',
}

/** A failure that is answered in these words. */
export class MlflowError extends Error {
  override readonly name = 'MlflowError'
  readonly code: MlflowErrorCode

  constructor(code: MlflowErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export function invalidParameter(message: string): MlflowError {
  return new MlflowError('INVALID_PARAMETER_VALUE', message)
}

export function doesNotExist(message: string): MlflowError {
  return new MlflowError('RESOURCE_DOES_NOT_EXIST', message)
}

export type ErrorAnswer = {
  readonly status: number
  readonly body: { readonly error_code: MlflowErrorCode; readonly message: string }
}

/** What a client is told. Of a bug only that there was one: its text may hold anything. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof MlflowError) return answer(error.code, error.message)
  if (!(error instanceof MlstoreError)) return answer('INTERNAL_ERROR', 'Internal server error')
  const { code, message, hint } = error
  return answer(codes[code], hint === undefined ? message : `${message} ${hint}`)
}

function answer(code: MlflowErrorCode, message: string): ErrorAnswer {
  return { status: statuses[code], body: { error_code: code, message } }
}
