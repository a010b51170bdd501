/**
 * What a local pack holds, told by its footer or, where that is damaged, by the index.
 *
 * With either, every frame can be tried on its own: a damaged pack gives what is left of it.
 */

import { digestOf } from '../../core/digest.ts'
import { isMlstoreError } from '../../errors.ts'
import { decodeFrame } from '../../objects/frame-reader.ts'
import type { PackFiles } from '../../objects/pack-file.ts'
import type { IndexedFile, IndexedObject } from '../../ports/object-index.ts'
import type { StoreParts } from '../parts.ts'

export type PackListing = {
  readonly packId: string
  readonly objects: readonly IndexedObject[]
  readonly files: readonly IndexedFile[]
}

export type GoodFrame = { readonly stored: Uint8Array; readonly bytes: Uint8Array }

/** Lists a pack; `undefined` if neither footer nor index can. */
export function listPack(
  parts: Pick<StoreParts, 'catalog'>,
  packs: PackFiles,
  packId: string,
): PackListing | undefined {
  const footer = footerOf(packs, packId)
  if (footer !== undefined) {
    return { packId, objects: [...footer.entries()], files: [...footer.files()] }
  }
  const { objects } = parts.catalog
  if (!objects.hasPack(packId)) return undefined
  return { packId, objects: [...objects.objectsOf(packId)], files: [...objects.filesOf(packId)] }
}

export function footerOf(
  packs: PackFiles,
  packId: string,
): ReturnType<PackFiles['footerOf']> | undefined {
  try {
    return packs.footerOf(packId)
  } catch (error) {
    if (isUnreadable(error)) return undefined
    throw error
  }
}

/** A frame as it is stored, and what it decodes to, if that is the object it should be. */
export function readGoodFrame(
  parts: Pick<StoreParts, 'codec'>,
  packs: PackFiles,
  packId: string,
  object: IndexedObject,
): GoodFrame | undefined {
  try {
    const stored = packs.read(packId, object.offset, object.storedBytes)
    const bytes = decodeFrame(parts.codec, object, stored, 'the frame')
    return digestOf(bytes) === object.digest ? { stored, bytes } : undefined
  } catch (error) {
    if (isUnreadable(error)) return undefined
    throw error
  }
}

/** What a damaged, short or missing file leads to, and a disk that cannot read it. */
function isUnreadable(error: unknown): boolean {
  return (
    isMlstoreError(error, 'CORRUPT') ||
    isMlstoreError(error, 'NOT_FOUND') ||
    isMlstoreError(error, 'IO_ERROR')
  )
}
