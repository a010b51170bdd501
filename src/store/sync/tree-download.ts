/**
 * The walk of a download: down the Merkle tree level by level, to the files that are wanted.
 *
 * A level is read in few requests, whatever its width, so one file of a huge version costs one
 * request a level.
 */

import { type Digest, emptyDigest } from '../../core/digest.ts'
import { packKind } from '../../core/pack/format.ts'
import type { LocatorEntry } from '../../core/pack/locator.ts'
import { decodeNode, type FileEntry, type NodeEntry } from '../../core/tree/node.ts'
import { throwIfAborted } from '../../errors.ts'
import type { PathSelection } from '../../worktree/path-selection.ts'
import type { NodeReader } from './node-reader.ts'

export type TreeRoot = { readonly digest: Digest; readonly location: LocatorEntry | undefined }

export type TreeWalkRequest = {
  readonly nodes: NodeReader
  readonly root: TreeRoot
  readonly selection: PathSelection
  readonly signal?: AbortSignal | undefined
  /** Takes a file that the selection wants. */
  onFile(file: FileEntry, hint: LocatorEntry | undefined): void
  /** Runs now and then, with all files so far taken. */
  onBatch(): Promise<void>
}

type NodeItem = {
  readonly digest: Digest
  /** Of the directory that the node is of. */
  readonly path: string
  readonly hint: LocatorEntry | undefined
}

/** Nodes read in one go: enough to share requests, few enough to bound memory. */
const nodeBatchCount = 512

/** Visits every node that the selection touches. */
export async function walkRemoteTree(request: TreeWalkRequest): Promise<void> {
  const { root, signal } = request
  let frontier: NodeItem[] = [{ digest: root.digest, path: '', hint: root.location }]
  while (frontier.length > 0) {
    const next: NodeItem[] = []
    for (let from = 0; from < frontier.length; from += nodeBatchCount) {
      throwIfAborted(signal)
      const batch = frontier.slice(from, from + nodeBatchCount)
      for await (const node of request.nodes.read(packKind.treeNode, batch)) {
        visit(request, node, next)
      }
      await request.onBatch()
    }
    frontier = next
  }
}

type VisitedNode = {
  readonly item: NodeItem
  readonly bytes: Uint8Array
  readonly locator: readonly (LocatorEntry | undefined)[] | undefined
}

function visit(request: TreeWalkRequest, node: VisitedNode, next: NodeItem[]): void {
  const { item, bytes, locator } = node
  let after: string | undefined
  for (const [index, entry] of decodeNode(bytes, `tree node ${item.digest}`).entries.entries()) {
    const hint = locator?.[index]
    const path = childPath(item.path, entry)
    if (entry.kind === 'file') {
      const isWanted = entry.digest !== emptyDigest && request.selection.includes(path)
      if (isWanted) request.onFile(entry, hint)
    } else if (entry.kind !== 'link' && isWantedNode(request.selection, item.path, entry, after)) {
      next.push({ digest: entry.digest, path, hint })
    }
    after = entry.name
  }
}

function isWantedNode(
  selection: PathSelection,
  directory: string,
  entry: NodeEntry,
  after: string | undefined,
): boolean {
  return entry.kind === 'node'
    ? selection.mayBeBetween(directory, after, entry.name)
    : selection.mayBeIn(childPath(directory, entry))
}

/** A node of the same directory has its path. */
function childPath(directory: string, { kind, name }: NodeEntry): string {
  if (kind === 'node') return directory
  return directory === '' ? name : `${directory}/${name}`
}
