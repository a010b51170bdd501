/**
 * Giving finished packs their names in `packs/` and indexing them, under the writer lock.
 *
 * Packs of content get their names first, durably, then those of trees and recipes: whatever a
 * crash leaves in `packs/`, a recipe that is there has its chunks there.
 */

import { dirname } from 'node:path'

import type { PackFooter } from '../core/pack/footer-reader.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { ObjectIndex } from '../ports/object-index.ts'
import { makeDirectoryDurably } from './durable-write.ts'
import { type PackFiles, readPackFooter } from './pack-file.ts'
import type { Lane, SealedPack } from './session-packs.ts'

export type PublisherParts = {
  readonly fs: FileSystem
  readonly index: ObjectIndex
  readonly packs: PackFiles
}

const order: readonly Lane[] = ['content', 'structure']

/** Publishes packs that are durable under their temporary names. */
export function publishPacks(parts: PublisherParts, sealed: readonly SealedPack[]): void {
  // Read back before anything is visible: what the disk cannot give now was never stored.
  const footers = sealed.map((pack) => footerAt(parts.fs, pack))
  for (const lane of order) {
    const packs = sealed.filter((pack) => pack.lane === lane)
    namePacks(parts, packs)
  }
  for (const [index, pack] of sealed.entries()) {
    const footer = footers[index]
    if (footer !== undefined) indexPack(parts.index, footer, pack.sizeBytes)
  }
}

/** Adds what a pack holds to the index. */
export function indexPack(index: ObjectIndex, footer: PackFooter, sizeBytes: number): void {
  index.addPack({ id: footer.packId, sizeBytes }, footer.entries(), footer.files())
}

function footerAt(fs: FileSystem, { path, packId }: SealedPack): PackFooter {
  const file = fs.open(path, 'read')
  try {
    return readPackFooter(file, packId)
  } finally {
    file.close()
  }
}

function namePacks({ fs, packs }: PublisherParts, sealed: readonly SealedPack[]): void {
  const [first] = sealed
  if (first === undefined) return
  const directory = dirname(packs.pathOf(first.packId))
  makeDirectoryDurably(fs, directory)
  for (const { path, packId } of sealed) fs.rename(path, packs.pathOf(packId))
  fs.syncDirectory(directory)
}
