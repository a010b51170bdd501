/**
 * The first half of an upload: walks the trees and sends the content that the remote lacks.
 *
 * The walk goes down from each root and turns back at every node that a committed entry vouches
 * for, so the cost follows the change. Chunks go into packs in the order of the walk: what one file
 * is made of, and the files of one folder, lie together and are read back with few requests. They
 * are compressed on the way, many at once: the chunks of a file, the small files between two large ones.
 */

import { chunkSizeBytesMin } from '../../core/chunking/parameters.ts'
import { recipeChunks } from '../../core/chunking/recipe-walk.ts'
import type { RecipeItem } from '../../core/chunking/recipe.ts'
import { type Digest, emptyDigest } from '../../core/digest.ts'
import { decodeNode, type FileEntry } from '../../core/tree/node.ts'
import { throwIfAborted } from '../../errors.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import type { StoreParts } from '../parts.ts'
import type { KnownObjects } from './known-objects.ts'
import { LooseCutter } from './loose-cutter.ts'
import { type FoundInTrees, MissingTrees } from './missing-trees.ts'
import type { PackLane } from './pack-lane.ts'
import { frameOf, type StoredFrame } from './remote-pack.ts'

export type ContentUploadRequest = {
  readonly known: KnownObjects
  readonly progress: ProgressTask
  readonly signal?: AbortSignal | undefined
}

/** Files of one chunk that are sent together: so many that waiting for the last ones is little. */
const smallFilesAtOnce = 4096

/** A node to go into, or one whose children have all been visited. */
type Step = { readonly digest: Digest; readonly isExit: boolean }

function enter(digest: Digest): Step {
  return { digest, isExit: false }
}

export class ContentUpload {
  readonly #parts: StoreParts
  readonly #request: ContentUploadRequest
  readonly #trees = new MissingTrees()
  readonly #cutter: LooseCutter
  /** Files of one chunk that are to be sent together. */
  readonly #small: Digest[] = []
  #sentBytes = 0

  constructor(parts: StoreParts, request: ContentUploadRequest) {
    this.#parts = parts
    this.#request = request
    this.#cutter = new LooseCutter(parts)
  }

  /** Bytes of the content that was sent, before compression. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** What the second half has to send. */
  get found(): FoundInTrees {
    return { trees: this.#trees, looseRecipes: this.#cutter.recipes }
  }

  async send(roots: readonly Digest[], lane: PackLane): Promise<void> {
    const { known, signal } = this.#request
    const stack: Step[] = roots.toReversed().map(enter)
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      const { digest } = step
      if (step.isExit) this.#trees.endInnerNode(digest)
      else if (!this.#trees.hasNode(digest) && !known.hasWhole(digest)) {
        throwIfAborted(signal)
        stack.push(...(await this.#visit(digest, lane)))
      }
    }
    await this.#sendSmall(lane)
  }

  /** Sends the files that a node names; returns what comes next, last things first. */
  async #visit(digest: Digest, lane: PackLane): Promise<Step[]> {
    this.#trees.addNode(digest)
    const { entries } = decodeNode(this.#parts.objects.readObject(digest), `tree node ${digest}`)
    const below: Step[] = []
    for (const entry of entries) {
      if (entry.kind === 'file') await this.#sendFile(entry, lane)
      else if (entry.kind !== 'link') below.push(enter(entry.digest))
    }
    return below.length === 0 ? [] : [{ digest, isExit: true }, ...below.reverse()]
  }

  async #sendFile(file: FileEntry, lane: PackLane): Promise<void> {
    if (file.digest === emptyDigest) return
    const { known, progress } = this.#request
    progress.addTotal({ files: 1, bytes: file.size })
    if (known.hasFile(file)) progress.advance({ dedupedBytes: file.size })
    else await this.#sendMissing(file, lane)
    progress.advance({ files: 1 })
  }

  async #sendMissing(file: FileEntry, lane: PackLane): Promise<void> {
    const recipe = this.#localRecipeOf(file)
    if (recipe === undefined && this.#isPacked(file.digest)) {
      this.#small.push(file.digest)
      if (this.#small.length >= smallFilesAtOnce) await this.#sendSmall(lane)
      return
    }
    await this.#sendSmall(lane)
    if (recipe === undefined) await this.#sendLoose(file, lane)
    else await this.#sendChunks(file, recipe, lane)
  }

  /** Whether the file is one frame of a local pack. */
  #isPacked(digest: Digest): boolean {
    return this.#parts.catalog.objects.find(digest) !== undefined
  }

  #localRecipeOf({ digest, size }: FileEntry): Digest | undefined {
    if (size <= chunkSizeBytesMin) return undefined
    return this.#parts.catalog.objects.findRecipe(digest)?.recipe
  }

  async #sendChunks(file: FileEntry, recipe: Digest, lane: PackLane): Promise<void> {
    this.#trees.addChunkedFile(file)
    const root = { digest: recipe, sizeBytes: file.size }
    await this.#sendFrames(this.#missingChunks(root), lane)
  }

  *#missingChunks(root: RecipeItem): Generator<Digest, void> {
    const { known, progress } = this.#request
    for (const { digest, sizeBytes } of recipeChunks(root, this.#readAll)) {
      if (known.has(digest)) progress.advance({ dedupedBytes: sizeBytes })
      else yield digest
    }
  }

  /** Sends the files of one chunk that were found since the last time. */
  async #sendSmall(lane: PackLane): Promise<void> {
    await this.#sendFrames(this.#small.splice(0), lane)
  }

  /** Each was decoded and hashed just before (rule P2). */
  async #sendFrames(digests: Iterable<Digest>, lane: PackLane): Promise<void> {
    const { known, progress, signal } = this.#request
    for await (const frame of this.#parts.objects.outgoingFrames(digests, signal)) {
      // Frames are made ahead of this, so one that occurs twice may come twice.
      if (known.hasSent(frame.digest)) progress.advance({ dedupedBytes: frame.sizeBytes })
      else this.#send(frame, lane)
      if (lane.isBusy) await lane.settle()
    }
  }

  #send(frame: StoredFrame, lane: PackLane): void {
    lane.addBlob(frame)
    this.#count(frame.sizeBytes)
  }

  /** A file that is kept as a link, and so was never cut: now it is, on its way. */
  async #sendLoose(file: FileEntry, lane: PackLane): Promise<void> {
    const { known, progress, signal } = this.#request
    await this.#cutter.cut(file, {
      signal,
      onChunk: (digest, bytes) => {
        if (known.has(digest)) return progress.advance({ dedupedBytes: bytes.length })
        this.#send(frameOf(digest, bytes, this.#parts.codec), lane)
      },
      onBlock: () => lane.settle(),
    })
    if (this.#cutter.recipes.has(file.digest)) this.#trees.addChunkedFile(file)
  }

  #count(sizeBytes: number): void {
    this.#sentBytes += sizeBytes
    this.#request.progress.advance({ bytes: sizeBytes })
  }

  readonly #readAll = (digests: readonly Digest[]): Uint8Array[] =>
    digests.map((digest) => this.#parts.objects.readObject(digest))
}
