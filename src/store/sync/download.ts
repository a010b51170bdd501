/**
 * Bringing a version's objects from a remote into the local store.
 *
 * The walk goes down the Merkle tree level by level. A node that is here is read from here; one
 * that is not is read from the remote together with its locator, which says where its children
 * lie, so one file of a huge version costs one request a level. What is wanted and missing
 * becomes ranged reads; frames go into local packs as they are, verified on the way.
 *
 * What arrived is published in steps, chunks before the recipes and nodes that need them, so an
 * interrupted download is continued and not started again.
 */

import { recipeChunks } from '../../core/chunking/recipe-walk.ts'
import { decodeRecipeNode, type RecipeItem } from '../../core/chunking/recipe.ts'
import { DigestSet } from '../../core/digest-set.ts'
import { type Digest, DigestStream, emptyDigest } from '../../core/digest.ts'
import { packKind, type PackKind } from '../../core/pack/format.ts'
import { decodeLocator, type LocatorEntry, locatorForm } from '../../core/pack/locator.ts'
import { decodeNode, type FileEntry, type NodeEntry } from '../../core/tree/node.ts'
import { digestMismatch, MlstoreError, throwIfAborted } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import type { PathSelection } from '../../worktree/path-selection.ts'
import type { StoreParts } from '../parts.ts'
import { publishUnderLock } from '../publish.ts'
import { ArrivalCheck } from './arrival-check.ts'
import type { ObjectFinder } from './object-finder.ts'
import { readRemoteObjects, type RemoteObjectBytes, type RemoteObjectReader } from './remote-objects.ts'

export type DownloadRequest = {
  readonly reader: RemoteObjectReader
  readonly finder: ObjectFinder
  readonly root: { readonly digest: Digest; readonly location: LocatorEntry | undefined }
  readonly selection: PathSelection
  readonly progress: ProgressTask
}

type NodeItem = { readonly digest: Digest; readonly path: string; readonly hint: LocatorEntry | undefined }
type FileItem = { readonly digest: Digest; readonly sizeBytes: number; readonly hint: LocatorEntry | undefined }

/** Nodes read in one go: enough to share requests, few enough to bound memory. */
const nodeBatchCount = 512
/** Bytes of content that are asked for before they are published. */
const blobBatchBytes = 256 * 1024 * 1024
const blobBatchCount = 100_000

/** Downloads what the selection names and is not here; returns the bytes received. */
export async function download(parts: StoreParts, request: DownloadRequest): Promise<number> {
  const run = new Download(parts, request)
  return run.all()
}

class Download {
  readonly #parts: StoreParts
  readonly #request: DownloadRequest
  /** Nodes and recipes: published last, since they promise that what they name is here. */
  readonly #structure: ObjectWriter
  #blobs: FileItem[] = []
  #blobBytes = 0
  readonly #recipes: FileItem[] = []
  readonly #unhinted: FileItem[] = []
  /** Chunks asked for once already, for files that share them. */
  readonly #wantedChunks = new DigestSet()
  #receivedBytes = 0

  constructor(parts: StoreParts, request: DownloadRequest) {
    this.#parts = parts
    this.#request = request
    this.#structure = parts.objects.startWrite()
  }

  async all(): Promise<number> {
    try {
      await this.#walkTree()
      await this.#resolveUnhinted()
      await this.#fetchBlobs()
      await this.#fetchRecipes()
      await publishUnderLock(this.#parts, this.#structure)
      return this.#receivedBytes
    } catch (error) {
      await this.#structure.abort()
      throw error
    } finally {
      this.#request.finder.flush()
    }
  }

  async #walkTree(): Promise<void> {
    const { root } = this.#request
    let frontier: NodeItem[] = [{ digest: root.digest, path: '', hint: root.location }]
    while (frontier.length > 0) {
      const next: NodeItem[] = []
      for (let from = 0; from < frontier.length; from += nodeBatchCount) {
        throwIfAborted(this.#request.reader.signal)
        await this.#visitNodes(frontier.slice(from, from + nodeBatchCount), next)
      }
      frontier = next
    }
  }

  async #visitNodes(batch: readonly NodeItem[], next: NodeItem[]): Promise<void> {
    const { objects, catalog } = this.#parts
    const { finder } = this.#request
    const absent: NodeItem[] = []
    for (const node of batch) {
      if (!objects.has(node.digest)) {
        absent.push(node)
        continue
      }
      const locator = catalog.remoteObjects.findLocator(finder.repoId, node.digest)
      const hints = locator && decodeLocator(locator)
      await this.#visit(node, objects.readObject(node.digest), hints, next)
    }
    const kind = packKind.treeNode
    for await (const object of this.#read(absent.map((node) => ({ ...node, kind })))) {
      this.#structure.addObject(kind, object.bytes, object.item.digest)
      finder.learnLocator(object.item.digest, object.locator)
      await this.#visit(object.item, object.bytes, object.locator, next)
    }
  }

  /** Takes note of what the selection wants among a node's entries. */
  async #visit(
    node: NodeItem,
    bytes: Uint8Array,
    locator: readonly (LocatorEntry | undefined)[] | undefined,
    next: NodeItem[],
  ): Promise<void> {
    let after: string | undefined
    for (const [index, entry] of decodeNode(bytes, `tree node ${node.digest}`).entries.entries()) {
      const child = this.#childNode(node, entry, after, locator?.[index])
      if (child !== undefined) next.push(child)
      else if (entry.kind === 'file') this.#wantFile(node.path, entry, locator?.[index])
      after = entry.name
    }
    if (this.#blobBytes >= blobBatchBytes || this.#blobs.length >= blobBatchCount) {
      await this.#fetchBlobs()
    }
  }

  #childNode(
    parent: NodeItem,
    entry: NodeEntry,
    after: string | undefined,
    hint: LocatorEntry | undefined,
  ): NodeItem | undefined {
    const { selection } = this.#request
    if (entry.kind === 'node') {
      if (!selection.mayBeBetween(parent.path, after, entry.name)) return undefined
      return { digest: entry.digest, path: parent.path, hint }
    }
    if (entry.kind !== 'directory') return undefined
    const path = childPath(parent.path, entry.name)
    return selection.mayBeIn(path) ? { digest: entry.digest, path, hint } : undefined
  }

  #wantFile(folder: string, entry: FileEntry, hint: LocatorEntry | undefined): void {
    if (!this.#request.selection.includes(childPath(folder, entry.name))) return
    if (entry.digest === emptyDigest || this.#parts.objects.has(entry.digest)) return
    const file: FileItem = { digest: entry.digest, sizeBytes: entry.size, hint }
    this.#request.progress.addTotal({ files: 1, bytes: entry.size })
    if (hint === undefined) this.#unhinted.push(file)
    else if (hint.form === locatorForm.recipeRoot) this.#recipes.push(file)
    else this.#wantBlob(file)
  }

  /** Files whose place no locator told: the indexes know whether they have a recipe. */
  async #resolveUnhinted(): Promise<void> {
    const { finder } = this.#request
    const isKnown = ({ digest }: FileItem): boolean =>
      finder.locate(digest, undefined) !== undefined || finder.recipeOf(digest, undefined) !== undefined
    if (!this.#unhinted.every(isKnown)) await finder.learnIndexes()
    for (const file of this.#unhinted) {
      if (finder.recipeOf(file.digest, undefined) === undefined) this.#wantBlob(file)
      else this.#recipes.push(file)
    }
  }

  #wantBlob(blob: FileItem): void {
    this.#blobs.push(blob)
    this.#blobBytes += blob.sizeBytes
  }

  /** Reads the chunks and small files that are wanted so far and publishes them. */
  async #fetchBlobs(check?: ArrivalCheck): Promise<void> {
    const wanted = this.#blobs
    this.#blobs = []
    this.#blobBytes = 0
    for (const batch of batchesOf(wanted)) await this.#fetchBlobBatch(batch, check)
  }

  async #fetchBlobBatch(batch: readonly FileItem[], check?: ArrivalCheck): Promise<void> {
    const writer = this.#parts.objects.startWrite()
    const kind = packKind.blob
    try {
      for await (const object of this.#read(batch.map((blob) => ({ ...blob, kind })))) {
        const { digest } = object.item
        const sizes = { storedBytes: object.stored.length, sizeBytes: object.bytes.length }
        const frame = { digest, kind, encoding: object.encoding, offset: 0, ...sizes }
        writer.addFrame(frame, object.stored)
        check?.arrived(digest, object.bytes)
        await writer.settle()
        this.#request.progress.advance({ bytes: object.bytes.length })
      }
    } finally {
      // Also after a failure: what arrived need not be fetched again.
      await publishUnderLock(this.#parts, writer)
    }
  }

  /** Files of several chunks: reads their recipes, then the chunks that are not here. */
  async #fetchRecipes(): Promise<void> {
    for (const batch of batchesOf(this.#recipes)) {
      throwIfAborted(this.#request.reader.signal)
      const recipes = await this.#readRecipes(batch)
      const awaited = new DigestSet(this.#blobs.map((blob) => blob.digest))
      const check = new ArrivalCheck({
        files: recipes.map((recipe) => ({
          digest: recipe.file,
          chunks: recipe.chunks.map((chunk) => chunk.digest),
        })),
        isAwaited: (chunk) => awaited.has(chunk),
        readLocal: (chunk) => this.#parts.objects.readObject(chunk),
      })
      await this.#fetchBlobs(check)
      for (const recipe of recipes) {
        this.#verify(recipe, check)
        this.#structure.addRecipe(recipe.file, recipe.sizeBytes, recipe.chunks)
      }
    }
  }

  /** Rule R3: the whole file, while it arrived or now from disk. */
  #verify(recipe: FetchedRecipe, check: ArrivalCheck): void {
    if (check.verified.has(recipe.file)) return
    const hash = new DigestStream()
    for (const chunk of recipe.chunks) hash.update(this.#parts.objects.readObject(chunk.digest))
    const actual = hash.end()
    if (actual === recipe.file) return
    throw digestMismatch(`${this.#request.reader.remote.url}: a file`, recipe.file, actual)
  }

  /** Reads the recipes of some files, level by level, and notes the chunks that are missing. */
  async #readRecipes(files: readonly FileItem[]): Promise<FetchedRecipe[]> {
    const roots = files.map((file) => {
      const root = this.#request.finder.recipeOf(file.digest, file.hint)
      if (root === undefined) throw unreadable(this.#request.reader.remote.url, file.digest)
      return { digest: root.digest, sizeBytes: file.sizeBytes, hint: root.location }
    })
    const bytesOf = new Map<Digest, Uint8Array>()
    const hints = new Map<Digest, LocatorEntry | undefined>()
    let frontier: FileItem[] = roots
    while (frontier.length > 0) {
      const next: FileItem[] = []
      const kind = packKind.recipeNode
      for await (const object of this.#read(frontier.map((node) => ({ ...node, kind })))) {
        bytesOf.set(object.item.digest, object.bytes)
        visitRecipeNode(object.bytes, object.locator, next, hints)
      }
      frontier = next
    }
    const read = (digests: readonly Digest[]): Uint8Array[] =>
      digests.flatMap((digest) => bytesOf.get(digest) ?? [])
    return files.map(({ digest: file, sizeBytes }, index) => {
      const root = { digest: roots[index]?.digest ?? file, sizeBytes }
      const chunks = [...recipeChunks(root, read)]
      this.#wantChunks(chunks, hints)
      return { file, sizeBytes, chunks }
    })
  }

  #wantChunks(
    chunks: readonly RecipeItem[],
    hints: ReadonlyMap<Digest, LocatorEntry | undefined>,
  ): void {
    for (const { digest, sizeBytes } of chunks) {
      if (!this.#parts.objects.has(digest) && this.#wantedChunks.add(digest)) {
        this.#wantBlob({ digest, sizeBytes, hint: hints.get(digest) })
      }
    }
  }

  /** Reads items from where their hints say, and where those fail from where the indexes say. */
  async *#read<Item extends Wanted>(
    wanted: readonly Item[],
  ): AsyncGenerator<RemoteObjectBytes<Item & Located>> {
    const { reader, finder } = this.#request
    const stale: Item[] = []
    const found = wanted.flatMap((item) => {
      const location = finder.locate(item.digest, item.hint)
      if (location === undefined) stale.push(item)
      return location === undefined ? [] : [{ ...item, location }]
    })
    yield* this.#readFrom(found, stale)
    if (stale.length === 0) return
    await finder.learnIndexes()
    const again = stale.map((item) => {
      const location = finder.locate(item.digest, undefined)
      if (location === undefined) throw unreadable(reader.remote.url, item.digest)
      return { ...item, location }
    })
    const lost: Item[] = []
    yield* this.#readFrom(again, lost)
    for (const { digest } of lost) throw unreadable(reader.remote.url, digest)
  }

  async *#readFrom<Item extends Wanted>(
    items: readonly (Item & Located)[],
    stale: Item[],
  ): AsyncGenerator<RemoteObjectBytes<Item & Located>> {
    for await (const round of readRemoteObjects(this.#request.reader, items)) {
      this.#receivedBytes += round.receivedBytes
      stale.push(...round.stale)
      yield* round.objects
    }
  }
}

type Wanted = {
  readonly digest: Digest
  readonly hint: LocatorEntry | undefined
  readonly kind: PackKind
}
type Located = { readonly location: LocatorEntry }

type FetchedRecipe = {
  readonly file: Digest
  readonly sizeBytes: number
  readonly chunks: readonly RecipeItem[]
}

/** Notes the children: nodes to read next, chunks with where they lie. */
function visitRecipeNode(
  bytes: Uint8Array,
  locator: readonly (LocatorEntry | undefined)[] | undefined,
  next: FileItem[],
  hints: Map<Digest, LocatorEntry | undefined>,
): void {
  const node = decodeRecipeNode(bytes)
  for (const [index, item] of node.items.entries()) {
    if (node.level > 0) next.push({ ...item, hint: locator?.[index] })
    else hints.set(item.digest, locator?.[index])
  }
}

/** Runs of items that are fetched and published together. */
function* batchesOf(items: readonly FileItem[]): Generator<FileItem[]> {
  let batch: FileItem[] = []
  let batchBytes = 0
  for (const item of items) {
    batch.push(item)
    batchBytes += item.sizeBytes
    if (batchBytes < blobBatchBytes && batch.length < blobBatchCount) continue
    yield batch
    batch = []
    batchBytes = 0
  }
  if (batch.length > 0) yield batch
}

function childPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function unreadable(url: string, digest: Digest): MlstoreError {
  return new MlstoreError('OBJECT_MISSING', `${url}: object ${digest} cannot be read there.`, {
    hint: 'Run `mlstore fsck --remote NAME` on it; another remote may hold a good copy.',
  })
}
