/**
 * Gives something prepared its final name, also where the folder in between is a mount of another
 * file system: there it is copied next to its place first, so that the last step is a rename again.
 */

import { isMlstoreError } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'
import { isExecutable } from './scan.ts'
import { unfinishedBeside } from './reserved-names.ts'

const copyBufferBytes = 1024 * 1024

/** Renames, or copies and renames where the file systems differ. */
export function move(fs: FileSystem, from: string, to: string, id: string): void {
  try {
    fs.rename(from, to)
  } catch (error) {
    if (!isMlstoreError(error) || error.details?.['system'] !== 'EXDEV') throw error
    const beside = unfinishedBeside(to, id)
    copyTree(fs, from, beside)
    fs.rename(beside, to)
    fs.removeTree(from)
  }
}

/** Copies a file, a link or a folder with all that is in it, each file fsynced. */
function copyTree(fs: FileSystem, from: string, to: string): void {
  const stat = fs.lstat(from)
  if (stat?.kind === 'link') fs.symlink(fs.readLink(from), to)
  else if (stat?.kind === 'directory') copyFolder(fs, from, to)
  else copyFile(fs, from, to)
}

function copyFolder(fs: FileSystem, from: string, to: string): void {
  fs.makeDirectory(to)
  for (const { name } of fs.readDirectory(from)) copyTree(fs, `${from}/${name}`, `${to}/${name}`)
  fs.syncDirectory(to)
}

function copyFile(fs: FileSystem, from: string, to: string): void {
  const source = fs.open(from, 'read')
  try {
    const copy = fs.open(to, 'create', isExecutable(source.stat()) ? 0o777 : 0o666)
    try {
      const buffer = Buffer.allocUnsafe(copyBufferBytes)
      for (let at = 0, count = 1; count > 0; at += count) {
        count = source.read(buffer, at)
        copy.write(buffer.subarray(0, count), at)
      }
      copy.sync()
    } finally {
      copy.close()
    }
  } finally {
    source.close()
  }
}
