/**
 * What the operating system's errors mean for a directory remote.
 *
 * A folder on a network drive fails like any remote: what is not a matter of space or
 * permission is `REMOTE_UNAVAILABLE`.
 */

import { MlstoreError } from '../errors.ts'
import { refused, unavailable } from './failures.ts'

const noSpace: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const notAllowed: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS'])
const notAFolder: ReadonlySet<string> = new Set(['ENOTDIR', 'EISDIR', 'EEXIST', 'ENAMETOOLONG'])

/** The code of a system error, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether the error says that there is no such file. */
export function isAbsence(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** Translates an error of the file system met at `path`; what is translated already stays. */
export function directoryError(error: unknown, path: string): MlstoreError {
  if (error instanceof MlstoreError) return error
  const code = systemCode(error) ?? 'unknown error'
  const options = { cause: error, details: { path, systemCode: code } }
  if (noSpace.has(code)) {
    return new MlstoreError('NO_SPACE', `No space left for ${path} (${code}).`, {
      ...options,
      hint: 'Free some space on that device; what is unfinished is finished by the next run.',
    })
  }
  if (notAllowed.has(code)) {
    return refused(`Not allowed to use ${path} (${code}).`, {
      ...options,
      hint: 'Give your user the right to read and write the folder of this remote.',
    })
  }
  if (notAFolder.has(code)) {
    return refused(`${path} cannot be a part of a remote (${code}).`, {
      ...options,
      hint: 'The remote must be a folder of its own.',
    })
  }
  return unavailable(`${path} cannot be read or written (${code}).`, {
    ...options,
    hint: 'Check that the drive is connected and mounted, then run the command again.',
    retryable: false,
  })
}

/** Something in the folder of a remote is no file and no folder. */
export function notOurs(path: string, kind: string): MlstoreError {
  return refused(`${path} is ${kind}; mlstore follows none inside a remote.`, {
    hint: 'Put a real file or folder there, or use another folder for the remote.',
  })
}
