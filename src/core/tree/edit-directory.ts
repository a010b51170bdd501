/**
 * Edits the nodes of one directory so that they equal those of a full rebuild.
 *
 * The split rule forgets everything at a cut. So, level by level, cutting starts again at the
 * beginning of each node that an edit falls into and goes on until a new cut meets an old one;
 * what lies between is replaced, everything else stays unread. The replaced nodes are the edits
 * of the level above.
 */

import type { Digest } from '../digest.ts'
import { LevelCursor } from './cursor.ts'
import { DirectoryLayers, type DirectoryRoot, type NodeSink, storeNode } from './layers.ts'
import { compareNames } from './name-order.ts'
import { type ChildNodeEntry, emptyNode, type NodeEntry, nodeSize, type TreeNode } from './node.ts'
import { type ReachedNode, readPointer } from './pointer.ts'
import { referencesOf } from './reach.ts'
import type { Reading } from './reading.ts'
import { Splitter } from './split.ts'

/** What one name becomes: an entry, nothing, or what `replace` makes of the entry there. */
export type NameEdit =
  | { readonly name: string; readonly entry: NodeEntry | undefined }
  | {
      readonly name: string
      readonly replace: (old: NodeEntry | undefined) => Reading<never, NodeEntry | undefined>
    }

/**
 * Applies edits, sorted by name and each name once.
 *
 * @param sink Gets the nodes that the directory has now and had not before.
 */
export function* editDirectory(
  root: ReachedNode,
  edits: readonly NameEdit[],
  sink: NodeSink,
): Reading<never, DirectoryRoot> {
  const upper = new UpperNodes()
  let levelEdits = edits
  let made: readonly ChildNodeEntry[] = []
  for (const [level, cursor] of LevelCursor.ofLevels(root).entries()) {
    const change = new LevelChange(level, level === 0 ? sink : upper.sink)
    yield* editLevel(cursor, levelEdits, change)
    made = change.made
    levelEdits = change.editsAbove()
    if (levelEdits.length === 0) return { digest: root.pointer.digest, size: nodeSize(root.node) }
  }
  const result = yield* upper.rootOver(made, root.node.level, sink)
  upper.release(result.digest, sink)
  return result
}

/** What the edits of one level do to its nodes. */
class LevelChange {
  readonly level: number
  /** Nodes that take the place of the removed ones, in order. */
  readonly made: ChildNodeEntry[] = []
  readonly #sink: NodeSink
  /** Nodes cut anew, by their last names; some of them may be made again as they were. */
  readonly #removed = new Map<string, Digest>()

  constructor(level: number, sink: NodeSink) {
    this.level = level
    this.#sink = sink
  }

  remove({ node, pointer }: ReachedNode): void {
    const last = node.entries.at(-1)
    if (last !== undefined) this.#removed.set(last.name, pointer.digest)
  }

  make(node: TreeNode): void {
    const entry = storeNode(node, (digest, bytes, stored) => {
      if (this.#removed.get(stored.entries.at(-1)?.name ?? '') === digest) return
      this.#sink(digest, bytes, stored)
    })
    this.made.push(entry)
  }

  /** What that is for the level above, where these nodes are entries. */
  editsAbove(): readonly NameEdit[] {
    const isAsBefore = ({ name, digest }: ChildNodeEntry): boolean =>
      this.#removed.get(name) === digest
    const madeNames = new Set(this.made.map((entry) => entry.name))
    return [
      ...this.made
        .filter((entry) => !isAsBefore(entry))
        .map((entry) => ({ name: entry.name, entry })),
      ...[...this.#removed.keys()]
        .filter((name) => !madeNames.has(name))
        .map((name) => ({ name, entry: undefined })),
    ].sort((a, b) => compareNames(a.name, b.name))
  }
}

/** Cuts the touched stretches of one level anew. */
function* editLevel(
  cursor: LevelCursor,
  edits: readonly NameEdit[],
  change: LevelChange,
): Reading<never, void> {
  let next = 0
  for (let edit = edits[next]; edit !== undefined; edit = edits[next]) {
    const splitter = new Splitter(change.level)
    let reached: ReachedNode | undefined = yield* cursor.seek(edit.name)
    while (reached !== undefined) {
      change.remove(reached)
      const end = cursor.isLast ? edits.length : endOfEdits(edits, next, reached.node)
      for (const entry of yield* merge(reached.node.entries, edits.slice(next, end))) {
        const node = splitter.push(entry)
        if (node !== undefined) change.make(node)
      }
      next = end
      reached = splitter.isAtCut ? undefined : yield* cursor.next()
    }
    const rest = splitter.flush()
    if (rest !== undefined) change.make(rest)
  }
}

/** Index of the first edit, from `start` on, that is behind the last name of the node. */
function endOfEdits(edits: readonly NameEdit[], start: number, node: TreeNode): number {
  const last = node.entries.at(-1)?.name ?? ''
  let end = start
  for (let edit = edits[end]; edit !== undefined; edit = edits[end]) {
    if (compareNames(edit.name, last) > 0) break
    end += 1
  }
  return end
}

/** The entries of a node after the edits. */
function* merge(
  entries: readonly NodeEntry[],
  edits: readonly NameEdit[],
): Reading<never, readonly NodeEntry[]> {
  const merged: NodeEntry[] = []
  let next = 0
  for (const edit of edits) {
    let old = entries[next]
    while (old !== undefined && compareNames(old.name, edit.name) < 0) {
      merged.push(old)
      next += 1
      old = entries[next]
    }
    const same = old?.name === edit.name ? old : undefined
    if (same !== undefined) next += 1
    const entry = 'entry' in edit ? edit.entry : yield* edit.replace(same)
    if (entry !== undefined) merged.push(entry)
  }
  return merged.concat(entries.slice(next))
}

type HeldNode = { readonly bytes: Buffer; readonly node: TreeNode }

/**
 * New nodes of the levels above 0, held back until the root is known: where a directory gets so
 * small that it loses levels, some of them are of no use.
 */
class UpperNodes {
  readonly #held = new Map<Digest, HeldNode>()

  readonly sink: NodeSink = (digest: Digest, bytes: Buffer, node: TreeNode): void => {
    this.#held.set(digest, { bytes, node })
  };

  /**
   * The root over the nodes that the level of the old root now has: adds levels above them, or
   * drops levels that came down to one node.
   */
  *rootOver(
    made: readonly ChildNodeEntry[],
    level: number,
    sink: NodeSink,
  ): Reading<never, DirectoryRoot> {
    const [only, ...others] = made
    if (only === undefined) return storeNode(emptyNode, sink)
    if (others.length === 0) return yield* this.#lowestRoot(only, level)
    const layers = new DirectoryLayers(this.sink, level + 1)
    for (const entry of made) layers.add(entry)
    return layers.end()
  }

  /** Hands over the held nodes that the root leads to. */
  release(root: Digest, sink: NodeSink): void {
    const used = new Set<Digest>()
    const waiting = [root]
    for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
      const held = this.#held.get(digest)
      if (held === undefined) continue
      used.add(digest)
      waiting.push(...referencesOf(held.node))
    }
    for (const [digest, { bytes, node }] of this.#held)
      if (used.has(digest)) sink(digest, bytes, node)
  }

  *#lowestRoot(top: ChildNodeEntry, topLevel: number): Reading<never, DirectoryRoot> {
    let root = top
    for (let level = topLevel; level > 0; level -= 1) {
      const held = this.#held.get(root.digest)
      const { node } = held ?? (yield* readPointer({ digest: root.digest, size: root.size }))
      const [child, ...siblings] = node.entries
      if (child?.kind !== 'node' || siblings.length > 0) break
      root = child
    }
    return root
  }
}
