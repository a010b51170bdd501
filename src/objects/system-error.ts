/**
 * Errors of the operating system, translated once.
 *
 * Callers branch on `code`; `details.system` keeps the errno name (`EXDEV`, `EMFILE`) for the few
 * that must tell two failures of one code apart, and `details.path` the path.
 */

import { type ErrorCode, isMlstoreError, MlstoreError } from '../errors.ts'

type Translation = { readonly code: ErrorCode; readonly hint: string | undefined }

const noSpace: Translation = {
  code: 'NO_SPACE',
  hint: 'Free some space, then run the command again; nothing was lost.',
}
const refused: Translation = {
  code: 'REFUSED',
  hint: 'Check who owns the path, its permissions, and whether it is mounted read-only.',
}
const absent: Translation = { code: 'NOT_FOUND', hint: undefined }
const tooManyOpen: Translation = {
  code: 'IO_ERROR',
  hint: 'Raise the limit of open files (`ulimit -n`).',
}

const translations: Readonly<Record<string, Translation>> = {
  ENOENT: absent,
  ENOTDIR: absent,
  EEXIST: { code: 'INVALID_ARGUMENT', hint: undefined },
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  EACCES: refused,
  EPERM: refused,
  EROFS: refused,
  EMFILE: tooManyOpen,
  ENFILE: tooManyOpen,
}

/** The errno name of a system error, such as `ENOENT`; `undefined` for any other value. */
export function systemCodeOf(error: unknown): string | undefined {
  if (isMlstoreError(error)) {
    const system = error.details?.['system']
    return typeof system === 'string' ? system : undefined
  }
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * Makes a failure of the operating system one of mlstore's. `action` completes "cannot …".
 *
 * What already is a `MlstoreError`, or has no errno, is returned as it is: the latter is a bug.
 */
export function fromSystemError(error: unknown, action: string, path: string): unknown {
  const system = systemCodeOf(error)
  if (system === undefined || isMlstoreError(error)) return error
  const { code, hint } = translations[system] ?? { code: 'IO_ERROR', hint: undefined }
  const exists = system === 'EEXIST' ? { exists: true } : {}
  return new MlstoreError(code, `Cannot ${action} ${path}: ${system}`, {
    hint,
    cause: error,
    details: { path, system, ...exists },
  })
}
