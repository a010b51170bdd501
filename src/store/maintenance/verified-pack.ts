/** A pack of a remote in memory, checked frame by frame before it is written anywhere else. */

import { digestOf } from '../../core/digest.ts'
import { readFooter } from '../../core/pack/footer-reader.ts'
import { checkPackHeader, packKind } from '../../core/pack/format.ts'
import { corrupt, digestMismatch } from '../../errors.ts'
import { decodeFrame } from '../../objects/frame-reader.ts'
import type { Codec } from '../../ports/codec.ts'

export type ExpectedPack = {
  readonly id: string
  readonly sizeBytes: number
  /** What to call the pack in an error. */
  readonly where: string
}

/**
 * Checks every frame and returns what belongs into `index/<id>`: the end of the pack.
 *
 * @throws {MlstoreError} `CORRUPT` or `DIGEST_MISMATCH`.
 */
export function verifiedPackIndex(
  codec: Codec,
  bytes: Uint8Array,
  { id, sizeBytes, where }: ExpectedPack,
): Uint8Array {
  if (bytes.length !== sizeBytes) {
    throw corrupt(where, `it has ${bytes.length} bytes where ${sizeBytes} were pushed`)
  }
  checkPackHeader(bytes, id)
  const footer = readFooter(bytes, id, bytes.length)
  for (const entry of footer.entries()) {
    const stored = bytes.subarray(entry.offset, entry.offset + entry.storedBytes)
    const at = `${where} at byte ${entry.offset}`
    const actual = digestOf(decodeFrame(codec, entry, stored, at))
    const isRight = actual === entry.digest || entry.kind === packKind.locator
    if (!isRight) throw digestMismatch(at, entry.digest, actual)
  }
  return bytes.subarray(footer.trailer.endOfFrames)
}
