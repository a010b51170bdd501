/**
 * Cutting files that the store keeps as links: whole, so their chunks are in no pack.
 *
 * The file is read once, cut and hashed on the way, and nothing of it is written here; its recipe
 * stays in memory (40 bytes a chunk) until it is sent.
 */

import { RecipeBuilder } from '../../core/chunking/recipe.ts'
import type { Digest } from '../../core/digest.ts'
import { digestMismatch } from '../../errors.ts'
import { CutterPool, type FileChunk } from '../../objects/file-cutter.ts'
import type { StoreParts } from '../parts.ts'
import type { NamedFile } from './known-objects.ts'

export type CutRecipe = {
  readonly root: Digest
  readonly nodes: ReadonlyMap<Digest, Uint8Array>
}

export type CutRequest = {
  /** Takes a chunk; the bytes are valid only during the call. */
  readonly onChunk: (digest: Digest, bytes: Uint8Array) => void
  /** Runs between two blocks of the file, before the next one is read. */
  readonly onBlock: () => Promise<void>
  readonly signal?: AbortSignal | undefined
}

export class LooseCutter {
  readonly #parts: Pick<StoreParts, 'objects'>
  readonly #cutters = new CutterPool()
  readonly #recipes = new Map<Digest, CutRecipe>()

  constructor(parts: Pick<StoreParts, 'objects'>) {
    this.#parts = parts
  }

  /** Recipes of the files that were cut and have one. */
  get recipes(): ReadonlyMap<Digest, CutRecipe> {
    return this.#recipes
  }

  /**
   * Cuts the file.
   *
   * @throws {MlstoreError} `OBJECT_MISSING` if it is no loose file either; `DIGEST_MISMATCH` if
   * somebody changed it through another name: what was handed out is then of no use.
   */
  async cut(file: NamedFile, { onChunk, onBlock, signal }: CutRequest): Promise<void> {
    const builder = new RecipeBuilder()
    const nodes = new Map<Digest, Uint8Array>()
    const keep = (made: readonly { digest: Digest; bytes: Uint8Array }[]): void => {
      for (const { digest, bytes } of made) nodes.set(digest, bytes)
    }
    const take = async (chunks: readonly FileChunk[]): Promise<void> => {
      for (const { digest, bytes } of chunks) {
        onChunk(digest, bytes)
        keep(builder.add({ digest, sizeBytes: bytes.length }))
      }
      await onBlock()
    }
    const { objects } = this.#parts
    const compute = objects.compute.for(file.size)
    const content = objects.readFile(file.digest, { signal, reuse: true })
    const cut = await this.#cutters.with((cutter) => cutter.cut(content, { compute, take, signal }))
    if (cut.digest !== file.digest) {
      throw digestMismatch(this.#parts.objects.loose.pathOf(file.digest), file.digest, cut.digest)
    }
    const { root, nodes: last } = builder.end()
    keep(last)
    if (root !== undefined) this.#recipes.set(file.digest, { root, nodes })
  }
}
