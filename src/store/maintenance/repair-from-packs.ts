/** Source of a repair: other packs of the same store that hold the same objects. */

import { throwIfAborted } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import type { PackFiles } from '../../objects/pack-file.ts'
import type { LocalCheck } from './local-check.ts'
import { readGoodFrame } from './pack-listing.ts'
import type { Wants } from './wants.ts'

export async function repairFromPacks(
  { parts, signal }: LocalCheck,
  packs: PackFiles,
  writer: ObjectWriter,
  wants: Wants,
): Promise<void> {
  const { objects: index } = parts.catalog
  for (const { id } of index.packs()) {
    if (wants.objects.size === 0) return
    throwIfAborted(signal)
    for (const object of index.objectsOf(id)) {
      if (!wants.objects.has(object.digest)) continue
      const frame = readGoodFrame(parts, packs, id, object)
      if (frame === undefined) continue
      writer.addFrame(object, frame.stored)
      wants.found(object.kind, object.digest, frame.bytes)
    }
    await writer.settle()
  }
}
