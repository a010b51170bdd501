/**
 * Digests: the names of objects.
 *
 * A digest is the SHA-256 of an object's bytes in lowercase hex, so `sha256sum FILE`
 * checks any object without mlstore. `Digest` is a branded string: every one has passed
 * `isDigest`, so a path or an alias can never stand in for it.
 */

import { createHash, hash } from 'node:crypto'

import { invalidArgument } from '../errors.ts'

declare const brand: unique symbol
export type Digest = string & { readonly [brand]: 'Digest' }

/** Bytes of a digest in binary formats. */
export const digestBytes = 32

export function isDigest(text: string): text is Digest {
  return /^[0-9a-f]{64}$/.test(text)
}

export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw invalidArgument(`not a sha256 digest: ${JSON.stringify(text)}`)
}

export function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(hash('sha256', bytes, 'hex'))
}

/** Digest of an object that arrives in pieces. */
export class DigestStream {
  readonly #hash = createHash('sha256')

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  /** Ends the stream; may be called once. */
  end(): Digest {
    return parseDigest(this.#hash.digest('hex'))
  }
}

/** The 32 bytes a digest stands for, as binary formats hold it. */
export function digestToBytes(digest: Digest): Buffer {
  return Buffer.from(digest, 'hex')
}

/** Reads a digest that a binary format holds at `offset`. */
export function digestFromBytes(bytes: Uint8Array, offset = 0): Digest {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset + offset, digestBytes)
  return parseDigest(view.toString('hex'))
}

/** The digest of no bytes: an empty file. It is known without being stored. */
export const emptyDigest: Digest = digestOf(new Uint8Array(0))
