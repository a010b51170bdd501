/** `diff`: what changed between two versions, or between a version and the working tree. */

import { isAbsolute, resolve } from 'node:path'

import { parseReference } from '../core/reference.ts'
import type { Digest } from '../core/digest.ts'
import { diffTrees } from '../core/tree/diff.ts'
import type { NodeSink } from '../core/tree/layers.ts'
import type { TreeNode } from '../core/tree/node.ts'
import type { NodeSource } from '../core/tree/reading.ts'
import type { IgnoreRules } from '../worktree/ignore-rules.ts'
import { noFiles } from '../worktree/path-selection.ts'
import { ensureLocal } from './ensure-local.ts'
import { ExclusionsOfPaths } from './exclusions.ts'
import { listed } from './list.ts'
import { lockedPaths } from './lock-file.ts'
import { nodeSource } from './node-source.ts'
import type { StoreParts } from './parts.ts'
import { pathInRepository } from './paths.ts'
import type { WorkOptions } from './requests.ts'
import { resolveReference } from './resolve.ts'
import type { DiffResult } from './results.ts'
import { treeOfPath } from './tree-of-path.ts'
import { sourceAt } from './user-path.ts'

/**
 * Compares two sides, each a reference or a path of the working tree.
 *
 * A side that is there as a file or folder is a path; with `@` it is a reference, unless it is
 * absolute.
 * Only nodes that differ are read, and fetched if need be.
 */
export async function diff(
  parts: StoreParts,
  before: string,
  after: string,
  options: WorkOptions = {},
): Promise<DiffResult> {
  const nodes = new Map<Digest, TreeNode>()
  const from = await sideOf(parts, before, nodes, options)
  const to = await sideOf(parts, after, nodes, options)
  const stored = nodeSource(parts)
  const source: NodeSource = { node: (digest) => nodes.get(digest) ?? stored.node(digest) }
  return resultOf(diffTrees(source, from, to))
}

async function sideOf(
  parts: StoreParts,
  text: string,
  nodes: Map<Digest, TreeNode>,
  { signal }: WorkOptions,
): Promise<Digest> {
  const path = resolve(parts.cwd, text)
  const mayBePath = isAbsolute(text) || !text.includes('@')
  if (mayBePath && parts.fs.lstat(path) !== undefined) {
    const source = sourceAt(parts.fs, parts.fs.realPath(path), text)
    const onNode: NodeSink = (digest, _bytes, node) => nodes.set(digest, node)
    const rules = rulesFor(parts, source.path)
    return treeOfPath(parts, source, { onNode, rules, signal })
  }
  const version = resolveReference(parts, parseReference(text))
  await ensureLocal(parts, version, noFiles('', true), signal)
  return version.root
}

/** As `add` would look at the path. */
function rulesFor(parts: StoreParts, path: string): IgnoreRules | undefined {
  const inRepository = pathInRepository(parts, path)
  const locked = lockedPaths(parts).find((line) => line.path === inRepository)
  return locked && new ExclusionsOfPaths(parts).rulesOf(locked)
}

function resultOf(found: ReturnType<typeof diffTrees>): DiffResult {
  const added = found.added.map(listed)
  const changed = found.changed.map(({ path, before, after }) => ({
    path,
    before: listed({ path, entry: before }),
    after: listed({ path, entry: after }),
  }))
  const sizes = [...added, ...changed.map(({ after }) => after)].map((file) => file.sizeBytes)
  return {
    added,
    removed: found.removed.map(listed),
    changed,
    renamed: found.renamed.map(({ from, to, after }) => ({
      from,
      to,
      sizeBytes: after.kind === 'link' ? 0 : after.size,
    })),
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
  }
}
