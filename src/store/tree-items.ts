/** Trees of versions as lists of what a working tree holds: items in tree order, in batches. */

import type { Digest } from '../core/digest.ts'
import type { TreeItem } from '../core/tree/build.ts'
import { type PathEntry, walkTree } from '../core/tree/walk.ts'
import type { Batches } from '../worktree/merge.ts'
import type { ScanEntry } from '../worktree/scan.ts'
import { everyPath, type PathSelection } from '../worktree/path-selection.ts'
import { isBelow } from '../worktree/relative-path.ts'
import { nodeSource } from './node-source.ts'
import type { StoreParts } from './parts.ts'

type TreeParts = Pick<StoreParts, 'objects'>

const itemsPerBatch = 1024

/**
 * What is selected of a tree, with the directories around it.
 *
 * A selected directory is an item like any other, also when it is empty.
 */
export function* treeItems(
  parts: TreeParts,
  root: Digest,
  selection: PathSelection = everyPath,
): Generator<TreeItem[]> {
  let batch: TreeItem[] = []
  for (const found of selectedPaths(parts, root, selection)) {
    batch.push(itemOf(found))
    if (batch.length < itemsPerBatch) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** The entry of a tree of one file; `undefined` if it is no such tree. */
export function onlyFile(
  parts: TreeParts,
  root: Digest,
): Extract<TreeItem, { kind: 'file' }> | undefined {
  const entries = walkTree(nodeSource(parts), root, { recursive: false })
  const [first, second] = [entries.next().value, entries.next().value]
  if (first === undefined || second !== undefined) return undefined
  const item = itemOf(first)
  return item.kind === 'file' ? item : undefined
}

/** The items as they are below a folder `name`, and that folder itself. */
export function* itemsBelow(
  name: string,
  batches: Iterable<readonly TreeItem[]>,
): Generator<TreeItem[]> {
  yield [{ kind: 'directory', path: name }]
  for (const batch of batches)
    yield batch.map((item) => ({ ...item, path: `${name}/${item.path}` }))
}

/** The same for what is on disk. */
export async function* entriesBelow(
  name: string,
  batches: Batches<ScanEntry>,
): AsyncGenerator<ScanEntry[]> {
  yield [{ kind: 'directory', path: name }]
  for await (const batch of batches) {
    yield batch.map((entry) => ({ ...entry, path: `${name}/${entry.path}` }))
  }
}

function selectedPaths(
  parts: TreeParts,
  root: Digest,
  selection: PathSelection,
): Generator<PathEntry> {
  if (selection === everyPath) return walkTree(nodeSource(parts), root)
  return withParents(parts, root, selection)
}

function* withParents(
  parts: TreeParts,
  root: Digest,
  selection: PathSelection,
): Generator<PathEntry> {
  const filter = { ...selection, includes: () => true }
  /** Directories around the current path of which nothing is selected so far. */
  let around: PathEntry[] = []
  for (const found of walkTree(nodeSource(parts), root, { filter })) {
    const { path, entry } = found
    around = around.filter((directory) => isBelow(path, directory.path))
    if (!selection.includes(path)) {
      if (entry.kind === 'directory') around.push(found)
      continue
    }
    yield* around
    around = []
    yield found
  }
}

function itemOf({ path, entry }: PathEntry): TreeItem {
  if (entry.kind === 'file') {
    return { kind: 'file', path, digest: entry.digest, size: entry.size, exec: entry.exec }
  }
  if (entry.kind === 'link') return { kind: 'link', path, target: entry.target }
  return { kind: 'directory', path }
}
