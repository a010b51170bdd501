/**
 * Reading what a remote's pack holds: from its index, or from the end of the pack itself.
 */

import {
  type PackFooter,
  readFooter,
  readPackIndex,
  readTrailer,
} from '../../core/pack/footer-reader.ts'
import { packTrailerBytes } from '../../core/pack/format.ts'
import { packIndexKey, packKey } from '../../core/remote-layout.ts'
import { isMlstoreError } from '../../errors.ts'
import type { Remote, RequestOptions } from '../../ports/remote.ts'

/**
 * Reads the footer of a pack.
 *
 * A missing or damaged index costs three requests more: the pack says the same about itself.
 *
 * @returns `undefined` if neither can be read.
 */
export async function readRemoteFooter(
  remote: Remote,
  packId: string,
  options: RequestOptions,
): Promise<PackFooter | undefined> {
  const index = await remote.get(packIndexKey(packId), options)
  const footer = index && unlessCorrupt(() => readPackIndex(index, packId))
  return footer ?? readOwnFooter(remote, packId, options)
}

async function readOwnFooter(
  remote: Remote,
  packId: string,
  options: RequestOptions,
): Promise<PackFooter | undefined> {
  const key = packKey(packId)
  const packBytes = (await remote.head(key, options))?.sizeBytes ?? 0
  const readEnd = async (lengthBytes: number): Promise<Uint8Array | undefined> => {
    const start = Math.max(0, packBytes - lengthBytes)
    return start < packBytes
      ? remote.get(key, { ...options, range: { start, end: packBytes } })
      : undefined
  }
  try {
    const tail = await readEnd(packTrailerBytes)
    if (tail === undefined) return undefined
    const { footerBytes } = readTrailer(tail, packId, packBytes)
    const end = await readEnd(footerBytes + packTrailerBytes)
    return end && readFooter(end, packId, packBytes)
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) return undefined
    throw error
  }
}

function unlessCorrupt<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) return undefined
    throw error
  }
}
