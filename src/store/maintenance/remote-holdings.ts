/**
 * What the live packs of a remote hold, as their indexes say: 48 bytes an object.
 *
 * Chunks are only asked for by presence and size; of tree and recipe nodes, and of the bodies of
 * events, of which there are few, the whole row is kept: nodes will be read, and nothing but the
 * log says where a body is.
 */

import type { Digest } from '../../core/digest.ts'
import { DigestSet } from '../../core/digest-set.ts'
import type { BulkBody } from '../../core/events/bulk-event.ts'
import { packKind } from '../../core/pack/format.ts'
import type { RemoteObjectRow, RemoteRecipeRow } from '../../ports/remote-index.ts'
import type { PackRows } from '../sync/pack-rows.ts'

export class RemoteHoldings {
  readonly #digests = new DigestSet()
  /** By ordinal in `#digests`. */
  readonly #sizes: number[] = []
  readonly #nodes = new Map<Digest, RemoteObjectRow>()
  readonly #recipes = new Map<Digest, RemoteRecipeRow>()
  readonly #bodies: ReadonlyMap<Digest, RemoteObjectRow[]>

  /** @param bodies Digests of the bodies of events. */
  constructor(bodies: Iterable<Digest> = []) {
    this.#bodies = new Map([...bodies].map((digest) => [digest, []]))
  }

  /** @param unreadable Objects whose frames in this pack turned out to be damaged. */
  addPack({ rows, files }: PackRows, unreadable: ReadonlySet<Digest>): void {
    for (const row of rows) {
      if (unreadable.has(row.digest)) continue
      if (this.#digests.add(row.digest)) this.#sizes.push(row.sizeBytes)
      if (row.kind !== packKind.blob) this.#nodes.set(row.digest, row)
      else this.#bodies.get(row.digest)?.push(row)
    }
    for (const file of files) this.#recipes.set(file.file, file)
  }

  /** How long the object is; `undefined` if no live pack holds it. */
  sizeOf(digest: Digest): number | undefined {
    const ordinal = this.#digests.ordinalOf(digest)
    return ordinal === undefined ? undefined : this.#sizes[ordinal]
  }

  /** Where a tree or recipe node lies. */
  nodeOf(digest: Digest): RemoteObjectRow | undefined {
    return this.#nodes.get(digest)
  }

  /** Whether the body lies where the log says. */
  hasBody({ digest, sizeBytes, location }: BulkBody): boolean {
    const rows = this.#bodies.get(digest) ?? []
    return rows.some(
      (row) =>
        row.packId === location.packId &&
        row.offset === location.offset &&
        row.storedBytes === location.storedBytes &&
        row.isCompressed === location.isCompressed &&
        row.sizeBytes === sizeBytes,
    )
  }

  recipeOf(file: Digest): RemoteRecipeRow | undefined {
    return this.#recipes.get(file)
  }
}
