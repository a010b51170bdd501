/** What of a working-tree path differs from a tree. */

import { dirname, basename } from 'node:path'

import type { Digest } from '../core/digest.ts'
import type { TreeItem } from '../core/tree/build.ts'
import { isMlstoreError } from '../errors.ts'
import { fileSystemTime } from '../worktree/file-system-time.ts'
import { IgnoreRules } from '../worktree/ignore-rules.ts'
import { joinByPath } from '../worktree/merge.ts'
import { everyPath } from '../worktree/path-selection.ts'
import type { ScannedFile } from '../worktree/plan.ts'
import { isExecutable, scanFolder, type ScanEntry } from '../worktree/scan.ts'
import { StatIndex } from '../worktree/stat-index.ts'
import { hashFiles } from './hash-files.ts'
import type { StoreParts } from './parts.ts'
import { onlyFile, scanOne, treeItems } from './write-out.ts'

export type TreeDifference = {
  readonly isThere: boolean
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
  /** The tree's nodes are not here: only whether something is at the path is known. */
  readonly isTreeUnknown: boolean
}

export type CompareRequest = {
  /** Absolute. */
  readonly path: string
  readonly root: Digest
  readonly signal?: AbortSignal | undefined
}

/** Compares files, links and directories below a path with a tree. */
export async function compareWithTree(
  parts: StoreParts,
  request: CompareRequest,
): Promise<TreeDifference> {
  const { fs } = parts
  const stat = fs.lstat(request.path)
  const none = { added: [], removed: [], changed: [] }
  if (stat === undefined) return { ...none, isThere: false, isTreeUnknown: false }
  try {
    const found = await compare(parts, request, stat.kind === 'directory')
    return { ...found, isThere: true, isTreeUnknown: false }
  } catch (error) {
    if (!isMlstoreError(error, 'OBJECT_MISSING')) throw error
    return { ...none, isThere: true, isTreeUnknown: true }
  }
}

async function compare(
  parts: StoreParts,
  { path, root, signal }: CompareRequest,
  isFolder: boolean,
): Promise<{ added: string[]; removed: string[]; changed: string[] }> {
  const { fs, layout, ids, catalog } = parts
  const folder = isFolder ? path : dirname(path)
  const name = basename(path)
  const timeNs = fileSystemTime(fs, { folder, scratch: layout.temporary, id: ids.id() })
  const index = new StatIndex(catalog.stats, folder, timeNs)
  const disk = isFolder
    ? scanFolder(fs, path, IgnoreRules.top(), { odd: 'report', signal })
    : [scanOne(fs, folder, name)]
  const target = isFolder ? treeItems(parts, root, everyPath) : [[onlyFile(parts, root, name)]]
  const added: string[] = []
  const removed: string[] = []
  const changed: string[] = []
  for await (const batch of joinByPath<ScanEntry, TreeItem, TreeItem>({
    disk,
    previous: [],
    target,
  })) {
    const unsure = batch.flatMap((row) => (needsReading(row) ? [row.disk] : []))
    const digests = await hashFiles(parts, folder, unsure, { index, signal })
    const digestOf = new Map(unsure.map((file, at) => [file.path, digests[at]]))
    for (const row of batch) {
      if (row.target === undefined) added.push(row.path)
      else if (row.disk === undefined) removed.push(row.path)
      else if (!isSame(row.disk, row.target, digestOf.get(row.path))) changed.push(row.path)
    }
  }
  index.flush()
  return { added, removed, changed }
}

type Pair = { readonly disk: ScanEntry | undefined; readonly target: TreeItem | undefined }

function needsReading(pair: Pair): pair is { disk: ScannedFile; target: TreeItem } {
  const { disk, target } = pair
  return disk?.kind === 'file' && target?.kind === 'file' && disk.stat.sizeBytes === target.size
}

function isSame(disk: ScanEntry, target: TreeItem, digest: Digest | undefined): boolean {
  if (disk.kind === 'file' && target.kind === 'file') {
    return digest === target.digest && isExecutable(disk.stat) === (target.exec ?? false)
  }
  if (disk.kind === 'link' && target.kind === 'link') return disk.target === target.target
  return disk.kind === 'directory' && target.kind === 'directory'
}
