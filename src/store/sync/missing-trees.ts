/**
 * What an upload's walk has found: nodes that no committed entry vouches for, and files of several
 * chunks whose recipes the remote may lack. Compact, since there may be a million of either.
 */

import { DigestSet } from '../../core/digest-set.ts'
import type { Digest } from '../../core/digest.ts'
import type { NamedFile } from './known-objects.ts'
import type { CutRecipe } from './loose-cutter.ts'

export type FoundInTrees = {
  readonly trees: MissingTrees
  /** Recipes of files that were cut for this push and are in no local pack. */
  readonly looseRecipes: ReadonlyMap<Digest, CutRecipe>
}

export class MissingTrees {
  readonly #nodes = new DigestSet()
  /** Those that have child nodes, children before their parents. */
  readonly #inner = new DigestSet()
  readonly #files = new DigestSet()
  readonly #fileSizes: number[] = []

  hasNode(digest: Digest): boolean {
    return this.#nodes.has(digest)
  }

  /** The walk comes to a node. */
  addNode(digest: Digest): void {
    this.#nodes.add(digest)
  }

  /** The walk leaves a node that has child nodes. */
  endInnerNode(digest: Digest): void {
    this.#inner.add(digest)
  }

  addChunkedFile({ digest, size }: NamedFile): void {
    if (this.#files.add(digest)) this.#fileSizes.push(size)
  }

  *chunkedFiles(): Generator<NamedFile> {
    let ordinal = 0
    for (const digest of this.#files) yield { digest, size: this.#fileSizes[ordinal++] ?? 0 }
  }

  /**
   * Every node after those below it: first all without child nodes, then the others together, so
   * that a walk from the root finds what it needs in one place.
   */
  *childrenFirst(): Generator<Digest> {
    for (const digest of this.#nodes) if (!this.#inner.has(digest)) yield digest
    yield* this.#inner
  }
}
