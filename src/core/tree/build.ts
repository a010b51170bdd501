/**
 * Builds the tree of a version from a list of its files.
 *
 * `TreeBuilder` takes files in tree order and holds only the directories that are open, so a
 * million files need no more memory than a thousand. `buildTree` sorts first where needed.
 */

import { invalidArgument } from '../../errors.ts'
import type { Digest } from '../digest.ts'
import { entryNameProblem, isSafeLinkTarget, splitTreePath } from '../names.ts'
import { DirectoryLayers, type NodeSink } from './layers.ts'
import { compareNames, comparePaths } from './name-order.ts'
import type { LeafEntry } from './node.ts'

export type TreeFile = {
  readonly kind: 'file'
  /** Names separated by `/`, relative to the root of the version. */
  readonly path: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly exec?: boolean
}
export type TreeLink = { readonly kind: 'link'; readonly path: string; readonly target: string }
/** A directory that exists even if nothing is in it. */
export type TreeDirectory = { readonly kind: 'directory'; readonly path: string }

export type TreeLeaf = TreeFile | TreeLink
export type TreeItem = TreeLeaf | TreeDirectory

export type BuiltTree = {
  readonly root: Digest
  /** Bytes of all files. */
  readonly size: number
  /** Files and links. */
  readonly files: number
}

/**
 * Builds a tree from items in any order and hands its nodes to `sink`, children first.
 *
 * Directories need not be listed unless they are empty. Items in tree order (`comparePaths`)
 * are not sorted again.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a path that a tree cannot hold, a link that
 * leads outside, or two items that cannot both exist.
 */
export function buildTree(items: Iterable<TreeItem>, sink: NodeSink): BuiltTree {
  const builder = new TreeBuilder(sink)
  for (const item of inTreeOrder(Array.from(items))) builder.add(item)
  return builder.end()
}

/** A directory that may still get entries. */
type OpenDirectory = {
  readonly name: string
  readonly layers: DirectoryLayers
  /** The name added last; the next one must be greater. */
  lastName: string | undefined
}

/** Builds a tree from items in tree order, in bounded memory. */
export class TreeBuilder {
  readonly #sink: NodeSink
  /** The directories around `#innermost`, from the root down. */
  readonly #outer: OpenDirectory[] = []
  #innermost: OpenDirectory
  /** Path of the innermost open directory, so that its files need no comparing of names. */
  #openPath = ''
  #files = 0

  constructor(sink: NodeSink) {
    this.#sink = sink
    this.#innermost = { name: '', layers: new DirectoryLayers(sink), lastName: undefined }
  }

  /**
   * Adds the next item.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` as for `buildTree`, or if the item is out of order.
   */
  add(item: TreeItem): void {
    if (item.kind === 'directory') {
      this.#goTo(item.path)
      return
    }
    const slash = item.path.lastIndexOf('/')
    if (slash === 0) throw invalidArgument(`${JSON.stringify(item.path)} is not relative`)
    this.#goTo(item.path.slice(0, Math.max(0, slash)))
    const entry = leafEntry(item, item.path.slice(slash + 1))
    follow(this.#innermost, entry.name, item.path)
    this.#innermost.layers.add(entry)
    this.#files += 1
  }

  /** Finishes the tree; nothing can be added after it. */
  end(): BuiltTree {
    this.#leaveTo(0)
    const { digest, size } = this.#innermost.layers.end()
    return { root: digest, size, files: this.#files }
  }

  /** Closes and opens directories until `path` is the innermost open one. */
  #goTo(path: string): void {
    if (path === this.#openPath) return
    const names = path === '' ? [] : splitTreePath(path)
    const shared = this.#sharedDepth(names)
    this.#leaveTo(shared)
    for (const name of names.slice(shared)) {
      follow(this.#innermost, name, path)
      this.#enter(name)
    }
    this.#openPath = path
  }

  /** How many directories of the path are open: the root lies around all of them. */
  #sharedDepth(names: readonly string[]): number {
    const open = [...this.#outer.slice(1), this.#innermost].map((directory) => directory.name)
    const differing = names.findIndex((name, i) => open[i] !== name)
    return differing < 0 ? names.length : differing
  }

  #enter(name: string): void {
    this.#outer.push(this.#innermost)
    this.#innermost = { name, layers: new DirectoryLayers(this.#sink), lastName: undefined }
  }

  /** Closes the innermost directories until `depth` lie between the root and the next entry. */
  #leaveTo(depth: number): void {
    while (this.#outer.length > depth) {
      const parent = this.#outer.pop()
      if (parent === undefined) return
      const { digest, size } = this.#innermost.layers.end()
      parent.layers.add({ kind: 'directory', name: this.#innermost.name, digest, size })
      this.#innermost = parent
    }
  }
}

/** Moves a directory on to the next name, which must come after the last one. */
function follow(directory: OpenDirectory, name: string, path: string): void {
  const { lastName } = directory
  const order = lastName === undefined ? -1 : compareNames(lastName, name)
  if (order === 0) throw invalidArgument(`two things cannot both be at ${JSON.stringify(path)}`)
  if (order > 0) throw invalidArgument(`${JSON.stringify(path)} is out of order`)
  directory.lastName = name
}

/**
 * Sorts into tree order. For a million shuffled paths the exact comparison is slow, so each
 * directory is sorted by code units first, which is nearly right; the exact sort, quick on what
 * is in order, mends the rest.
 */
function inTreeOrder(items: TreeItem[]): TreeItem[] {
  if (items.every((item, i) => i === 0 || comparePaths(items[i - 1]?.path ?? '', item.path) <= 0)) {
    return items
  }
  const directories = new Map<string, TreeItem[]>()
  for (const item of items) {
    const parent = item.path.slice(0, Math.max(0, item.path.lastIndexOf('/')))
    const siblings = directories.get(parent)
    if (siblings === undefined) directories.set(parent, [item])
    else siblings.push(item)
  }
  return [...directories]
    .sort(([a], [b]) => comparePaths(a, b))
    .flatMap(([, siblings]) => siblings.sort((a, b) => (a.path < b.path ? -1 : 1)))
    .sort((a, b) => comparePaths(a.path, b.path))
}

/**
 * The entry for a file or link.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` if no tree can hold it.
 */
export function leafEntry(item: TreeLeaf, name: string): LeafEntry {
  const problem = entryNameProblem(name) ?? leafProblem(item)
  if (problem !== undefined) throw invalidArgument(`${JSON.stringify(item.path)} ${problem}`)
  if (item.kind === 'link') return { kind: 'link', name, target: item.target }
  const { digest, size, exec = false } = item
  return { kind: 'file', name, digest, size, exec }
}

function leafProblem(item: TreeLeaf): string | undefined {
  if (item.kind === 'file') {
    return Number.isSafeInteger(item.size) && item.size >= 0 ? undefined : `has size ${item.size}`
  }
  if (isSafeLinkTarget(item.path, item.target)) return undefined
  return `is a link to ${JSON.stringify(item.target)}, which is not inside the version`
}
