/**
 * Exit codes: what a script learns without reading a message.
 *
 * The numbers are a contract. The map is total over `ErrorCode`, so that a new code cannot
 * be added without saying how the process ends.
 */

import type { ErrorCode } from '../errors.ts'

export const exitCodes: Readonly<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 2,
  AMBIGUOUS_REFERENCE: 2,
  NOT_FOUND: 3,
  STORE_MISSING: 3,
  OBJECT_MISSING: 3,
  ALIAS_MOVED: 4,
  LABEL_TAKEN: 4,
  WORKING_TREE_CHANGED: 4,
  FILE_CHANGED: 4,
  REMOTE_REPLACED: 4,
  DIGEST_MISMATCH: 5,
  CORRUPT: 5,
  REMOTE_UNAVAILABLE: 6,
  REMOTE_REFUSED: 6,
  REMOTE_UNSUPPORTED: 6,
  STORE_LOCKED: 7,
  COMMIT_UNKNOWN: 8,
  REFUSED: 9,
  FORMAT_UNSUPPORTED: 9,
  NO_SPACE: 10,
  IO_ERROR: 10,
  INTERRUPTED: 130,
}

/** How a command ends that did its work but found something to tell the caller. */
export const outcomes = {
  /** A check failed, or mlstore has a bug. */
  failed: 1,
  /** Something changed on both sides, or is not pushed. */
  conflict: 4,
  /** Wrong bytes were found and not repaired. */
  damaged: 5,
  /** The remote cannot be used as it is. */
  remoteUnusable: 6,
} as const

/** One line a code, for the help text and the reference page. */
export const exitCodeMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'done'],
  [1, 'a bug or an unexpected failure'],
  [2, 'wrong usage or bad input'],
  [3, 'not found'],
  [4, 'conflict: moved, taken, changed or replaced'],
  [5, 'wrong bytes found'],
  [6, 'remote unreachable or refused'],
  [7, 'busy: another process writes'],
  [8, 'commit state unknown'],
  [9, 'refused by policy'],
  [10, 'no space or I/O error'],
  [130, 'interrupted'],
]
