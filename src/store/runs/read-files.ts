/** Files of the user that are logged into a run. */

import { basename, join } from 'node:path'

import { invalidArgument } from '../../errors.ts'
import type { AddedFile, ObjectWriter } from '../../objects/object-writer.ts'
import { fileChanged, isUntouched } from '../../objects/unchanged.ts'
import { isExecutable } from '../../worktree/scan.ts'
import type { StoreParts } from '../parts.ts'
import { realTarget } from '../paths.ts'
import { lookIntoFolder, sourceAt } from '../user-path.ts'
import type { DraftFile } from './draft-files.ts'

/** Files up to this size are read at once. */
const smallFileBytesMax = 256 * 1024

/** @param path In the run. Default: the file's name. */
export function draftFile(parts: StoreParts, file: string, path?: string): DraftFile {
  const source = sourceAt(parts.fs, realTarget(parts, file), file)
  if (source.isFolder) throw invalidArgument(`${file} is a folder.`, 'Log it with `logFolder`.')
  return fileAt(parts, source.path, path ?? basename(source.path))
}

/** @param path Folder in the run. Default: the folder's name. */
export async function* draftFilesIn(
  parts: StoreParts,
  folder: string,
  path?: string,
): AsyncGenerator<DraftFile> {
  const source = sourceAt(parts.fs, realTarget(parts, folder), folder)
  if (!source.isFolder) throw invalidArgument(`${folder} is a file.`, 'Log it with `logFile`.')
  const prefix = path ?? basename(source.path)
  for await (const batch of lookIntoFolder(parts, source.path).entries) {
    for (const entry of batch) {
      if (entry.kind !== 'file') continue
      const inRun = prefix === '' ? entry.path : `${prefix}/${entry.path}`
      yield fileAt(parts, join(source.path, entry.path), inRun)
    }
  }
}

/** @param absolute A file. @param path In the run. */
export function fileAt(parts: StoreParts, absolute: string, path: string): DraftFile {
  const stat = parts.fs.lstat(absolute)
  if (stat === undefined) throw fileChanged(absolute)
  const isSmall = stat.sizeBytes <= smallFileBytesMax
  const store = async (writer: ObjectWriter): Promise<AddedFile> => {
    const added = isSmall
      ? writer.addSmallFile(parts.fs.readFile(absolute))
      : await addLargeFile(parts, absolute, writer)
    const after = parts.fs.lstat(absolute)
    if (after === undefined || !isUntouched(stat, after)) throw fileChanged(absolute)
    return added
  }
  return { path, exec: isExecutable(stat), store }
}

async function addLargeFile(
  { fs }: StoreParts,
  path: string,
  writer: ObjectWriter,
): Promise<AddedFile> {
  const file = fs.open(path, 'read')
  try {
    return await writer.addFile(file, { path })
  } finally {
    file.close()
  }
}
