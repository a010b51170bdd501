/**
 * Checks that every version a remote's log names is complete there: root, tree, recipes, chunks.
 *
 * Nodes are read level by level, many at a time, each once whatever the number of versions that
 * share it. Chunks are not read here: that a live pack holds them, and how long they are, is what
 * the packs' indexes say.
 */

import { decodeRecipeNode, type RecipeItem } from '../../core/chunking/recipe.ts'
import { DigestSet } from '../../core/digest-set.ts'
import { type Digest, emptyDigest } from '../../core/digest.ts'
import { packKind } from '../../core/pack/format.ts'
import { type LocatorEntry, locatorForm } from '../../core/pack/locator.ts'
import { decodeNode, type FileEntry, type TreeNode } from '../../core/tree/node.ts'
import {
  isReference,
  type NodePointer,
  pointerAt,
  type ReachedNode,
  readPointer,
} from '../../core/tree/pointer.ts'
import { readSync } from '../../core/tree/reading.ts'
import { isMlstoreError, throwIfAborted } from '../../errors.ts'
import { readRemoteObjects } from '../sync/remote-objects.ts'
import { locatorEntryOf } from '../sync/remote-pack.ts'
import type { RemoteCheck } from './remote-check.ts'
import type { RemoteHoldings } from './remote-holdings.ts'
import type { LoggedVersion } from './remote-log-state.ts'
import { sentences } from './sentences.ts'

/** Versions whose trees are walked side by side, and nodes asked for at once. */
const versionsPerBatch = 64
const nodesPerBatch = 512

/** A tree node to read. `where` names it: the version, and a folder in it. */
type NodeItem = {
  readonly digest: Digest
  readonly kind: typeof packKind.treeNode
  readonly location: LocatorEntry
  readonly pointer: NodePointer
  readonly where: string
}

/** A recipe node to read, and what the node above it promised. */
type RecipeNodeItem = {
  readonly digest: Digest
  readonly kind: typeof packKind.recipeNode
  readonly location: LocatorEntry
  readonly sizeBytes: number
  /** `undefined` of a root. */
  readonly level: number | undefined
  readonly where: string
}

export class RemoteTreeCheck {
  readonly #check: RemoteCheck
  readonly #holdings: RemoteHoldings
  readonly #seen = new DigestSet()
  #recipes: RecipeNodeItem[] = []

  constructor(check: RemoteCheck, holdings: RemoteHoldings) {
    this.#check = check
    this.#holdings = holdings
  }

  async checkVersions(versions: readonly LoggedVersion[]): Promise<void> {
    for (const batch of batchesOf(versions, versionsPerBatch)) {
      let frontier = batch.flatMap((version) => this.#rootItem(version))
      while (frontier.length > 0) frontier = await this.#visitLevel(frontier)
      await this.#visitRecipes()
    }
  }

  /** The root is read from where the log says, which is what a reader will do. */
  #rootItem(version: LoggedVersion): NodeItem[] {
    if (!this.#seen.add(version.root)) return []
    const where = `${version.artifact}@${version.id.slice(0, 12)}:`
    const pointer = { digest: version.root, size: version.sizeBytes }
    const location = version.location.root
    return [{ digest: version.root, kind: packKind.treeNode, location, pointer, where }]
  }

  async #visitLevel(frontier: readonly NodeItem[]): Promise<NodeItem[]> {
    const next: NodeItem[] = []
    for (const batch of batchesOf(frontier, nodesPerBatch)) {
      throwIfAborted(this.#check.signal)
      for await (const round of readRemoteObjects(this.#check, batch)) {
        for (const item of round.stale) this.#reportStale(item)
        for (const { item, bytes } of round.objects) next.push(...this.#visitNode(item, bytes))
      }
    }
    return next
  }

  #visitNode(item: NodeItem, bytes: Uint8Array): NodeItem[] {
    const reached = this.#open(item, bytes)
    if (reached === undefined) return []
    this.#check.findings.count(1, bytes.length)
    const children: NodeItem[] = []
    for (const [index, entry] of reached.node.entries.entries()) {
      if (entry.kind === 'file') this.#visitFile(entry, item.where + entry.name)
      else if (isReference(entry) && this.#seen.add(entry.digest)) {
        const where = entry.kind === 'directory' ? `${item.where}${entry.name}/` : item.where
        children.push(...this.#childItem(pointerAt(reached, index), where))
      }
    }
    return children
  }

  #open(item: NodeItem, bytes: Uint8Array): ReachedNode | undefined {
    try {
      const node: TreeNode = decodeNode(bytes, `tree node ${item.digest}`)
      return readSync(readPointer(item.pointer), { node: () => node })
    } catch (error) {
      if (!isMlstoreError(error, 'CORRUPT')) throw error
      this.#report(item.where, sentences(error.message))
      return undefined
    }
  }

  #childItem(pointer: NodePointer, where: string): NodeItem[] {
    const { digest } = pointer
    const row = this.#holdings.nodeOf(digest)
    if (row === undefined) {
      this.#report(where, `tree node ${digest} is in no live pack, so what is below it is lost.`)
      return []
    }
    const location = locatorEntryOf(row, locatorForm.treeNode)
    return [{ digest, kind: packKind.treeNode, location, pointer, where }]
  }

  #visitFile(entry: FileEntry, where: string): void {
    if (entry.digest === emptyDigest || !this.#seen.add(entry.digest)) return
    const sizeBytes = this.#holdings.sizeOf(entry.digest)
    if (sizeBytes === entry.size) return
    const recipe = this.#holdings.recipeOf(entry.digest)
    if (recipe?.sizeBytes === entry.size) {
      this.#wantRecipe({ digest: recipe.recipe, sizeBytes: entry.size }, undefined, where)
      return
    }
    const found = sizeBytes ?? recipe?.sizeBytes
    this.#report(
      where,
      found === undefined
        ? `its content ${entry.digest} is in no live pack.`
        : `its content ${entry.digest} has ${found} bytes there, not ${entry.size}.`,
    )
  }

  #wantRecipe(item: RecipeItem, level: number | undefined, where: string): void {
    if (!this.#seen.add(item.digest)) return
    const row = this.#holdings.nodeOf(item.digest)
    if (row === undefined) {
      this.#report(where, `a part of its recipe, ${item.digest}, is in no live pack.`)
      return
    }
    const location = locatorEntryOf(row, locatorForm.recipeNode)
    this.#recipes.push({ ...item, kind: packKind.recipeNode, location, level, where })
  }

  async #visitRecipes(): Promise<void> {
    while (this.#recipes.length > 0) {
      throwIfAborted(this.#check.signal)
      const batch = this.#recipes.splice(-nodesPerBatch)
      for await (const round of readRemoteObjects(this.#check, batch)) {
        for (const item of round.stale) this.#reportStale(item)
        for (const { item, bytes } of round.objects) this.#visitRecipeNode(item, bytes)
      }
    }
  }

  #visitRecipeNode(item: RecipeNodeItem, bytes: Uint8Array): void {
    this.#check.findings.count(1, bytes.length)
    try {
      const { level, items } = decodeRecipeNode(bytes, `recipe node ${item.digest}`)
      const covered = items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      if (covered !== item.sizeBytes || (item.level ?? level) !== level) {
        this.#report(item.where, `recipe node ${item.digest} is not of the file it is used for.`)
        return
      }
      for (const child of items) this.#visitRecipeItem(child, level, item.where)
    } catch (error) {
      if (!isMlstoreError(error, 'CORRUPT')) throw error
      this.#report(item.where, sentences(error.message))
    }
  }

  #visitRecipeItem(child: RecipeItem, level: number, where: string): void {
    if (level > 0) {
      this.#wantRecipe(child, level - 1, where)
      return
    }
    const sizeBytes = this.#holdings.sizeOf(child.digest)
    if (sizeBytes === child.sizeBytes || !this.#seen.add(child.digest)) return
    const how = sizeBytes === undefined ? 'is in no live pack' : `has ${sizeBytes} bytes there`
    this.#report(where, `its chunk ${child.digest} of ${child.sizeBytes} bytes ${how}.`)
  }

  #reportStale({ digest, location, where }: NodeItem | RecipeNodeItem): void {
    const place = `pack ${location.packId}, bytes ${location.offset} to ${location.offset + location.storedBytes}`
    this.#report(where, `object ${digest} should be in ${place}, and other bytes are there.`)
  }

  #report(where: string, what: string): void {
    this.#check.findings.report({ where, what })
  }
}

function* batchesOf<Item>(items: readonly Item[], count: number): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += count) yield items.slice(from, from + count)
}
