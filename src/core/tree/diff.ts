/**
 * Compares two trees: what was added, removed, changed and renamed.
 *
 * Only nodes that differ are read. A file that went and one that came with the same content are
 * one renamed file; a whole directory that moved is one rename too and is not even read.
 */

import type { Digest } from '../digest.ts'
import { diffDirectories, type NameDifference } from './diff-directory.ts'
import { comparePaths } from './name-order.ts'
import { emptyNodeDigest, type LeafEntry, type TreeEntry } from './node.ts'
import type { NodePointer } from './pointer.ts'
import {
  type AsyncNodeSource,
  type NodeSource,
  readAsync,
  type Reading,
  readSync,
  together,
} from './reading.ts'
import type { PathEntry } from './walk.ts'

export type ChangedPath = {
  readonly path: string
  readonly before: LeafEntry
  readonly after: LeafEntry
}

/** A file, a link or a whole directory that moved unchanged; a file's executable bit may differ. */
export type RenamedPath = {
  readonly from: string
  readonly to: string
  readonly before: TreeEntry
  readonly after: TreeEntry
}

/** Each list is in tree order; a path is in one list at most, a replaced kind in two. */
export type TreeDiff = {
  /** Files, links and empty directories. */
  readonly added: readonly PathEntry[]
  /** Files, links and empty directories. */
  readonly removed: readonly PathEntry[]
  readonly changed: readonly ChangedPath[]
  /** In the order of `to`. */
  readonly renamed: readonly RenamedPath[]
}

/**
 * Compares two trees; `undefined` stands for a tree without anything in it.
 *
 * Empty files and empty directories are never called renamed: they all look the same.
 */
export function diffTrees(
  source: NodeSource,
  before: Digest | undefined,
  after: Digest | undefined,
): TreeDiff {
  return readSync(new Comparison().run(before, after), source)
}

/** `diffTrees` for nodes that take a while. */
export function diffTreesAsync(
  source: AsyncNodeSource,
  before: Digest | undefined,
  after: Digest | undefined,
): Promise<TreeDiff> {
  return readAsync(new Comparison().run(before, after), source)
}

/** Directories compared side by side, so that their nodes are asked for together. */
const pairsAtOnce = 16

/** Two directories at one path; one of them may be missing. */
type Pair = {
  readonly path: string
  readonly before: NodePointer | undefined
  readonly after: NodePointer | undefined
}

/** What only one of the trees has. */
class OneSided {
  readonly leaves: PathEntry[] = []
  /** Directories not looked into yet, except for empty ones, which are leaves here. */
  directories: PathEntry[] = []

  add(path: string, entry: TreeEntry): void {
    const isOpen = entry.kind === 'directory' && entry.digest !== emptyNodeDigest
    if (isOpen) this.directories.push({ path, entry })
    else this.leaves.push({ path, entry })
  }
}

class Comparison {
  readonly #removed = new OneSided()
  readonly #added = new OneSided()
  readonly #changed: ChangedPath[] = []

  /** Puts a difference where it belongs; returns two directories that are still to be compared. */
  #sort(directory: string, { name, before, after }: NameDifference): readonly Pair[] {
    const path = directory === '' ? name : `${directory}/${name}`
    if (before?.kind === 'directory' && after?.kind === 'directory') {
      return [{ path, before: pointerOf(before), after: pointerOf(after) }]
    }
    if (isLeaf(before) && isLeaf(after)) {
      this.#changed.push({ path, before, after })
      return []
    }
    if (before !== undefined) this.#removed.add(path, before)
    if (after !== undefined) this.#added.add(path, after)
    return []
  }

  *run(before: Digest | undefined, after: Digest | undefined): Reading<never, TreeDiff> {
    const renamed: RenamedPath[] = []
    if (before !== after)
      yield* this.#compare([{ path: '', before: root(before), after: root(after) }])
    while (this.#removed.directories.length > 0 || this.#added.directories.length > 0) {
      const match = matchRenames(this.#removed.directories, this.#added.directories)
      renamed.push(...match.renamed)
      this.#removed.directories = []
      this.#added.directories = []
      yield* this.#compare([
        ...match.removed.map(({ path, entry }) => ({
          path,
          before: pointerOf(entry),
          after: undefined,
        })),
        ...match.added.map(({ path, entry }) => ({
          path,
          before: undefined,
          after: pointerOf(entry),
        })),
      ])
    }
    const match = matchRenames(this.#removed.leaves, this.#added.leaves)
    return {
      added: match.added.toSorted(byPath),
      removed: match.removed.toSorted(byPath),
      changed: this.#changed.sort(byPath),
      renamed: [...renamed, ...match.renamed].sort((a, b) => comparePaths(a.to, b.to)),
    }
  }

  *#compare(pairs: readonly Pair[]): Reading<never, void> {
    const waiting = [...pairs]
    while (waiting.length > 0) {
      const batch = waiting.splice(-pairsAtOnce)
      const results = yield* together(
        batch.map(({ before, after }) => diffDirectories(before, after)),
      )
      for (const [i, { path }] of batch.entries()) {
        for (const difference of results[i] ?? []) waiting.push(...this.#sort(path, difference))
      }
    }
  }
}

function root(digest: Digest | undefined): NodePointer | undefined {
  return digest === undefined ? undefined : { digest }
}

function pointerOf(entry: TreeEntry): NodePointer | undefined {
  return entry.kind === 'directory' ? { digest: entry.digest, size: entry.size } : undefined
}

function isLeaf(entry: TreeEntry | undefined): entry is LeafEntry {
  return entry !== undefined && entry.kind !== 'directory'
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return comparePaths(a.path, b.path)
}

type Match = {
  readonly removed: readonly PathEntry[]
  readonly added: readonly PathEntry[]
  readonly renamed: readonly RenamedPath[]
}

/** Pairs what went with what came, first where the name is the same too. */
function matchRenames(removed: readonly PathEntry[], added: readonly PathEntry[]): Match {
  const named = matchBy(removed, added, (item) => {
    const content = contentKey(item.entry)
    return content && `${content}/${item.entry.name}`
  })
  const rest = matchBy(named.removed, named.added, (item) => contentKey(item.entry))
  return { ...rest, renamed: [...named.renamed, ...rest.renamed] }
}

function matchBy(
  removed: readonly PathEntry[],
  added: readonly PathEntry[],
  keyOf: (item: PathEntry) => string | undefined,
): Match {
  const candidates = new Map<string, PathEntry[]>()
  for (const item of removed.toSorted(byPath).reverse()) {
    const key = keyOf(item)
    if (key === undefined) continue
    const known = candidates.get(key)
    if (known === undefined) candidates.set(key, [item])
    else known.push(item)
  }
  const renamed: RenamedPath[] = []
  const moved = new Set<PathEntry>()
  const unmatched = added.toSorted(byPath).filter((item) => {
    const from = candidates.get(keyOf(item) ?? '')?.pop()
    if (from === undefined) return true
    renamed.push({ from: from.path, to: item.path, before: from.entry, after: item.entry })
    moved.add(from)
    return false
  })
  return { removed: removed.filter((item) => !moved.has(item)), added: unmatched, renamed }
}

/** What two entries must share to be one that moved; `undefined` if that would say nothing. */
function contentKey(entry: TreeEntry): string | undefined {
  if (entry.kind === 'link') return `link ${entry.target}`
  const isEmpty = entry.kind === 'file' ? entry.size === 0 : entry.digest === emptyNodeDigest
  return isEmpty ? undefined : `${entry.kind} ${entry.digest}`
}
