/**
 * Failures as clients of an Artifactory know them: `{"errors":[{"status","message"}]}`.
 *
 * The map over `ErrorCode` is total, so that a new code cannot be added without saying what a
 * client hears.
 */

import { type ErrorCode, MlstoreError } from '../../errors.ts'
import { BodyTooLong } from '../body.ts'

const statuses: Readonly<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 400,
  AMBIGUOUS_REFERENCE: 400,
  NOT_FOUND: 404,
  STORE_MISSING: 404,
  OBJECT_MISSING: 404,
  ALIAS_MOVED: 409,
  LABEL_TAKEN: 409,
  WORKING_TREE_CHANGED: 409,
  FILE_CHANGED: 409,
  REMOTE_REPLACED: 409,
  DIGEST_MISMATCH: 409,
  CORRUPT: 500,
  REMOTE_UNAVAILABLE: 503,
  REMOTE_REFUSED: 403,
  REMOTE_UNSUPPORTED: 500,
  STORE_LOCKED: 503,
  COMMIT_UNKNOWN: 500,
  REFUSED: 403,
  FORMAT_UNSUPPORTED: 500,
  NO_SPACE: 507,
  IO_ERROR: 500,
  INTERRUPTED: 503,
}

/** A failure that is answered in these words. */
export class FrogmlError extends Error {
  override readonly name = 'FrogmlError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** What a client is told. Of a bug only that there was one: its text may hold anything. */
export function frogmlErrorAnswer(error: unknown): Response {
  if (error instanceof FrogmlError) return refused(error.status, error.message)
  if (error instanceof BodyTooLong) return refused(413, error.message)
  if (!(error instanceof MlstoreError)) return refused(500, 'Internal server error')
  const { code, message, hint } = error
  return refused(statuses[code], hint === undefined ? message : `${message} ${hint}`)
}

export function refused(status: number, message: string): Response {
  return Response.json({ errors: [{ status, message }] }, { status })
}
