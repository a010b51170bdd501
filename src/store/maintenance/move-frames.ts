/** Copying what is good and wanted of a pack into a write session, frame by frame, as it is. */

import { throwIfAborted } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import type { PackFiles } from '../../objects/pack-file.ts'
import type { IndexedObject } from '../../ports/object-index.ts'
import type { StoreParts } from '../parts.ts'
import { type PackListing, readGoodFrame } from './pack-listing.ts'

export type FrameMove = {
  readonly packs: PackFiles
  /** Must have been started with the pack among those that are `leaving`. */
  readonly writer: ObjectWriter
  readonly listing: PackListing
  readonly isWanted: (object: IndexedObject) => boolean
  readonly signal?: AbortSignal | undefined
}

/** Frames added before it is waited for the disk. */
const framesPerSettle = 256

/** Returns the wanted objects that the pack does not give. */
export async function moveFrames(
  parts: Pick<StoreParts, 'codec'>,
  { packs, writer, listing, isWanted, signal }: FrameMove,
): Promise<IndexedObject[]> {
  const unreadable: IndexedObject[] = []
  let added = 0
  for (const object of listing.objects) {
    if (!isWanted(object)) continue
    const frame = readGoodFrame(parts, packs, listing.packId, object)
    if (frame === undefined) unreadable.push(object)
    else writer.addFrame(object, frame.stored)
    added += 1
    if (added % framesPerSettle !== 0) continue
    throwIfAborted(signal)
    await writer.settle()
  }
  return unreadable
}
