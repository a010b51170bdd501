/**
 * The recipes of some files of a download: read, walked for the chunks that are missing, and stored
 * once the files are proved to be what their digests say (rule R3).
 *
 * Files are taken a group at a time, so that many of middling size share requests while memory
 * stays bounded: 40 bytes a chunk for the nodes, about 150 for what is asked of it.
 */

import { recipeChunks } from '../../core/chunking/recipe-walk.ts'
import { decodeRecipeNode, type RecipeItem } from '../../core/chunking/recipe.ts'
import { type Digest, DigestStream } from '../../core/digest.ts'
import { packKind } from '../../core/pack/format.ts'
import { type LocatorEntry, locatorForm } from '../../core/pack/locator.ts'
import { digestMismatch, throwIfAborted } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import type { ArrivingFiles } from '../arriving-files.ts'
import type { StoreParts } from '../parts.ts'
import { ArrivalCheck } from './arrival-check.ts'
import { LocatedObjects } from './located-objects.ts'
import type { LocalFiles } from './local-files.ts'
import type { NodeReader } from './node-reader.ts'
import type { ObjectFetcher } from './object-fetcher.ts'
import { locatorEntryOf } from './remote-pack.ts'
import type { WantedContent } from './wanted-content.ts'

/** A file of several chunks. */
export type ChunkedFile = {
  readonly digest: Digest
  readonly sizeBytes: number
  /** Where its recipe is. */
  readonly hint: LocatorEntry | undefined
}

export type RecipeDownloadParts = {
  readonly parts: StoreParts
  readonly fetcher: ObjectFetcher
  readonly nodes: NodeReader
  readonly writer: ObjectWriter
  readonly local: LocalFiles
  readonly progress: ProgressTask
  /** Takes what arrives of large files. */
  readonly arriving: ArrivingFiles | undefined
}

/** How much content, and how many files, one group has at most. */
const groupBytesMax = 8 * 1024 ** 3
const groupCountMax = 20_000

/** Splits files into groups, keeping their order. */
export function* groupsOf(files: Iterable<ChunkedFile>): Generator<ChunkedFile[]> {
  let group: ChunkedFile[] = []
  let groupBytes = 0
  for (const file of files) {
    const isFull = groupBytes + file.sizeBytes > groupBytesMax || group.length >= groupCountMax
    if (group.length > 0 && isFull) {
      yield group
      group = []
      groupBytes = 0
    }
    group.push(file)
    groupBytes += file.sizeBytes
  }
  if (group.length > 0) yield group
}

/** The recipes of one group. */
export class RecipeDownload implements AsyncDisposable {
  readonly #parts: RecipeDownloadParts
  readonly #files: readonly ChunkedFile[]
  /** Digests of the recipes' roots, file by file. */
  readonly #roots: readonly Digest[]
  readonly #nodes = new Map<Digest, Uint8Array>()
  readonly #check: ArrivalCheck

  constructor(parts: RecipeDownloadParts, files: readonly ChunkedFile[]) {
    this.#parts = parts
    this.#files = files
    this.#roots = files.map((file) => this.#rootOf(file).digest)
    const { objects } = parts.parts
    this.#check = new ArrivalCheck({
      compute: objects.compute,
      arriving: parts.arriving,
      readLocal: (chunk) => objects.readObject(chunk),
    })
  }

  /** Reads the recipes, and adds what is not here of their chunks to `wanted`. */
  async plan(wanted: WantedContent): Promise<void> {
    const places = await this.#readNodes()
    for (const [index, file] of this.#files.entries()) {
      for (const chunk of this.#chunksOf(index)) this.#want(chunk, places, wanted)
      this.#check.addFile(file, digestsOf(this.#chunksOf(index)), (chunk) => wanted.has(chunk))
    }
  }

  /** A chunk came in, verified. */
  arrived(chunk: Digest, bytes: Uint8Array): void {
    this.#check.arrived(chunk, bytes)
  }

  /** Hashes what has arrived; the bytes are free again when it is done. */
  hash(): Promise<void> {
    return this.#check.hash()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#check[Symbol.asyncDispose]()
  }

  /**
   * Proves that the files are right and stores which recipes make them.
   *
   * All that was wanted has arrived and is published.
   *
   * @throws {MlstoreError} `DIGEST_MISMATCH` if a recipe makes something else than its file.
   */
  async store(): Promise<void> {
    const { writer, progress, fetcher } = this.#parts
    for (const [index, outcome] of (await this.#check.end()).entries()) {
      const file = this.#files[index]
      const recipe = this.#roots[index]
      if (file === undefined || recipe === undefined) continue
      throwIfAborted(fetcher.signal)
      const isRight = outcome === 'unchecked' ? await this.#isRight(index) : outcome === 'right'
      if (!isRight) throw wrongRecipe(fetcher.url, file, recipe)
      const row = { file: file.digest, recipe, sizeBytes: file.sizeBytes }
      writer.addFileRow(row)
      fetcher.finder.learnRecipe(row)
      progress.advance({ files: 1 })
    }
  }

  #rootOf(file: ChunkedFile): { readonly digest: Digest; readonly hint: LocatorEntry | undefined } {
    const { fetcher } = this.#parts
    const root = fetcher.finder.recipeOf(file.digest, file.hint)
    if (root === undefined) throw fetcher.unreadable(file.digest)
    return { digest: root.digest, hint: root.location }
  }

  /** Reads the recipes level by level; answers where the chunks lie, as far as locators tell. */
  async #readNodes(): Promise<LocatedObjects> {
    const places = new LocatedObjects()
    let frontier = this.#files.map((file) => this.#rootOf(file))
    while (frontier.length > 0) {
      const next: { digest: Digest; hint: LocatorEntry | undefined }[] = []
      const fresh = new Map(frontier.map((node) => [node.digest, node]))
      for (const known of this.#nodes.keys()) fresh.delete(known)
      const nodes = this.#parts.nodes.read(packKind.recipeNode, [...fresh.values()])
      for await (const { item, bytes, locator } of nodes) {
        this.#nodes.set(item.digest, bytes)
        const { level, items } = decodeRecipeNode(bytes, `recipe node ${item.digest}`)
        for (const [index, child] of items.entries()) {
          const hint = locator?.[index]
          if (level > 0) next.push({ digest: child.digest, hint })
          else if (hint !== undefined) {
            places.put({ ...hint, ...child, kind: packKind.blob })
          }
        }
      }
      frontier = next
    }
    return places
  }

  #want(chunk: RecipeItem, places: LocatedObjects, wanted: WantedContent): void {
    const { digest, sizeBytes } = chunk
    const { local, writer, progress } = this.#parts
    const isRepeated = wanted.has(digest)
    if (isRepeated || local.hasChunk(digest)) {
      // Counted on: publishing finds out if it goes away meanwhile.
      if (!isRepeated) writer.keep(digest)
      progress.advance({ dedupedBytes: sizeBytes })
      return
    }
    const row = places.get(digest)
    wanted.add(digest, sizeBytes, row && locatorEntryOf(row, locatorForm.chunk))
  }

  #chunksOf(index: number): Iterable<RecipeItem> {
    const digest = this.#roots[index]
    const sizeBytes = this.#files[index]?.sizeBytes ?? 0
    return digest === undefined ? [] : recipeChunks({ digest, sizeBytes }, this.#readNodesOf)
  }

  readonly #readNodesOf = (digests: readonly Digest[]): Uint8Array[] =>
    digests.flatMap((digest) => this.#nodes.get(digest) ?? [])

  /** Reads a file back: its chunks came in another order, or most of them were here. */
  async #isRight(index: number): Promise<boolean> {
    const { parts, fetcher } = this.#parts
    const hash = new DigestStream()
    for (const { digest } of this.#chunksOf(index)) {
      throwIfAborted(fetcher.signal)
      hash.update(parts.objects.readObject(digest))
      await Promise.resolve()
    }
    return hash.end() === this.#files[index]?.digest
  }
}

function* digestsOf(chunks: Iterable<RecipeItem>): Generator<Digest> {
  for (const { digest } of chunks) yield digest
}

function wrongRecipe(url: string, file: ChunkedFile, recipe: Digest): Error {
  return digestMismatch(`${url}: the file that recipe ${recipe} makes`, file.digest, 'another')
}
