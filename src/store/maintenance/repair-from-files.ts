/**
 * Source of a repair: files of the user that are what they were when mlstore saw them last.
 *
 * The stat cache says which file has the content that is looked for; it is read and hashed again,
 * so a wrong guess costs time and nothing else.
 */

import { recipeChunks } from '../../core/chunking/recipe-walk.ts'
import { type Digest } from '../../core/digest.ts'
import { isMlstoreError, throwIfAborted } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import type { IndexedFile } from '../../ports/object-index.ts'
import type { StatRow } from '../../ports/stat-cache.ts'
import { lookup } from '../../worktree/stat-index.ts'
import type { StoreParts } from '../parts.ts'
import type { LocalCheck } from './local-check.ts'
import type { Wants } from './wants.ts'

/** Adds the files again; what the store still has of them is not written twice. */
export async function repairFromFiles(
  { parts, signal }: LocalCheck,
  writer: ObjectWriter,
  wants: Wants,
): Promise<void> {
  const rows = parts.catalog.stats.below('/')
  const known = new Set([...rows.values()].map((row) => row.digest))
  const useful = usefulFiles(parts, wants, known)
  for (const [path, row] of rows) {
    if (!useful.has(row.digest)) continue
    throwIfAborted(signal)
    if (!(await addAgain(parts, writer, `/${path}`, row))) continue
    useful.delete(row.digest)
    wants.foundFile(row.digest)
    wants.settle(writer)
  }
}

/** Files that are wanted themselves, or that have a wanted object in them. */
function usefulFiles(parts: StoreParts, wants: Wants, known: ReadonlySet<Digest>): Set<Digest> {
  const useful = new Set([...wants.files, ...wants.objects].filter((digest) => known.has(digest)))
  const { objects: index } = parts.catalog
  for (const { id } of index.packs()) {
    for (const file of index.filesOf(id)) {
      if (known.has(file.file) && isAffected(parts, file, wants)) useful.add(file.file)
    }
  }
  return useful
}

function isAffected({ objects }: StoreParts, file: IndexedFile, wants: Wants): boolean {
  const root = { digest: file.recipe, sizeBytes: file.sizeBytes }
  const read = (nodes: readonly Digest[]): Uint8Array[] =>
    nodes.map((node) => objects.readObject(node))
  try {
    for (const chunk of recipeChunks(root, read)) if (wants.objects.has(chunk.digest)) return true
    return false
  } catch (error) {
    // A node of the recipe is itself what is looked for.
    if (isMlstoreError(error)) return true
    throw error
  }
}

/** Whether the file is still what the row says, and is in the session now. */
async function addAgain(
  { fs }: StoreParts,
  writer: ObjectWriter,
  path: string,
  row: StatRow,
): Promise<boolean> {
  try {
    const stat = fs.lstat(path)
    if (stat === undefined || lookup(stat, row) !== row.digest) return false
    const file = fs.open(path, 'read')
    try {
      return (await writer.addFile(file, { path })).digest === row.digest
    } finally {
      file.close()
    }
  } catch (error) {
    // The file is only one place to look: if it cannot be read, others are asked.
    if (isMlstoreError(error) && unusable.has(error.code)) return false
    throw error
  }
}

const unusable: ReadonlySet<string> = new Set([
  'CORRUPT',
  'FILE_CHANGED',
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'REFUSED',
])
