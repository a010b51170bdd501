/** Digests and ids as SQLite holds them: 32 and 16 bytes. */

import { type Digest, digestToBytes, parseDigest } from '../core/digest.ts'

export function digestBlob(digest: Digest): Buffer {
  return digestToBytes(digest)
}

export function digestOfBlob(blob: Buffer): Digest {
  return parseDigest(blob.toString('hex'))
}

export function digestOfBlobOrNull(blob: Buffer | null): Digest | null {
  return blob && digestOfBlob(blob)
}

export function idBlob(id: string): Buffer {
  return Buffer.from(id, 'hex')
}

export function idOfBlob(blob: Buffer): string {
  return blob.toString('hex')
}

export function idsBlob(ids: readonly string[]): Buffer {
  return Buffer.from(ids.join(''), 'hex')
}

/** The ids that `idsBlob` put behind each other. */
export function idsOfBlob(blob: Buffer): string[] {
  return blob.toString('hex').match(/.{32}/g) ?? []
}

/** The first and the last id that begin with these hex digits; more than 32 fit none. */
export function idRange(prefix: string): [first: Buffer, last: Buffer] {
  if (!/^[0-9a-f]{0,32}$/.test(prefix)) return [Buffer.alloc(0), Buffer.alloc(0)]
  return [idBlob(prefix.padEnd(32, '0')), idBlob(prefix.padEnd(32, 'f'))]
}
