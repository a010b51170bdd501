/** What of a working-tree path differs from a tree. */

import { basename } from 'node:path'

import type { Digest } from '../core/digest.ts'
import type { TreeItem } from '../core/tree/build.ts'
import { isMlstoreError } from '../errors.ts'
import type { IgnoreRules } from '../worktree/ignore-rules.ts'
import { type Batches, type Joined, joinByPath } from '../worktree/merge.ts'
import type { ScannedFile } from '../worktree/plan.ts'
import { isExecutable, type ScanEntry } from '../worktree/scan.ts'
import type { StatIndex } from '../worktree/stat-index.ts'
import { hashFiles } from './hash-files.ts'
import type { StoreParts } from './parts.ts'
import { recallTree, WatchedScan } from './remembered-tree.ts'
import { onlyFile, treeItems } from './tree-items.ts'
import { treeOfPath } from './tree-of-path.ts'
import { lookAtFile, lookIntoFolder } from './user-path.ts'

export type TreeDifference = {
  readonly isSame: boolean
  /** Paths below the one that was compared; the name of a single file. Empty where unknown. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export type CompareRequest = {
  /** Absolute; something is there. */
  readonly path: string
  readonly isFolder: boolean
  readonly root: Digest
  /** Default: what `.mlstoreignore` files say. */
  readonly rules?: IgnoreRules | undefined
  readonly signal?: AbortSignal | undefined
}

const noPaths = { added: [], removed: [], changed: [] }

/** Compares the files, links and directories at and below a path with a tree. */
export async function compareWithTree(
  parts: StoreParts,
  request: CompareRequest,
): Promise<TreeDifference> {
  try {
    return await (request.isFolder ? compareFolder : compareFile)(parts, request)
  } catch (error) {
    if (!isMlstoreError(error, 'OBJECT_MISSING')) throw error
    // The tree is not here; but what is on disk makes a tree with the same root, or does not.
    const { rules, signal, root } = request
    const isSame = (await treeOfPath(parts, request, { rules, signal })) === root
    return { ...noPaths, isSame }
  }
}

async function compareFolder(
  parts: StoreParts,
  { path, root, rules, signal }: CompareRequest,
): Promise<TreeDifference> {
  const options = { odd: 'report', rules, signal } as const
  if ((await recallTree(parts, path, options)) === root) return { ...noPaths, isSame: true }
  const place = lookIntoFolder(parts, path, options)
  const scan = new WatchedScan(parts, place)
  const digestsOf = digestsFrom(parts, place.folder, place.index, signal)
  const difference = await compare(scan.entries(), treeItems(parts, root), digestsOf)
  place.index.flush()
  if (difference.isSame) scan.remember(root)
  return difference
}

async function compareFile(
  parts: StoreParts,
  { path, root, signal }: CompareRequest,
): Promise<TreeDifference> {
  const name = basename(path)
  const target = onlyFile(parts, root)
  // A folder in the version, a file on disk: all there is to say is that they differ.
  if (target === undefined) return { ...noPaths, isSame: false, changed: [name] }
  const { folder, index, entries } = lookAtFile(parts, path)
  const digestsOf = digestsFrom(parts, folder, index, signal)
  const difference = await compare(entries, [[{ ...target, path: name }]], digestsOf)
  index.flush()
  return difference
}

type DigestsOf = (files: readonly ScannedFile[]) => Promise<readonly Digest[]>

function digestsFrom(
  parts: StoreParts,
  folder: string,
  index: StatIndex,
  signal: AbortSignal | undefined,
): DigestsOf {
  return (files) => hashFiles(parts, folder, files, { index, signal })
}

async function compare(
  disk: Batches<ScanEntry>,
  target: Batches<TreeItem>,
  digestsOf: DigestsOf,
): Promise<TreeDifference> {
  const added: string[] = []
  const removed: string[] = []
  const changed: string[] = []
  for await (const batch of joinByPath({ disk, previous: [], target })) {
    const unsure = batch.flatMap(fileToRead)
    const digests = await digestsOf(unsure)
    const digestOf = new Map(unsure.map((file, at) => [file.path, digests[at]]))
    for (const row of batch) {
      if (row.disk === undefined) removed.push(row.path)
      else if (row.target !== undefined) {
        if (!isSame(row.disk, row.target, digestOf.get(row.path))) changed.push(row.path)
      } else if (row.disk.kind !== 'other') added.push(row.path)
    }
  }
  const isSameTree = added.length + removed.length + changed.length === 0
  return { isSame: isSameTree, added, removed, changed }
}

type Row = Pick<Joined<ScanEntry, never, TreeItem>, 'disk' | 'target'>

/** A size that differs tells as much as a digest. */
function fileToRead({ disk, target }: Row): ScannedFile[] {
  const mayBeSame =
    disk?.kind === 'file' && target?.kind === 'file' && disk.stat.sizeBytes === target.size
  return mayBeSame ? [disk] : []
}

function isSame(disk: ScanEntry, target: TreeItem, digest: Digest | undefined): boolean {
  if (disk.kind === 'file' && target.kind === 'file') {
    return digest === target.digest && isExecutable(disk.stat) === (target.exec ?? false)
  }
  if (disk.kind === 'link' && target.kind === 'link') return disk.target === target.target
  return disk.kind === 'directory' && target.kind === 'directory'
}
