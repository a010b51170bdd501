/**
 * Guesses from a sample whether compressing is worth trying.
 *
 * Compressing a chunk in vain costs more than hashing it twice, and most bytes of a model or of a
 * media data set do not shrink: random, encrypted or already compressed bytes, and 32-bit floats,
 * of whose bytes three in four are noise. Looking at 2 KiB costs a few microseconds.
 */

/** A frame has to be at most this part of its content to be kept, and to be expected to pay. */
export const compressionRatioMax = 0.9

const sliceCount = 16
const sliceBytes = 128
const sampleBytesMax = sliceCount * sliceBytes
/** Fewer bytes say too little about what they are. */
const judgedBytesMin = 1024
/** Words seen before, as a part of all, above which matches may help where frequencies do not. */
const repeatedPartMin = 0.04

/** n · log2(n), for every count that a sample can have. */
const countBits = Float64Array.from({ length: sampleBytesMax + 1 }, (_, n) => n && n * Math.log2(n))

/**
 * Returns whether compressing `bytes` would most likely save less than a tenth.
 *
 * Looks at the frequencies of the bytes, then for repeated words. A wrong guess costs time or
 * space, never correctness.
 */
export function looksIncompressible(bytes: Uint8Array): boolean {
  if (bytes.length < judgedBytesMin) return false
  const slices = sampleOf(bytes)
  return expectedRatio(slices) > compressionRatioMax && repeatedPart(slices) < repeatedPartMin
}

/** Slices from all over `bytes`, each at a multiple of 8 so that columns of numbers stay aligned. */
function sampleOf(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length <= sampleBytesMax) return [bytes]
  const stride = (bytes.length - sliceBytes) / (sliceCount - 1)
  return Array.from({ length: sliceCount }, (_, slice) => {
    const start = Math.floor((slice * stride) / 8) * 8
    return bytes.subarray(start, start + sliceBytes)
  })
}

/** What a perfect code for single bytes would make of the sample: its entropy, corrected for size. */
function expectedRatio(slices: readonly Uint8Array[]): number {
  const counts = new Uint16Array(256)
  for (const slice of slices) countBytes(slice, counts)
  let total = 0
  let bits = 0
  let distinct = 0
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte] ?? 0
    total += count
    bits += countBits[count] ?? 0
    if (count > 0) distinct++
  }
  const entropy = Math.log2(total) - bits / total
  // A sample shows less variety than its source (Miller and Madow).
  const correction = ((distinct - 1) / (2 * total)) * Math.LOG2E
  return (entropy + correction) / 8
}

// The loops below count with an index: over typed arrays that is 4 times as fast as for-of.

function countBytes(bytes: Uint8Array, counts: Uint16Array): void {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    counts[byte] = (counts[byte] ?? 0) + 1
  }
}

/** The part of the sample's aligned 32-bit words that occurred in it not long before. */
function repeatedPart(slices: readonly Uint8Array[]): number {
  const lastByHash = new Uint32Array(1024)
  let words = 0
  let repeated = 0
  for (const slice of slices) {
    for (let at = 0; at + 4 <= slice.length; at += 4) {
      const word = wordAt(slice, at)
      const hash = Math.imul(word, 0x9e3779b1) >>> 22
      if (lastByHash[hash] === word) repeated++
      lastByHash[hash] = word
      words++
    }
  }
  return repeated / words
}

function wordAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
  const high = (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)
  return (low | (high << 16)) >>> 0
}
