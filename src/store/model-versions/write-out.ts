/**
 * Writes attributes out as files: all of them, or none.
 *
 * As `get` does: content first under names nobody reads, nothing through links, and no file that is
 * there is replaced unless that was asked for.
 */

import { basename, join } from 'node:path'

import type { TreeFile, TreeItem } from '../../core/tree/build.ts'
import { foldersOf } from '../../core/model-versions/attribute-paths.ts'
import { comparePaths } from '../../core/tree/name-order.ts'
import { MlstoreError } from '../../errors.ts'
import { IgnoreRules } from '../../worktree/ignore-rules.ts'
import { planChanges } from '../../worktree/plan.ts'
import { hashFiles } from '../hash-files.ts'
import type { StoreParts } from '../parts.ts'
import { realTarget } from '../paths.ts'
import { lookAtFile, lookIntoFolder, type UserPath } from '../user-path.ts'
import { applyWriteOut, limitsOf } from '../write-out.ts'
import type { WriteOptions } from './requests.ts'

/** Writes one file. @param path Where, by the name it shall have. */
export async function writeFileOut(
  parts: StoreParts,
  file: TreeFile,
  path: string,
  options: WriteOptions,
): Promise<string> {
  const target = realTarget(parts, path)
  if (parts.fs.lstat(target)?.kind === 'directory') throw inTheWay([target], 'It is a folder.')
  const named = { ...file, path: basename(target) }
  await write(parts, { found: lookAtFile(parts, target), files: [named] }, options)
  return target
}

/** Writes files into a folder, which is made if there is none. */
export async function writeFolderOut(
  parts: StoreParts,
  files: readonly TreeFile[],
  path: string,
  options: WriteOptions,
): Promise<string> {
  const folder = realTarget(parts, path)
  const kind = parts.fs.lstat(folder)?.kind
  if (kind !== undefined && kind !== 'directory') throw inTheWay([folder], 'It is no folder.')
  const look = { rules: IgnoreRules.none(), odd: 'report', signal: options.signal } as const
  const found = lookIntoFolder(parts, folder, look)
  await write(
    parts,
    { found, files: files.toSorted((a, b) => comparePaths(a.path, b.path)) },
    options,
  )
  return folder
}

type Files = { readonly found: UserPath; readonly files: readonly TreeFile[] }

async function write(
  parts: StoreParts,
  { found: { folder, index, entries }, files }: Files,
  { overwrite = false, signal }: WriteOptions,
): Promise<void> {
  if (!overwrite)
    refuseExisting(
      parts,
      files.map(({ path }) => join(folder, path)),
    )
  const plan = await planChanges({
    disk: parts.fs.lstat(folder) === undefined ? undefined : entries,
    target: [withFolders(files)],
    digestsOf: (unsure) => hashFiles(parts, folder, unsure, { index, signal }),
    titleOf: (path) => join(folder, path),
    limits: limitsOf(parts, folder),
    force: overwrite,
    signal,
  })
  index.flush()
  await applyWriteOut(parts, { request: { signal }, folder, plan })
}

/** With the folders around them, each before what is in it. @param files In tree order. */
function withFolders(files: readonly TreeFile[]): TreeItem[] {
  const known = new Set<string>()
  return files.flatMap((file) => {
    const folders = foldersOf(file.path).filter((folder) => !known.has(folder))
    for (const folder of folders) known.add(folder)
    return [...folders.map((path) => ({ kind: 'directory', path }) as const), file]
  })
}

function refuseExisting({ fs }: StoreParts, paths: readonly string[]): void {
  const there = paths.filter((path) => fs.lstat(path) !== undefined)
  if (there.length > 0) throw inTheWay(there, 'They are not overwritten unless you ask for it.')
}

function inTheWay(paths: readonly string[], why: string): MlstoreError {
  const some = paths.slice(0, 3).join(', ')
  return new MlstoreError('WORKING_TREE_CHANGED', `${some}: there already. ${why}`, {
    hint: 'Choose another place, or say `overwrite: true`.',
    details: { paths },
  })
}
