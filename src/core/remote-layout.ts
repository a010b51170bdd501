/**
 * Names on a remote: which key holds what (docs/format.md, "Remote").
 */

import type { Digest } from './digest.ts'

export const remoteFormatKey = 'format.json'
export const checkpointHintKey = 'ckpt/LATEST'

/** Digits of a slot number in a key, so that key order is slot order. */
const slotDigits = 20

export function packKey(packId: string): string {
  return `pack/${packId.slice(0, 2)}/${packId}`
}

export function packIndexKey(packId: string): string {
  return `index/${packId}`
}

/** Where a repair puts the body of a bulk event whose pack was lost. */
export function bulkKey(body: Digest): string {
  return `bulk/${body}`
}

/** @param seq From 1 on. */
export function logKey(seq: number): string {
  return `log/${slotNumber(seq)}`
}

export function checkpointKey(seq: number, sha256: Digest): string {
  return `ckpt/${slotNumber(seq)}-${sha256}`
}

export function segmentKey(level: number, firstSeq: number, sha256: Digest): string {
  return `ckpt/segment-${level}-${slotNumber(firstSeq)}-${sha256}`
}

function slotNumber(seq: number): string {
  return String(seq).padStart(slotDigits, '0')
}
