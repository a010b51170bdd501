/** SQLite's errors in mlstore's words: translated once, where they come up. */

import { MlstoreError, type ErrorCode } from '../errors.ts'

type Translation = { readonly code: ErrorCode; readonly what: string; readonly hint: string }

/** By primary result code: `SQLITE_IOERR_READ` is an `SQLITE_IOERR`. */
const translations: Readonly<Record<string, Translation>> = {
  SQLITE_CORRUPT: {
    code: 'CORRUPT',
    what: 'is damaged',
    hint: 'Nothing is lost: run `mlstore reindex`, which rebuilds it.',
  },
  SQLITE_NOTADB: {
    code: 'CORRUPT',
    what: 'is damaged',
    hint: 'Nothing is lost: run `mlstore reindex`, which rebuilds it.',
  },
  SQLITE_BUSY: {
    code: 'STORE_LOCKED',
    what: 'is being written by another process',
    hint: 'Try again when the other command has finished.',
  },
  SQLITE_FULL: {
    code: 'NO_SPACE',
    what: 'cannot grow: no space left',
    hint: 'Make room on the disk, for instance with `mlstore gc`, and try again.',
  },
  SQLITE_READONLY: {
    code: 'REFUSED',
    what: 'cannot be written',
    hint: 'Check who owns the folder and whether it is mounted read-only.',
  },
  SQLITE_CANTOPEN: {
    code: 'REFUSED',
    what: 'cannot be opened',
    hint: 'Check that the folder exists and who may read it.',
  },
  SQLITE_PERM: {
    code: 'REFUSED',
    what: 'cannot be opened',
    hint: 'Check who owns the folder.',
  },
  SQLITE_IOERR: {
    code: 'IO_ERROR',
    what: 'cannot be read or written',
    hint: 'Check the disk, then run `mlstore fsck`.',
  },
  SQLITE_PROTOCOL: {
    code: 'IO_ERROR',
    what: 'cannot be locked',
    hint: 'The file system may not support locks: move the store to another one.',
  },
}

/** The error to throw instead; one that means a bug in mlstore is passed on as it is. */
export function translateSqliteError(error: unknown, path: string): unknown {
  const code = sqliteCodeOf(error)
  const primary = primaryCode(code)
  const translation = primary === undefined ? undefined : translations[primary]
  if (translation === undefined) return error
  const details = { sqliteCode: code }
  return new MlstoreError(translation.code, `${path} ${translation.what} (${code}).`, {
    hint: translation.hint,
    cause: error,
    details,
  })
}

/** SQLite cannot tell why the file it shares memory through does not grow; it is a full disk. */
function primaryCode(code: string | undefined): string | undefined {
  if (code === 'SQLITE_IOERR_SHMSIZE') return 'SQLITE_FULL'
  return /^SQLITE_[A-Z]+/.exec(code ?? '')?.[0]
}

/** `SQLITE_BUSY` and the like; `undefined` for any other error. */
export function sqliteCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined
}
