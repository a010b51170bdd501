/**
 * The second half of an upload: recipes and trees, each node with the locator of its children.
 *
 * Children come before their parents, since a locator says where they are. A node that arrived in
 * an interrupted push is not sent again, but what is below it is looked at all the same.
 */

import { chunkSizeBytesMin } from '../../core/chunking/parameters.ts'
import { decodeRecipeNode } from '../../core/chunking/recipe.ts'
import { DigestSet } from '../../core/digest-set.ts'
import { type Digest, emptyDigest } from '../../core/digest.ts'
import { packKind } from '../../core/pack/format.ts'
import { type LocatorEntry, locatorForm } from '../../core/pack/locator.ts'
import { decodeNode, type NodeEntry } from '../../core/tree/node.ts'
import { corrupt, throwIfAborted } from '../../errors.ts'
import type { RemoteRecipeRow } from '../../ports/remote-index.ts'
import type { StoreParts } from '../parts.ts'
import type { KnownObjects, NamedFile } from './known-objects.ts'
import type { FoundInTrees } from './missing-trees.ts'
import type { PackLane } from './pack-lane.ts'

export type TreeUploadRequest = FoundInTrees & {
  readonly known: KnownObjects
  readonly signal?: AbortSignal | undefined
}

export class TreeUpload {
  readonly #parts: StoreParts
  readonly #request: TreeUploadRequest
  /** Recipe nodes that were looked at; files may share them. */
  readonly #seen = new DigestSet()

  constructor(parts: StoreParts, request: TreeUploadRequest) {
    this.#parts = parts
    this.#request = request
  }

  async send(lane: PackLane): Promise<void> {
    const { trees, signal } = this.#request
    for (const file of trees.chunkedFiles()) {
      this.#sendRecipe(file, lane)
      if (lane.isBusy) await lane.settle()
    }
    for (const digest of trees.childrenFirst()) {
      throwIfAborted(signal)
      this.#sendTreeNode(digest, lane)
      if (lane.isBusy) await lane.settle()
    }
  }

  /** Which recipes make which of the files that were sent. */
  *recipes(): Generator<RemoteRecipeRow> {
    for (const { digest: file, size: sizeBytes } of this.#request.trees.chunkedFiles()) {
      const recipe = this.#recipeOf({ digest: file, size: sizeBytes })
      if (recipe !== undefined) yield { file, recipe, sizeBytes }
    }
  }

  #sendRecipe(file: NamedFile, lane: PackLane): void {
    const recipe = this.#recipeOf(file)
    if (recipe === undefined) throw corrupt(`the file ${file.digest}`, 'its recipe vanished')
    this.#sendRecipeNode(file.digest, recipe, lane)
    lane.addFile({ file: file.digest, recipe, sizeBytes: file.size })
  }

  /** Goes as deep as recipes may be: 32 levels. */
  #sendRecipeNode(file: Digest, digest: Digest, lane: PackLane): void {
    const { known, looseRecipes } = this.#request
    if (!this.#seen.add(digest) || known.hasWhole(digest)) return
    const bytes =
      looseRecipes.get(file)?.nodes.get(digest) ?? this.#parts.objects.readObject(digest)
    const { level, items } = decodeRecipeNode(bytes, `recipe node ${digest}`)
    if (level > 0) for (const item of items) this.#sendRecipeNode(file, item.digest, lane)
    if (known.hasPending(digest)) return
    const form = level > 0 ? locatorForm.recipeNode : locatorForm.chunk
    const children = items.map((item) => known.locate(item.digest, form))
    lane.addNode({ kind: packKind.recipeNode, digest, bytes }, children)
  }

  #sendTreeNode(digest: Digest, lane: PackLane): void {
    if (this.#request.known.hasPending(digest)) return
    const bytes = this.#parts.objects.readObject(digest)
    const { entries } = decodeNode(bytes, `tree node ${digest}`)
    const children = entries.map((entry) => this.#locate(entry))
    lane.addNode({ kind: packKind.treeNode, digest, bytes }, children)
  }

  #locate(entry: NodeEntry): LocatorEntry | undefined {
    const { known } = this.#request
    if (entry.kind === 'link' || entry.digest === emptyDigest) return undefined
    if (entry.kind !== 'file') return known.locate(entry.digest, locatorForm.treeNode)
    const recipe = this.#recipeOf(entry)
    const root = recipe && known.locateRecipe(recipe)
    return root ?? known.locate(entry.digest, locatorForm.wholeFile)
  }

  /** What was cut for this push, what the store has, what the remote has. */
  #recipeOf(file: NamedFile): Digest | undefined {
    if (file.size <= chunkSizeBytesMin) return undefined
    return (
      this.#request.looseRecipes.get(file.digest)?.root ??
      this.#parts.catalog.objects.findRecipe(file.digest)?.recipe ??
      this.#request.known.recipeOf(file)
    )
  }
}
