/**
 * Walking a tree: every path in tree order, directories before what is in them.
 *
 * A walk holds one node for each level of each directory around the current path, and those it
 * read ahead. It goes by order, so small directories are read in small batches; to fetch a
 * whole tree from far away, `reach.ts` asks for more at a time.
 */

import { notFound } from '../../errors.ts'
import type { Digest } from '../digest.ts'
import { checkLink, lookup } from './lookup.ts'
import type { NodeEntry, TreeEntry } from './node.ts'
import {
  type NodePointer,
  pointerAt,
  type ReachedNode,
  readPointer,
  readPointers,
} from './pointer.ts'
import {
  type AsyncNodeSource,
  type NodeSource,
  type Reading,
  streamAsync,
  streamSync,
} from './reading.ts'

export type PathEntry = {
  /** Relative to the root of the version, names separated by `/`. */
  readonly path: string
  readonly entry: TreeEntry
}

/** Which paths are wanted. It answers for whole directories too, so that others stay unread. */
export type PathFilter = {
  includes(path: string): boolean
  /** May a wanted path lie in this directory (`''` is the root)? */
  mayBeIn(directory: string): boolean
  /** May one lie at a name after `after` (undefined: the start) up to `last` in this directory? */
  mayBeBetween(directory: string, after: string | undefined, last: string): boolean
}

export type WalkOptions = {
  /** Only this path: a file or link itself, or what is in the directory. Default: everything. */
  readonly under?: string
  /** Go into directories below. Default: true. */
  readonly recursive?: boolean
  readonly filter?: PathFilter
  /** Most nodes asked for at once. Default: 1 for a `NodeSource`, 64 for an `AsyncNodeSource`. */
  readonly nodesAhead?: number
}

/**
 * Gives every file, link and directory of a tree in tree order.
 *
 * @throws {MlstoreError} `NOT_FOUND` if there is nothing at `under`, `CORRUPT` if the tree is
 * not one that mlstore would write.
 */
export function walkTree(
  source: NodeSource,
  root: Digest,
  options: WalkOptions = {},
): Generator<PathEntry, void, undefined> {
  return streamSync(walk(root, { nodesAhead: 1, ...options }), source)
}

/** `walkTree` for nodes that take a while. */
export function walkTreeAsync(
  source: AsyncNodeSource,
  root: Digest,
  options: WalkOptions = {},
): AsyncGenerator<PathEntry, void, undefined> {
  return streamAsync(walk(root, { nodesAhead: 64, ...options }), source)
}

type Walk = Required<Omit<WalkOptions, 'under'>>

const everything: PathFilter = {
  includes: () => true,
  mayBeIn: () => true,
  mayBeBetween: () => true,
}

function* walk(root: Digest, options: WalkOptions): Reading<PathEntry, void> {
  const { under = '', recursive = true, filter = everything, nodesAhead = 1 } = options
  if (under === '') {
    yield* walkDirectory('', { digest: root }, { recursive, filter, nodesAhead })
    return
  }
  const entry = yield* lookup(root, under)
  if (entry === undefined) throw notFound(`nothing is at ${JSON.stringify(under)}`)
  if (entry.kind === 'directory') {
    const { digest, size } = entry
    yield* walkDirectory(under, { digest, size }, { recursive, filter, nodesAhead })
  } else if (filter.includes(under)) {
    yield { found: [{ path: under, entry }] }
  }
}

function* walkDirectory(
  directory: string,
  pointer: NodePointer,
  options: Walk,
): Reading<PathEntry, void> {
  const stack = [new NodeVisit(directory, yield* readPointer(pointer), options)]
  for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
    const found = visit.takeFound()
    if (found.length > 0) yield { found }
    const child = yield* visit.descend()
    if (child === undefined) stack.pop()
    else stack.push(child)
  }
}

/** One node on the way: what was given of it, and which of the nodes below come next. */
class NodeVisit {
  readonly #directory: string
  readonly #reached: ReachedNode
  readonly #options: Walk
  /** Indexes of the entries to go into. */
  readonly #stops: readonly number[]
  /** How many of those were gone into. */
  #descents = 0
  /** Index of the first entry not yet given. */
  #next = 0
  /** Nodes read ahead, for the next stops, last one first. */
  #ahead: ReachedNode[] = []

  constructor(directory: string, reached: ReachedNode, options: Walk) {
    this.#directory = directory
    this.#reached = reached
    this.#options = options
    this.#stops = reached.node.entries.flatMap((entry, i) => (this.#isStop(entry, i) ? [i] : []))
  }

  /** The wanted entries up to the next one to go into, with that one if it is a directory. */
  takeFound(): readonly PathEntry[] {
    const { entries } = this.#reached.node
    const stop = this.#stops[this.#descents] ?? entries.length
    const found: PathEntry[] = []
    for (const entry of entries.slice(this.#next, stop + 1)) {
      if (entry.kind === 'node') continue
      const path = this.#pathOf(entry.name)
      checkLink(path, entry)
      if (this.#options.filter.includes(path)) found.push({ path, entry })
    }
    this.#next = stop + 1
    return found
  }

  /** Goes into the next entry to go into; `undefined` if there is none. */
  *descend(): Reading<never, NodeVisit | undefined> {
    const index = this.#stops[this.#descents]
    const entry = index === undefined ? undefined : this.#reached.node.entries[index]
    if (entry === undefined) return undefined
    if (this.#ahead.length === 0) yield* this.#readAhead()
    this.#descents += 1
    const reached = this.#ahead.pop()
    const directory = entry.kind === 'node' ? this.#directory : this.#pathOf(entry.name)
    return reached && new NodeVisit(directory, reached, this.#options)
  }

  *#readAhead(): Reading<never, void> {
    const stops = this.#stops.slice(this.#descents, this.#descents + this.#options.nodesAhead)
    const pointers = stops.map((index) => pointerAt(this.#reached, index))
    this.#ahead = [...(yield* readPointers(pointers))].reverse()
  }

  #isStop(entry: NodeEntry, index: number): boolean {
    const { recursive, filter } = this.#options
    if (entry.kind === 'directory') return recursive && filter.mayBeIn(this.#pathOf(entry.name))
    if (entry.kind !== 'node') return false
    const { after } = pointerAt(this.#reached, index).part ?? {}
    return filter.mayBeBetween(this.#directory, after, entry.name)
  }

  #pathOf(name: string): string {
    return this.#directory === '' ? name : `${this.#directory}/${name}`
  }
}
