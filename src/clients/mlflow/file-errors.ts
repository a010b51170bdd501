/** Failures of the file system around uploads and downloads, in our codes. */

import { invalidArgument, MlstoreError, notFound } from '../../errors.ts'

/**
 * For `catch`: throws what went wrong with a file of this machine.
 *
 * @throws {MlstoreError} `NOT_FOUND`, `INVALID_ARGUMENT` when it is in the way, `NO_SPACE` or `IO_ERROR`
 */
export function fileError(path: string): (error: unknown) => never {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') throw notFound(`There is nothing at ${path}.`)
    if (code === 'EEXIST') throw invalidArgument(`${path} is there already.`)
    if (code === 'ENOSPC') throw new MlstoreError('NO_SPACE', `No space left for ${path}.`)
    const why = error instanceof Error ? error.message : String(error)
    throw new MlstoreError('IO_ERROR', `${path}: ${why}`, { cause: error })
  }
}
