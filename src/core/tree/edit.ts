/**
 * Edits a tree: the root that a full rebuild would give, from the nodes the changes concern.
 */

import { invalidArgument, type MlstoreError } from '../../errors.ts'
import type { Digest } from '../digest.ts'
import { splitTreePath } from '../names.ts'
import { leafEntry, type TreeItem, type TreeLeaf } from './build.ts'
import { editDirectory, type NameEdit } from './edit-directory.ts'
import { type DirectoryRoot, type NodeSink, storeNode } from './layers.ts'
import { compareNames } from './name-order.ts'
import { emptyNode, emptyNodeDigest, type NodeEntry } from './node.ts'
import { type NodePointer, pointerAt, readPointer, readPointers } from './pointer.ts'
import {
  type AsyncNodeSource,
  type NodeSource,
  readAsync,
  type Reading,
  readSync,
} from './reading.ts'

/** What is at a path afterwards: an item, or nothing. */
export type TreeChange = TreeItem | { readonly kind: 'removed'; readonly path: string }

export type EditedTree = {
  readonly root: Digest
  /** Bytes of all files. */
  readonly size: number
  /** How many more files and links there are; negative if there are fewer. */
  readonly filesDelta: number
}

/**
 * Applies changes to a tree and hands over the nodes that are new.
 *
 * An item takes the place of whatever is at its path, a directory with all in it included, and
 * makes the directories above it; only a directory keeps what is in a directory that is there.
 * Removing takes a directory with all in it, or nothing if nothing is there; the directory
 * around it stays, also when it is empty now. One path may be removed and set at once.
 *
 * @param root The tree to edit; `undefined` begins with nothing.
 * @param sink Gets the new nodes, children before parents.
 * @throws {MlstoreError} `INVALID_ARGUMENT` as for `buildTree`.
 */
export function editTree(
  source: NodeSource,
  root: Digest | undefined,
  changes: Iterable<TreeChange>,
  sink: NodeSink,
): EditedTree {
  return readSync(new TreeEdit(sink).apply(root, planOf(changes)), source)
}

/** `editTree` for nodes that take a while. */
export function editTreeAsync(
  source: AsyncNodeSource,
  root: Digest | undefined,
  changes: Iterable<TreeChange>,
  sink: NodeSink,
): Promise<EditedTree> {
  return readAsync(new TreeEdit(sink).apply(root, planOf(changes)), source)
}

/** The changes at and below one path. */
type Plan = {
  readonly below: Map<string, Plan>
  isRemoved: boolean
  item: TreeItem | undefined
  /** Whether anything is set at the path or below. */
  sets: boolean
}

function newPlan(): Plan {
  return { below: new Map(), isRemoved: false, item: undefined, sets: false }
}

function planOf(changes: Iterable<TreeChange>): Plan {
  const root = newPlan()
  for (const change of changes) {
    const plan = planAt(root, splitTreePath(change.path), change.kind !== 'removed')
    if (change.kind === 'removed') plan.isRemoved = true
    else plan.item = onlyItem(plan.item, change)
  }
  return root
}

function planAt(root: Plan, names: readonly string[], sets: boolean): Plan {
  let plan = root
  for (const name of names) {
    const next: Plan = plan.below.get(name) ?? newPlan()
    plan.below.set(name, next)
    next.sets ||= sets
    plan = next
  }
  return plan
}

function onlyItem(known: TreeItem | undefined, item: TreeItem): TreeItem {
  const isAgain = known?.kind === 'directory' && item.kind === 'directory'
  if (known === undefined || isAgain) return item
  throw twoThings(item.path)
}

/** Most nodes read at once to count what is in a directory that goes. */
const countedAtOnce = 64

class TreeEdit {
  readonly #sink: NodeSink
  #filesDelta = 0

  constructor(sink: NodeSink) {
    this.#sink = sink
  }

  *apply(root: Digest | undefined, plan: Plan): Reading<never, EditedTree> {
    const { digest, size } =
      root === undefined
        ? yield* this.#newDirectory(plan)
        : yield* this.#oldDirectory({ digest: root }, plan)
    return { root: digest, size, filesDelta: this.#filesDelta }
  }

  *#newDirectory(plan: Plan): Reading<never, DirectoryRoot> {
    const nothing = { node: emptyNode, pointer: { digest: emptyNodeDigest } }
    const directory = yield* editDirectory(nothing, this.#editsOf(plan), this.#sink)
    return directory.digest === emptyNodeDigest ? storeNode(emptyNode, this.#sink) : directory
  }

  *#oldDirectory(pointer: NodePointer, plan: Plan): Reading<never, DirectoryRoot> {
    return yield* editDirectory(yield* readPointer(pointer), this.#editsOf(plan), this.#sink)
  }

  #editsOf(plan: Plan): readonly NameEdit[] {
    return [...plan.below]
      .map(([name, below]) => ({
        name,
        replace: (old: NodeEntry | undefined) => this.#replace(old, name, below),
      }))
      .sort((a, b) => compareNames(a.name, b.name))
  }

  *#replace(
    old: NodeEntry | undefined,
    name: string,
    plan: Plan,
  ): Reading<never, NodeEntry | undefined> {
    if (plan.item !== undefined && plan.item.kind !== 'directory') {
      yield* this.#drop(old)
      return this.#leaf(plan.item, name, plan)
    }
    const kept = plan.isRemoved ? undefined : old
    if (kept?.kind === 'directory') {
      if (plan.below.size === 0) return kept
      const { digest, size } = yield* this.#oldDirectory(kept, plan)
      return { kind: 'directory', name, digest, size }
    }
    if (kept !== old || plan.sets) yield* this.#drop(old)
    if (!plan.sets) return kept
    const { digest, size } = yield* this.#newDirectory(plan)
    return { kind: 'directory', name, digest, size }
  }

  #leaf(item: TreeLeaf, name: string, plan: Plan): NodeEntry {
    if ([...plan.below.values()].some((below) => below.sets)) throw twoThings(item.path)
    this.#filesDelta += 1
    return leafEntry(item, name)
  }

  /** Counts the files and links that go with an entry. */
  *#drop(entry: NodeEntry | undefined): Reading<never, void> {
    if (entry === undefined) return
    if (entry.kind === 'file' || entry.kind === 'link') {
      this.#filesDelta -= 1
      return
    }
    const waiting: NodePointer[] = [{ digest: entry.digest, size: entry.size }]
    while (waiting.length > 0) {
      for (const reached of yield* readPointers(waiting.splice(-countedAtOnce))) {
        for (const [i, { kind }] of reached.node.entries.entries()) {
          if (kind === 'file' || kind === 'link') this.#filesDelta -= 1
          else waiting.push(pointerAt(reached, i))
        }
      }
    }
  }
}

function twoThings(path: string): MlstoreError {
  return invalidArgument(`two things cannot both be at ${JSON.stringify(path)}`)
}
