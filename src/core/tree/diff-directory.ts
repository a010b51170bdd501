/**
 * Compares two directories, reading only the nodes in which they differ.
 *
 * Level by level, from the roots down, nodes that both sides have are struck out by their
 * digests: a name is in one node only, so what is in a node of both sides is equal on both. What
 * is left on level 0 is read a few nodes at a time and merged by name, so it makes no difference
 * if the two sides cut equal names into different nodes.
 */

import { compareNames } from './name-order.ts'
import type { TreeEntry } from './node.ts'
import { type NodePointer, pointerAt, type ReachedNode, readPointers } from './pointer.ts'
import type { Reading } from './reading.ts'

/** A name whose entries differ; a side that does not have it is `undefined`. */
export type NameDifference = {
  readonly name: string
  readonly before: TreeEntry | undefined
  readonly after: TreeEntry | undefined
}

/** Most nodes of a side that are read at once and held. */
const partsAtOnce = 16

/** Gives the names that differ, in order; a side that is `undefined` has no names. */
export function* diffDirectories(
  before: NodePointer | undefined,
  after: NodePointer | undefined,
): Reading<never, readonly NameDifference[]> {
  const a = newSide(before)
  const b = newSide(after)
  yield* load([...a.parts, ...b.parts])
  for (const side of [a, b]) side.level = side.parts[0]?.reached?.node.level ?? 0
  for (let level = Math.max(a.level, b.level); level > 0; level -= 1) {
    const tops = [a, b].filter((side) => side.level === level)
    yield* load(tops.flatMap((side) => side.parts))
    for (const side of tops) {
      side.parts = side.parts.flatMap(partsBelow)
      side.level = level - 1
    }
    if (a.level === b.level) strikeOutCommon(a, b)
  }
  return yield* mergeDifferences(new EntryQueue(a.parts), new EntryQueue(b.parts))
}

/** A node that may differ. It is read when it is needed and let go when it was compared. */
type Part = { readonly pointer: NodePointer; reached: ReachedNode | undefined }

type Side = { level: number; parts: readonly Part[] }

function newPart(pointer: NodePointer): Part {
  return { pointer, reached: undefined }
}

function newSide(pointer: NodePointer | undefined): Side {
  return { level: 0, parts: pointer === undefined ? [] : [newPart(pointer)] }
}

function* load(parts: readonly Part[]): Reading<never, void> {
  const unread = parts.filter((part) => part.reached === undefined)
  const reached = yield* readPointers(unread.map((part) => part.pointer))
  for (const [i, part] of unread.entries()) part.reached = reached[i]
}

function partsBelow({ reached }: Part): readonly Part[] {
  if (reached === undefined) return []
  return reached.node.entries.map((_, i) => newPart(pointerAt(reached, i)))
}

function strikeOutCommon(a: Side, b: Side): void {
  const inA = new Set(a.parts.map((part) => part.pointer.digest))
  const common = new Set(b.parts.map((part) => part.pointer.digest).filter((d) => inA.has(d)))
  for (const side of [a, b]) {
    side.parts = side.parts.filter((part) => !common.has(part.pointer.digest))
  }
}

/** The entries of the nodes that are left of one side, in order. */
class EntryQueue {
  readonly #parts: readonly Part[]
  #part = 0
  #entry = 0

  constructor(parts: readonly Part[]) {
    this.#parts = parts
  }

  /** Nodes to load before `first` can answer. */
  unread(): readonly Part[] {
    const isWaiting = this.#parts[this.#part]?.reached === undefined
    return isWaiting ? this.#parts.slice(this.#part, this.#part + partsAtOnce) : []
  }

  first(): TreeEntry | undefined {
    const entry = this.#parts[this.#part]?.reached?.node.entries[this.#entry]
    return entry?.kind === 'node' ? undefined : entry
  }

  dropFirst(): void {
    const part = this.#parts[this.#part]
    this.#entry += 1
    if (part?.reached === undefined || this.#entry < part.reached.node.entries.length) return
    part.reached = undefined
    this.#part += 1
    this.#entry = 0
  }
}

function* mergeDifferences(
  a: EntryQueue,
  b: EntryQueue,
): Reading<never, readonly NameDifference[]> {
  const differences: NameDifference[] = []
  for (;;) {
    const unread = [...a.unread(), ...b.unread()]
    if (unread.length > 0) yield* load(unread)
    const before = a.first()
    const after = b.first()
    const order = orderOf(before, after)
    if (order <= 0) a.dropFirst()
    if (order >= 0) b.dropFirst()
    const name = (order <= 0 ? before : after)?.name
    if (name === undefined) return differences
    if (order < 0) differences.push({ name, before, after: undefined })
    else if (order > 0) differences.push({ name, before: undefined, after })
    else if (!isSame(before, after)) differences.push({ name, before, after })
  }
}

/** Which side's name comes first: negative for `before`; 0 for the same name, or none at all. */
function orderOf(before: TreeEntry | undefined, after: TreeEntry | undefined): number {
  if (before === undefined) return after === undefined ? 0 : 1
  return after === undefined ? -1 : compareNames(before.name, after.name)
}

function isSame(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  if (a === undefined || b === undefined || a.kind !== b.kind) return false
  if (a.kind === 'link') return b.kind === 'link' && a.target === b.target
  if (b.kind === 'link' || a.digest !== b.digest || a.size !== b.size) return false
  return a.kind !== 'file' || b.kind !== 'file' || a.exec === b.exec
}
