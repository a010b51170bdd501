/**
 * What a remote has, as far as a push may count on it.
 *
 * A learned location counts when its pack is live in the log this store has read, or was uploaded
 * by this very push. Every pack counted on is noted: the log entry names them (rule P6), so that
 * a sweep between reading and committing is noticed.
 */

import type { Digest } from '../../core/digest.ts'
import { packKind } from '../../core/pack/format.ts'
import { type LocatorEntry, type LocatorForm, locatorForm } from '../../core/pack/locator.ts'
import type { RemoteIndex, RemoteObjectRow, RemoteRecipeRow } from '../../ports/remote-index.ts'
import type { PackRows } from './pack-rows.ts'
import { locatorEntryOf } from './remote-pack.ts'

export type KnownObjectsParts = {
  readonly repoId: string
  readonly index: RemoteIndex
  /** Seq of the entry that brought a pack; `undefined` if the pack is not live there. */
  liveSeq(packId: string): number | undefined
  /** The same if all that the entry needs is live too. */
  intactSeq(packId: string): number | undefined
  isSwept(packId: string): boolean
}

export class KnownObjects {
  readonly #parts: KnownObjectsParts
  /** Packs this push has sent, or is about to. */
  readonly #session = new Set<string>()
  /** Rows of the pack that is being filled. */
  readonly #pending = new Map<Digest, RemoteObjectRow>()
  readonly #recipes = new Map<Digest, RemoteRecipeRow>()
  readonly #uses = new Set<string>()
  readonly #bases = new Set<number>()

  #contentBytes = 0

  constructor(parts: KnownObjectsParts) {
    this.#parts = parts
  }

  /** A slot was lost: what was sent still counts, unless a gc has swept it meanwhile. */
  startTurn(): void {
    this.#uses.clear()
    this.#bases.clear()
    for (const packId of this.#session) if (this.#parts.isSwept(packId)) this.#session.delete(packId)
  }

  /** Bytes of the chunks this push has sent, before compression. */
  get contentBytes(): number {
    return this.#contentBytes
  }

  /** A chunk, or a node of a recipe. */
  has(digest: Digest): boolean {
    const row = this.#row(digest)
    if (row === undefined) return false
    this.#use(row.packId)
    return true
  }

  /** A tree node, and so everything below it: no node is committed without its children. */
  hasNode(digest: Digest): boolean {
    const row = this.#row(digest)
    // A user's file may spell a node: its children need not be there.
    if (row === undefined || row.kind === packKind.blob) return false
    if (this.#session.has(row.packId)) return true
    const seq = this.#parts.intactSeq(row.packId)
    if (seq !== undefined) this.#bases.add(seq)
    return seq !== undefined
  }

  /** A file: its only chunk, or the root of its recipe. */
  hasFile(file: Digest): boolean {
    if (this.has(file)) return true
    const recipe = this.#recipe(file)
    return recipe !== undefined && this.hasNode(recipe.recipe)
  }

  locatorEntry(digest: Digest, form: LocatorForm): LocatorEntry | undefined {
    const row = this.#row(digest)
    return row && locatorEntryOf(row, form)
  }

  fileLocatorEntry(file: Digest): LocatorEntry | undefined {
    const recipe = this.#recipe(file)
    if (recipe === undefined) return this.locatorEntry(file, locatorForm.wholeFile)
    const root = this.locatorEntry(recipe.recipe, locatorForm.recipeRoot)
    return root && { ...root, recipe: recipe.recipe }
  }

  /** The node just put into the pack that is being filled. */
  addRow(row: RemoteObjectRow): void {
    this.#pending.set(row.digest, row)
  }

  addRecipe(recipe: RemoteRecipeRow): void {
    this.#recipes.set(recipe.file, recipe)
  }

  /** A pack that is complete and about to be sent, or that an earlier try has sent. */
  addPack(pack: PackRows & { readonly id: string }): void {
    this.#session.add(pack.id)
    this.#parts.index.put(this.#parts.repoId, pack.rows, pack.files)
    for (const row of pack.rows) {
      this.#pending.delete(row.digest)
      if (row.kind === packKind.blob) this.#contentBytes += row.sizeBytes
    }
    for (const { file } of pack.files) this.#recipes.delete(file)
  }

  /** Packs of earlier entries that what was asked for lies in. */
  get uses(): readonly string[] {
    return [...this.#uses].sort()
  }

  /** Entries whose whole content is needed: known nodes were not looked into. */
  get bases(): readonly number[] {
    return [...this.#bases].sort((a, b) => a - b)
  }

  #row(digest: Digest): RemoteObjectRow | undefined {
    const pending = this.#pending.get(digest)
    if (pending !== undefined) return pending
    const row = this.#parts.index.find(this.#parts.repoId, digest)
    return row !== undefined && this.#isUsable(row.packId) ? row : undefined
  }

  #recipe(file: Digest): RemoteRecipeRow | undefined {
    return this.#recipes.get(file) ?? this.#parts.index.findRecipe(this.#parts.repoId, file)
  }

  #isUsable(packId: string): boolean {
    return this.#session.has(packId) || this.#parts.liveSeq(packId) !== undefined
  }

  #use(packId: string): void {
    if (!this.#session.has(packId)) this.#uses.add(packId)
  }
}
