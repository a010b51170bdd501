/**
 * The inner loop of the chunker, in AssemblyScript: looks at every byte of every large file.
 *
 * Compiled by test/support/build.mjs into `../gear-wasm.ts`. It owns no memory: the caller's
 * memory holds the gear table in its first 2,048 bytes and the file's bytes somewhere behind it.
 * `chunker.ts` is the only caller, and test/core/chunking/ holds a plain reference to compare with.
 */

import {
  chunkSizeBytesMax,
  chunkSizeBytesMin,
  chunkSizeBytesTarget,
  looseMaskBits,
  strictMaskBits,
} from '../parameters'

/** "The top n bits are zero" is the same as "smaller than 2^(64 - n)". */
const strictLimit: u64 = 1 << (64 - strictMaskBits)
const looseLimit: u64 = 1 << (64 - looseMaskBits)

/** State of the rolling hash between the two scans of one chunk. */
let hash: u64 = 0

/**
 * End of the chunk that starts at `start`, when the file goes on to `end`.
 *
 * The answer is final if `end - start` is at least the maximum size or `end` is the file's end.
 */
export function cutPoint(start: usize, end: usize): usize {
  const from = start + chunkSizeBytesMin
  if (end <= from) return end
  const last = min(end, start + chunkSizeBytesMax)
  const target = min(last, start + chunkSizeBytesTarget)
  hash = 0
  const strict = scan(from, target, strictLimit)
  if (strict) return strict
  const loose = scan(target, last, looseLimit)
  return loose ? loose : last
}

/** The gear table's entry for the byte at `at`. */
function gear(at: usize): u64 {
  return load<u64>((<usize>load<u8>(at)) << 3)
}

/**
 * Rolls the hash over [from, to); returns the position after the first cut, or 0 if there is none.
 *
 * Two bytes a round: both hashes come straight from the previous round's, so the processor waits
 * for one shift and one addition every second byte instead of every byte.
 */
function scan(from: usize, to: usize, limit: u64): usize {
  let at = from
  let rolling = hash
  while (at + 2 <= to) {
    const first = gear(at)
    const afterFirst = (rolling << 1) + first
    rolling = (rolling << 2) + ((first << 1) + gear(at + 1))
    if (afterFirst < limit) return at + 1
    if (rolling < limit) return at + 2
    at += 2
  }
  if (at < to) {
    rolling = (rolling << 1) + gear(at)
    if (rolling < limit) return to
  }
  hash = rolling
  return 0
}
