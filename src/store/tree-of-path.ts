/** The tree that `add` would make of a working-tree path, in memory: nothing is stored. */

import type { Digest } from '../core/digest.ts'
import { TreeBuilder } from '../core/tree/build.ts'
import type { NodeSink } from '../core/tree/layers.ts'
import type { IgnoreRules } from '../worktree/ignore-rules.ts'
import type { ScannedFile } from '../worktree/plan.ts'
import { isExecutable, type ScanEntry } from '../worktree/scan.ts'
import { hashFiles } from './hash-files.ts'
import type { StoreParts } from './parts.ts'
import { lookAt, type Source } from './user-path.ts'

export type TreeOfPathOptions = {
  /** Gets the tree's nodes. */
  readonly onNode?: NodeSink | undefined
  /** Default: what `.mlstoreignore` files say. */
  readonly rules?: IgnoreRules | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads what changed since the stat cache knew it, and builds the tree.
 *
 * @returns The root's digest.
 */
export async function treeOfPath(
  parts: StoreParts,
  source: Source,
  { onNode = () => undefined, rules, signal }: TreeOfPathOptions = {},
): Promise<Digest> {
  const { folder, index, entries } = lookAt(parts, source, { rules, signal })
  const tree = new TreeBuilder(onNode)
  for await (const batch of entries) {
    const files = batch.filter((entry): entry is ScannedFile => entry.kind === 'file')
    const digests = await hashFiles(parts, folder, files, { index, signal })
    const digestOf = new Map(files.map((file, at) => [file.path, digests[at]]))
    for (const entry of batch) addEntry(tree, entry, digestOf.get(entry.path))
  }
  index.flush()
  return tree.end().root
}

function addEntry(tree: TreeBuilder, entry: ScanEntry, digest: Digest | undefined): void {
  const { path } = entry
  if (entry.kind === 'directory') tree.add({ kind: 'directory', path })
  else if (entry.kind === 'link') tree.add({ kind: 'link', path, target: entry.target })
  else if (entry.kind === 'file' && digest !== undefined) {
    const { stat } = entry
    tree.add({ kind: 'file', path, digest, size: stat.sizeBytes, exec: isExecutable(stat) })
  }
}
