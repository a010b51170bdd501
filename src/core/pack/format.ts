/**
 * Packs: many frames in one file or remote object (docs/format.md, "Pack").
 *
 * A frame is one object's bytes, raw or compressed. Frames lie back to back behind an 8-byte
 * header; a footer lists them and a trailer of fixed size closes the pack, so that a reader finds
 * everything from the end. This file has the shapes and numbers; `footer-writer.ts` and
 * `footer-reader.ts` have the code.
 */

import { createHash } from 'node:crypto'

import { corrupt } from '../../errors.ts'
import { type Digest, digestBytes } from '../digest.ts'

/** What a frame is. */
export const packKind = { blob: 1, treeNode: 2, recipeNode: 3, locator: 4 } as const
export type PackKind = (typeof packKind)[keyof typeof packKind]

/** How a frame's bytes are stored. */
export const packEncoding = { raw: 0, zstd: 1 } as const
export type PackEncoding = (typeof packEncoding)[keyof typeof packEncoding]

/** One frame, as the footer describes it. */
export type PackEntry = {
  readonly kind: PackKind
  readonly encoding: PackEncoding
  /** Of the decoded bytes; of the node that it belongs to, if the frame is a locator. */
  readonly digest: Digest
  /** Where the frame starts in the pack. */
  readonly offset: number
  /** Length of the frame. */
  readonly storedBytes: number
  /** Length of what it decodes to. */
  readonly sizeBytes: number
}

/** Which recipe makes which file. */
export type PackFile = {
  readonly file: Digest
  readonly recipe: Digest
  readonly sizeBytes: number
}

export const packHeaderBytes = 8
export const packEntryBytes: number = 2 + digestBytes + 4 + 4
export const packFileBytes: number = 2 * digestBytes + 8
export const packTrailerBytes = 72
export const packIdBytes = 16

/** No frame decodes to more, so no footer can make a reader allocate more. */
export const frameSizeBytesMax: number = 64 * 1024 * 1024

/** Where the fields of the trailer lie. */
export const trailerOffsets = {
  id: 0,
  entryCount: 16,
  fileCount: 20,
  endOfFrames: 24,
  hash: 32,
  magic: 64,
} as const

const headerMagic = Buffer.from('MLPACK\u0000\u0001', 'latin1')
export const trailerMagic: Buffer = Buffer.from('MLPKEND\u0001', 'latin1')

/** The first bytes of every pack. */
export function packHeader(): Uint8Array {
  return Uint8Array.from(headerMagic)
}

/** Throws `CORRUPT` unless `bytes`, the start of a pack, starts as a pack does. */
export function checkPackHeader(bytes: Uint8Array, packId: string): void {
  const header = bytes.subarray(0, packHeaderBytes)
  if (!headerMagic.equals(header)) throw corrupt(`pack ${packId}`, 'it does not start as a pack')
}

/** The hash in a trailer: over the footer's parts and the trailer's fields in front of the hash. */
export function footerHash(footer: readonly Uint8Array[], trailer: Uint8Array): Buffer {
  const hash = createHash('sha256')
  for (const part of footer) hash.update(part)
  return hash.update(trailer.subarray(0, trailerOffsets.hash)).digest()
}

export function isPackKind(kind: number | undefined): kind is PackKind {
  return kind !== undefined && kind >= packKind.blob && kind <= packKind.locator
}

export function isPackEncoding(encoding: number | undefined): encoding is PackEncoding {
  return encoding === packEncoding.raw || encoding === packEncoding.zstd
}

/** What is wrong with a frame of these lengths, or `undefined` if a pack can hold it. */
export function lengthFault(
  encoding: PackEncoding,
  storedBytes: number,
  sizeBytes: number,
): string | undefined {
  if (sizeBytes < 1 || sizeBytes > frameSizeBytesMax) return `a frame of ${sizeBytes} bytes`
  const isPossible =
    encoding === packEncoding.raw
      ? storedBytes === sizeBytes
      : storedBytes > 0 && storedBytes < sizeBytes
  return isPossible ? undefined : `a frame of ${sizeBytes} bytes stored as ${storedBytes}`
}
