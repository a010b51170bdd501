/**
 * What a remote has, as far as a push may count on it.
 *
 * A learned place counts when its pack is live in the log this store has read, or arrived in this
 * very push. Every pack counted on is noted: the log entry names them (rule P6), so that a sweep
 * between reading and committing is noticed.
 *
 * A node of a committed entry stands for all below it. One that was only uploaded does not: of an
 * interrupted push, parents may have arrived without their children.
 */

import { chunkSizeBytesMin } from '../../core/chunking/parameters.ts'
import type { Digest } from '../../core/digest.ts'
import type { PackState } from '../../core/log/remote-view.ts'
import { packKind } from '../../core/pack/format.ts'
import { type LocatorEntry, type LocatorForm, locatorForm } from '../../core/pack/locator.ts'
import type { RemoteIndex, RemoteObjectRow, RemoteRecipeRow } from '../../ports/remote-index.ts'
import { LocatedObjects } from './located-objects.ts'
import { locatorEntryOf } from './remote-pack.ts'

/** A file as a tree names it. */
export type NamedFile = { readonly digest: Digest; readonly size: number }

export type KnownObjectsParts = {
  readonly repoId: string
  readonly index: RemoteIndex
  /** State of a pack in the log as it is known now. */
  packState(packId: string): PackState | undefined
  /** The entry that brought a pack, if all that the entry needs is live. */
  intactSeq(packId: string): number | undefined
}

/** What the log says about one pack; kept for a turn, since it is asked for each object. */
type PackStanding = {
  readonly state: PackState | undefined
  readonly intactSeq: number | undefined
}

export class KnownObjects {
  readonly #parts: KnownObjectsParts
  /** Where what this push sends lies, that of the packs being filled included. */
  readonly #own = new LocatedObjects()
  /** Packs of this push, and of interrupted ones before it, that no log entry names yet. */
  readonly #pending = new Set<string>()
  #standings = new Map<string, PackStanding>()
  readonly #usedPending = new Set<string>()
  readonly #uses = new Set<string>()
  readonly #bases = new Set<number>()

  constructor(parts: KnownObjectsParts) {
    this.#parts = parts
  }

  /** The log went on: what was sent still counts, unless a gc has swept it meanwhile. */
  startTurn(): void {
    this.#uses.clear()
    this.#bases.clear()
    this.#usedPending.clear()
    this.#standings = new Map()
    for (const packId of this.#pending) {
      if (this.#parts.packState(packId) !== undefined) this.#pending.delete(packId)
    }
  }

  /** A pack of this push, before anything is put into it; or one that arrived earlier. */
  addPending(packId: string): void {
    this.#pending.add(packId)
  }

  /** An object that lies in a pending pack. */
  put(row: RemoteObjectRow): void {
    this.#own.put(row)
    this.#usedPending.add(row.packId)
  }

  /** An object of an earlier push that was interrupted: its pack is used if somebody asks for it. */
  putArrived(row: RemoteObjectRow): void {
    this.#own.put(row)
  }

  /** Whether the object itself is there; counts on it. */
  has(digest: Digest): boolean {
    const row = this.#find(digest)
    if (row === undefined) return false
    if (this.#pending.has(row.packId)) this.#usedPending.add(row.packId)
    else this.#uses.add(row.packId)
    return true
  }

  /** Whether this push has put the object into one of its packs. */
  hasSent(digest: Digest): boolean {
    const row = this.#own.get(digest)
    return row !== undefined && this.#pending.has(row.packId)
  }

  /** A node of a tree or recipe with everything below it; counts on it. */
  hasWhole(digest: Digest): boolean {
    const row = this.#find(digest)
    // A user's file may spell a node: its children need not be there.
    if (row === undefined || row.kind === packKind.blob) return false
    if (this.#pending.has(row.packId)) return false
    const seq = this.#standing(row.packId).intactSeq
    if (seq !== undefined) this.#bases.add(seq)
    return seq !== undefined
  }

  /** A node that arrived and that no log entry names yet; its children may be missing. */
  hasPending(digest: Digest): boolean {
    const row = this.#find(digest)
    if (row === undefined || row.kind === packKind.blob) return false
    return this.#pending.has(row.packId) && this.has(digest)
  }

  /** A file: its only chunk, or all of its recipe; counts on it. */
  hasFile(file: NamedFile): boolean {
    if (this.has(file.digest)) return true
    const recipe = this.recipeOf(file)
    return recipe !== undefined && this.hasWhole(recipe)
  }

  /** The recipe the remote has for a file, as last learned. */
  recipeOf({ digest, size }: NamedFile): Digest | undefined {
    // A file of one chunk has none, and most files are that small.
    if (size <= chunkSizeBytesMin) return undefined
    return this.#parts.index.findRecipe(this.#parts.repoId, digest)?.recipe
  }

  /** Where the object lies, for a locator. */
  locate(digest: Digest, form: LocatorForm): LocatorEntry | undefined {
    const row = this.#find(digest)
    return row && locatorEntryOf(row, form)
  }

  /** The same for the root of a file's recipe. */
  locateRecipe(recipe: Digest): LocatorEntry | undefined {
    const root = this.locate(recipe, locatorForm.recipeRoot)
    return root && { ...root, recipe }
  }

  /** Packs of earlier entries that what was asked for lies in. */
  get uses(): readonly string[] {
    return [...this.#uses].sort()
  }

  /** Entries whose whole content is needed: known nodes were not looked into. */
  get bases(): readonly number[] {
    return [...this.#bases].sort((a, b) => a - b)
  }

  /** Whether what was asked for lies in this pack, which no log entry names yet. */
  isUsed(packId: string): boolean {
    return this.#usedPending.has(packId)
  }

  /** Keeps what was sent for later pushes, once a log entry names it. */
  remember(recipes: Iterable<RemoteRecipeRow>): void {
    this.#parts.index.put(this.#parts.repoId, this.#own.byDigest(), recipes)
  }

  #find(digest: Digest): RemoteObjectRow | undefined {
    const own = this.#own.get(digest)
    if (own !== undefined && this.#isUsable(own.packId)) return own
    const row = this.#parts.index.find(this.#parts.repoId, digest)
    return row !== undefined && this.#isUsable(row.packId) ? row : undefined
  }

  #isUsable(packId: string): boolean {
    return this.#pending.has(packId) || this.#standing(packId).state === 'live'
  }

  #standing(packId: string): PackStanding {
    const known = this.#standings.get(packId)
    if (known !== undefined) return known
    const standing = {
      state: this.#parts.packState(packId),
      intactSeq: this.#parts.intactSeq(packId),
    }
    this.#standings.set(packId, standing)
    return standing
  }
}
