/**
 * Finding one path in a tree: one node a level, however large the tree is.
 */

import { corrupt } from '../../errors.ts'
import type { Digest } from '../digest.ts'
import { isSafeLinkTarget, splitTreePath } from '../names.ts'
import { compareNames } from './name-order.ts'
import type { NodeEntry, TreeEntry, TreeNode } from './node.ts'
import { type NodePointer, pointerAt, readPointer } from './pointer.ts'
import {
  type AsyncNodeSource,
  type NodeSource,
  readAsync,
  type Reading,
  readSync,
} from './reading.ts'

/**
 * What stands at a path, or `undefined`.
 *
 * @param path Relative to the root of the version, not empty.
 * @throws {MlstoreError} `INVALID_ARGUMENT` if no tree can hold such a path.
 */
export function lookupPath(source: NodeSource, root: Digest, path: string): TreeEntry | undefined {
  return readSync(lookup(root, path), source)
}

/** `lookupPath` for nodes that take a while. */
export function lookupPathAsync(
  source: AsyncNodeSource,
  root: Digest,
  path: string,
): Promise<TreeEntry | undefined> {
  return readAsync(lookup(root, path), source)
}

/** The reading behind `lookupPath`. */
export function* lookup(root: Digest, path: string): Reading<never, TreeEntry | undefined> {
  let directory: NodePointer | undefined = { digest: root }
  let entry: TreeEntry | undefined
  for (const name of splitTreePath(path)) {
    entry = directory && (yield* lookupName(directory, name))
    directory = entry?.kind === 'directory' ? { digest: entry.digest, size: entry.size } : undefined
  }
  if (entry !== undefined) checkLink(path, entry)
  return entry
}

/**
 * Refuses a link that leads out of the version.
 *
 * @throws {MlstoreError} `CORRUPT`: mlstore never writes one.
 */
export function checkLink(path: string, entry: TreeEntry): void {
  if (entry.kind !== 'link' || isSafeLinkTarget(path, entry.target)) return
  throw corrupt(
    'the tree',
    `${JSON.stringify(path)} links outside: ${JSON.stringify(entry.target)}`,
  )
}

/** Index of the first entry whose name is not before `name`; the number of entries if none. */
export function lowerBound(node: TreeNode, name: string): number {
  let low = 0
  let high = node.entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const entry = node.entries[middle]
    if (entry !== undefined && compareNames(entry.name, name) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function* lookupName(directory: NodePointer, name: string): Reading<never, TreeEntry | undefined> {
  let pointer = directory
  for (;;) {
    const reached = yield* readPointer(pointer)
    const index = lowerBound(reached.node, name)
    const entry: NodeEntry | undefined = reached.node.entries[index]
    if (entry?.kind !== 'node') return entry?.name === name ? entry : undefined
    pointer = pointerAt(reached, index)
  }
}
