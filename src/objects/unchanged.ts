/** Whether a file was left alone while it was read. */

import { MlstoreError } from '../errors.ts'
import type { FileStat } from '../ports/file-system.ts'

/** Same file, same length, and nothing was written, renamed or linked between the two looks. */
export function isUntouched(before: FileStat, after: FileStat): boolean {
  return (
    before.inode === after.inode &&
    before.sizeBytes === after.sizeBytes &&
    before.mtimeNs === after.mtimeNs &&
    before.ctimeNs === after.ctimeNs
  )
}

export function fileChanged(path: string): MlstoreError {
  return new MlstoreError('FILE_CHANGED', `${path} changed while it was read.`, {
    hint: 'Wait until whatever writes it is done, then run the command again.',
    details: { path },
  })
}
