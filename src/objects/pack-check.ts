/**
 * Checking a whole pack, byte by byte, for `fsck`.
 */

import { type Digest, digestOf } from '../core/digest.ts'
import { type PackEntry, packKind } from '../core/pack/format.ts'
import { isMlstoreError, type MlstoreError, throwIfAborted } from '../errors.ts'
import type { Codec } from '../ports/codec.ts'
import { digestMismatch } from '../errors.ts'
import { decodeFrame } from './frame-reader.ts'
import type { PackFiles } from './pack-file.ts'

export type PackProblem = {
  /** The object that cannot be read; `undefined` if it is the pack as a whole. */
  readonly digest: Digest | undefined
  readonly error: MlstoreError
}

export type PackCheck = {
  readonly objects: number
  /** Length of what the frames decode to. */
  readonly bytes: number
  readonly problems: readonly PackProblem[]
}

/** Reads every frame of a pack and says which are not what the footer promises. */
export async function checkPack(
  packs: PackFiles,
  codec: Codec,
  packId: string,
  signal?: AbortSignal,
): Promise<PackCheck> {
  const problems: PackProblem[] = []
  let [objects, bytes] = [0, 0]
  try {
    for await (const { entry, stored } of packs.frames(packId)) {
      throwIfAborted(signal)
      const error = frameError(codec, entry, stored, packs.pathOf(packId))
      if (error !== undefined) problems.push({ digest: entry.digest, error })
      objects += 1
      bytes += entry.sizeBytes
    }
  } catch (error) {
    if (!isMlstoreError(error) || !isAboutThePack(error)) throw error
    problems.push({ digest: undefined, error })
  }
  return { objects, bytes, problems }
}

function isAboutThePack(error: MlstoreError): boolean {
  return ['CORRUPT', 'NOT_FOUND', 'IO_ERROR'].includes(error.code)
}

/** A locator has no digest of its own: that it decodes is all that can be said. */
function frameError(
  codec: Codec,
  entry: PackEntry,
  stored: Uint8Array,
  path: string,
): MlstoreError | undefined {
  const where = `${path} at byte ${entry.offset}`
  try {
    const actual = digestOf(decodeFrame(codec, entry, stored, where))
    const isRight = actual === entry.digest || entry.kind === packKind.locator
    return isRight ? undefined : digestMismatch(where, entry.digest, actual)
  } catch (error) {
    if (isMlstoreError(error)) return error
    throw error
  }
}
