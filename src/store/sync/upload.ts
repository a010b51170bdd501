/**
 * Sending what the remote lacks of some versions: packs, then indexes, then tree packs (rule P1).
 *
 * The walk goes down from each root and turns back at every node the remote is known to have, so
 * the cost follows the change. Missing chunks go into data packs in the order of the walk; nodes
 * and recipes follow in packs of their own, children before parents, each with its locator.
 * Nothing here commits: until a log entry names them, the packs mean nothing to anybody.
 */

import { recipeChunks } from '../../core/chunking/recipe-walk.ts'
import { decodeRecipeNode } from '../../core/chunking/recipe.ts'
import { DigestSet } from '../../core/digest-set.ts'
import { type Digest, digestOf, emptyDigest } from '../../core/digest.ts'
import { packEncoding, packKind } from '../../core/pack/format.ts'
import { type LocatorEntry, locatorForm } from '../../core/pack/locator.ts'
import { decodeNode, type FileEntry, type NodeEntry, type TreeNode } from '../../core/tree/node.ts'
import { digestMismatch, throwIfAborted } from '../../errors.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import type { StoreParts } from '../parts.ts'
import { mapOrdered } from './map-ordered.ts'
import type { PackSender } from './pack-sender.ts'
import { type BuiltPack, RemotePackBuilder } from './remote-pack.ts'
import type { KnownObjects } from './known-objects.ts'

/** A remote pack at most; several are in memory at once. */
const packBytesMax = 32 * 1024 * 1024

export type UploadRequest = {
  readonly known: KnownObjects
  readonly sender: PackSender
  readonly concurrency: number
  readonly progress: ProgressTask
  readonly signal?: AbortSignal | undefined
}

/**
 * Uploads what is missing of the trees under `roots`.
 *
 * Afterwards `request.known` has every object of them.
 */
export async function upload(
  parts: StoreParts,
  roots: readonly Digest[],
  request: UploadRequest,
): Promise<void> {
  const run = new Upload(parts, request)
  await run.send(run.dataPacks(roots))
  await run.send(run.treePacks(roots))
}

class Upload {
  readonly #parts: StoreParts
  readonly #request: UploadRequest
  /** Files of several chunks whose recipes have to be sent. */
  readonly #recipes = new Map<Digest, { readonly recipe: Digest; readonly sizeBytes: number }>()

  constructor(parts: StoreParts, request: UploadRequest) {
    this.#parts = parts
    this.#request = request
  }

  async send(packs: Iterable<BuiltPack>): Promise<void> {
    const { sender, concurrency, signal } = this.#request
    const sent = mapOrdered(packs, concurrency, async (pack) => {
      throwIfAborted(signal)
      await sender.send(pack)
    })
    for await (const _ of sent) throwIfAborted(signal)
  }

  // --- data ---------------------------------------------------------------------------------

  *dataPacks(roots: readonly Digest[]): Generator<BuiltPack> {
    let pack = this.#newPack('data')
    const taken = new DigestSet()
    for (const chunk of this.#missingChunks(roots)) {
      if (!taken.add(chunk)) continue
      const { location, stored } = this.#parts.objects.readFrame(chunk)
      if (!pack.isEmpty && pack.storedBytes + stored.length > packBytesMax) {
        yield this.#close(pack)
        pack = this.#newPack('data')
      }
      const encoding = location.encoding === packEncoding.zstd ? packEncoding.zstd : packEncoding.raw
      const frame = { digest: chunk, encoding, stored, sizeBytes: location.sizeBytes }
      this.#verify(frame)
      pack.addBlob(frame)
      this.#request.progress.advance({ bytes: location.sizeBytes })
    }
    if (!pack.isEmpty) yield this.#close(pack)
  }

  *#missingChunks(roots: readonly Digest[]): Generator<Digest> {
    for (const entry of this.#missingFiles(roots)) {
      const recipe = this.#parts.catalog.objects.findRecipe(entry.digest)?.recipe
      if (recipe === undefined) {
        yield entry.digest
        continue
      }
      this.#recipes.set(entry.digest, { recipe, sizeBytes: entry.size })
      for (const chunk of recipeChunks({ digest: recipe, sizeBytes: entry.size }, this.#readAll)) {
        if (!this.#request.known.has(chunk.digest)) yield chunk.digest
        else this.#request.progress.advance({ dedupedBytes: chunk.sizeBytes })
      }
    }
  }

  *#missingFiles(roots: readonly Digest[]): Generator<FileEntry> {
    const visited = new DigestSet()
    const stack = [...roots].reverse()
    for (let digest = stack.pop(); digest !== undefined; digest = stack.pop()) {
      if (!visited.add(digest) || this.#request.known.hasNode(digest)) continue
      const { entries } = this.#node(digest)
      for (const entry of entries) {
        if (entry.kind !== 'file' || entry.digest === emptyDigest) continue
        this.#request.progress.addTotal({ bytes: entry.size })
        if (!this.#request.known.hasFile(entry.digest)) yield entry
        else this.#request.progress.advance({ dedupedBytes: entry.size })
      }
      for (const entry of entries.toReversed()) {
        if (entry.kind === 'node' || entry.kind === 'directory') stack.push(entry.digest)
      }
    }
  }

  /** Rule P2: what is sent was decoded and hashed just before. */
  #verify(frame: { digest: Digest; encoding: number; stored: Uint8Array; sizeBytes: number }): void {
    const bytes =
      frame.encoding === packEncoding.zstd
        ? this.#parts.codec.decompress(frame.stored, frame.sizeBytes)
        : frame.stored
    const actual = digestOf(bytes)
    if (actual !== frame.digest) throw digestMismatch('a local pack', frame.digest, actual)
  }

  // --- nodes and recipes --------------------------------------------------------------------

  *treePacks(roots: readonly Digest[]): Generator<BuiltPack> {
    const trees = new TreePacks(() => this.#newPack('tree'))
    for (const [file, { recipe, sizeBytes }] of this.#recipes) {
      if (this.#request.known.hasFile(file)) continue
      yield* this.#recipeNodes(recipe, trees)
      trees.current.addFile({ file, recipe, sizeBytes })
      this.#request.known.addRecipe({ file, recipe, sizeBytes })
    }
    const inner: Digest[] = []
    for (const root of roots) yield* this.#treeNodes(root, trees, inner)
    // Nodes above the leaves lie together, so that a walk from the root finds them in one read.
    for (const digest of inner) yield* this.#addTreeNode(digest, trees)
    if (!trees.current.isEmpty) yield this.#close(trees.current)
  }

  *#recipeNodes(digest: Digest, trees: TreePacks): Generator<BuiltPack> {
    if (this.#request.known.has(digest)) return
    const bytes = this.#parts.objects.readObject(digest)
    const node = decodeRecipeNode(bytes)
    if (node.level > 0) for (const item of node.items) yield* this.#recipeNodes(item.digest, trees)
    const form = node.level > 0 ? locatorForm.recipeNode : locatorForm.chunk
    const children = node.items.map((item) => this.#request.known.locatorEntry(item.digest, form))
    yield* this.#add(trees, { kind: packKind.recipeNode, digest, bytes }, children)
  }

  /** Children before parents; nodes with child nodes are put off to `inner`. */
  *#treeNodes(digest: Digest, trees: TreePacks, inner: Digest[]): Generator<BuiltPack> {
    if (this.#request.known.hasNode(digest) || trees.isPlanned(digest)) return
    const below = this.#node(digest).entries.filter(
      (entry) => entry.kind === 'node' || entry.kind === 'directory',
    )
    for (const entry of below) yield* this.#treeNodes(entry.digest, trees, inner)
    trees.plan(digest)
    if (below.length > 0) inner.push(digest)
    else yield* this.#addTreeNode(digest, trees)
  }

  *#addTreeNode(digest: Digest, trees: TreePacks): Generator<BuiltPack> {
    const bytes = this.#parts.objects.readObject(digest)
    const children = decodeNode(bytes, `tree node ${digest}`).entries.map((entry) => this.#childEntry(entry))
    yield* this.#add(trees, { kind: packKind.treeNode, digest, bytes }, children)
  }

  #childEntry(entry: NodeEntry): LocatorEntry | undefined {
    const { known } = this.#request
    if (entry.kind === 'link') return undefined
    if (entry.kind !== 'file') return known.locatorEntry(entry.digest, locatorForm.treeNode)
    if (entry.digest === emptyDigest) return undefined
    return known.fileLocatorEntry(entry.digest)
  }

  *#add(
    trees: TreePacks,
    node: { kind: typeof packKind.treeNode | typeof packKind.recipeNode; digest: Digest; bytes: Uint8Array },
    children: readonly (LocatorEntry | undefined)[],
  ): Generator<BuiltPack> {
    const { known } = this.#request
    known.addRow(trees.current.addNode(node, children, this.#parts.codec))
    if (trees.current.storedBytes >= packBytesMax) {
      yield this.#close(trees.current)
      trees.startNext()
    }
  }

  // --- shared -------------------------------------------------------------------------------

  #node(digest: Digest): TreeNode {
    return decodeNode(this.#parts.objects.readObject(digest), `tree node ${digest}`)
  }

  readonly #readAll = (digests: readonly Digest[]): Uint8Array[] =>
    digests.map((digest) => this.#parts.objects.readObject(digest))

  #newPack(purpose: 'data' | 'tree'): RemotePackBuilder {
    return new RemotePackBuilder(this.#parts.ids.id(), purpose)
  }

  #close(pack: RemotePackBuilder): BuiltPack {
    this.#request.known.addPack(pack)
    return pack.finish()
  }
}

/** The tree pack being filled, and which nodes are in one or will be. */
class TreePacks {
  current: RemotePackBuilder
  readonly #make: () => RemotePackBuilder
  readonly #planned = new DigestSet()

  constructor(make: () => RemotePackBuilder) {
    this.#make = make
    this.current = make()
  }

  startNext(): void {
    this.current = this.#make()
  }

  isPlanned(digest: Digest): boolean {
    return this.#planned.has(digest)
  }

  plan(digest: Digest): void {
    this.#planned.add(digest)
  }
}
