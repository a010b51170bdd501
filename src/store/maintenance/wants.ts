/**
 * What a repair looks for: objects, and whole files that may have any number of chunks.
 *
 * Sources are asked one after the other and tick off what they found.
 */

import type { Digest } from '../../core/digest.ts'
import { packKind } from '../../core/pack/format.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'

export class Wants {
  /** Objects not found yet. */
  readonly objects: Set<Digest>
  /** Files not found yet. */
  readonly files: Set<Digest>
  /** Files that are in the session with all their chunks. */
  readonly addedFiles: Set<Digest> = new Set()
  /** Nodes of recipes that were found: only the session has them, and it cannot be read yet. */
  readonly recipeNodes: Map<Digest, Uint8Array> = new Map()

  constructor(objects: Iterable<Digest>, files: Iterable<Digest>) {
    this.objects = new Set(objects)
    this.files = new Set(files)
  }

  get isEmpty(): boolean {
    return this.objects.size === 0 && this.files.size === 0
  }

  /** An object is in the session. */
  found(kind: number, digest: Digest, bytes: Uint8Array): void {
    this.objects.delete(digest)
    if (kind === packKind.recipeNode) this.recipeNodes.set(digest, bytes)
  }

  /** A whole file is in the session. */
  foundFile(file: Digest): void {
    this.files.delete(file)
    this.addedFiles.add(file)
  }

  /** Ticks off the objects that the session has by now. */
  settle(writer: ObjectWriter): void {
    for (const digest of this.objects) if (writer.keep(digest)) this.objects.delete(digest)
  }
}
