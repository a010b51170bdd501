/**
 * RemoteIndex: where objects lie on remotes, as far as this store has learned.
 *
 * A cache: rows come from own pushes, from locators and from pack indexes that were read. A row
 * is only worth something while its pack is live on that remote, which the reader checks.
 */

import type { Digest } from '../core/digest.ts'
import type { PackKind } from '../core/pack/format.ts'

export type RemoteObjectRow = {
  readonly digest: Digest
  readonly kind: PackKind
  readonly packId: string
  readonly offset: number
  /** Length of the frame. */
  readonly storedBytes: number
  /** Length of what it decodes to. */
  readonly sizeBytes: number
  readonly isCompressed: boolean
  /** Length of the locator's frame right behind it; 0: there is none. */
  readonly locatorBytes: number
  readonly isLocatorCompressed: boolean
}

export type RemoteRecipeRow = {
  readonly file: Digest
  readonly recipe: Digest
  readonly sizeBytes: number
}

export interface RemoteIndex {
  /** Where the object lies on that remote, as last learned. */
  find(repoId: string, digest: Digest): RemoteObjectRow | undefined
  /** The recipe of a file of several chunks, as last learned. */
  findRecipe(repoId: string, file: Digest): RemoteRecipeRow | undefined
  /** Learns rows in one transaction; a newer row for an object replaces the older one. */
  put(repoId: string, rows: Iterable<RemoteObjectRow>, recipes: Iterable<RemoteRecipeRow>): void
  /** The locator of a node that was read from that remote. */
  findLocator(repoId: string, node: Digest): Uint8Array | undefined
  putLocators(
    repoId: string,
    locators: Iterable<readonly [node: Digest, locator: Uint8Array]>,
  ): void
}
