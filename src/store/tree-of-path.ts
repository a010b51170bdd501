/** The tree that `add` would make of a working-tree path, in memory: nothing is stored. */

import { basename, dirname } from 'node:path'

import type { Digest } from '../core/digest.ts'
import { TreeBuilder } from '../core/tree/build.ts'
import type { TreeNode } from '../core/tree/node.ts'
import { fileSystemTime } from '../worktree/file-system-time.ts'
import { IgnoreRules } from '../worktree/ignore-rules.ts'
import type { ScannedFile } from '../worktree/plan.ts'
import { isExecutable, scanFolder, type ScanEntry } from '../worktree/scan.ts'
import { StatIndex } from '../worktree/stat-index.ts'
import { hashFiles } from './hash-files.ts'
import type { StoreParts } from './parts.ts'
import { scanOne } from './write-out.ts'

/**
 * Reads what changed since the stat cache knew it, and builds the tree.
 *
 * @param path Absolute, without links.
 * @param nodes Gets the tree's nodes.
 * @returns The root's digest.
 */
export async function treeOfPath(
  parts: StoreParts,
  path: string,
  nodes: Map<Digest, TreeNode>,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const { fs, layout, ids, catalog } = parts
  const isFolder = fs.lstat(path)?.kind === 'directory'
  const folder = isFolder ? path : dirname(path)
  const timeNs = fileSystemTime(fs, { folder, scratch: layout.temporary, id: ids.id() })
  const index = new StatIndex(catalog.stats, folder, timeNs)
  const tree = new TreeBuilder((digest, _bytes, node) => nodes.set(digest, node))
  const batches = isFolder
    ? scanFolder(fs, path, IgnoreRules.top(), { signal })
    : [scanOne(fs, folder, basename(path))]
  for await (const batch of batches) {
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
