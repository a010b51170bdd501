/**
 * The outside of a zstd frame (RFC 8878, 3.1.1): how long it is and what it decodes to.
 *
 * Read before a decoder sees the bytes, so that a frame that promises more than its pack does, is
 * cut short or drags other bytes behind it is refused without allocating anything for it. What a
 * frame decodes to must stand in its header; every one-shot compressor writes it there.
 */

const magic = 0xfd2fb528
const checksumBytes = 4
const blockHeaderBytes = 3

/** Bytes of the content size field, by the top two bits of the descriptor. */
const contentSizeBytes = [0, 2, 4, 8] as const
const dictionaryIdBytes = [0, 1, 2, 4] as const

/**
 * Returns how many bytes the frame says it decodes to, or `undefined` unless `bytes` is exactly
 * one frame that says so.
 */
export function zstdContentSize(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.byteLength < 6 || view.getUint32(0, true) !== magic) return undefined
  const descriptor = view.getUint8(4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const hasReservedBit = (descriptor & 0x08) !== 0
  const sizeFieldBytes = contentSizeBytes[descriptor >> 6] || (isSingleSegment ? 1 : 0)
  if (hasReservedBit || sizeFieldBytes === 0) return undefined
  const windowBytes = isSingleSegment ? 0 : 1
  const sizeAt = 5 + windowBytes + (dictionaryIdBytes[descriptor & 0x03] ?? 0)
  const blocksAt = sizeAt + sizeFieldBytes
  const trailingBytes = (descriptor & 0x04) === 0 ? 0 : checksumBytes
  if (endOfBlocks(view, blocksAt) + trailingBytes !== view.byteLength) return undefined
  return readContentSize(view, sizeAt, sizeFieldBytes)
}

/** Offset behind the last block, or NaN if the blocks do not fit in. */
function endOfBlocks(view: DataView, start: number): number {
  for (let at = start; at + blockHeaderBytes <= view.byteLength;) {
    const header = view.getUint8(at) | (view.getUint16(at + 1, true) << 8)
    const isLast = (header & 1) !== 0
    const type = (header >> 1) & 3
    // A block of type 1 repeats one byte; type 3 is reserved.
    if (type === 3) return Number.NaN
    at += blockHeaderBytes + (type === 1 ? 1 : header >> 3)
    if (isLast) return at
  }
  return Number.NaN
}

function readContentSize(view: DataView, at: number, fieldBytes: number): number | undefined {
  if (fieldBytes === 1) return view.getUint8(at)
  if (fieldBytes === 2) return view.getUint16(at, true) + 256
  if (fieldBytes === 4) return view.getUint32(at, true)
  const size = Number(view.getBigUint64(at, true))
  return Number.isSafeInteger(size) ? size : undefined
}
