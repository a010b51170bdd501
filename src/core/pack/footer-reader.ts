/**
 * Reads the end of a pack: what it holds and where.
 *
 * Nothing is believed: counts, lengths and the hash must agree with each other and with the pack's
 * length before a byte is allocated for them. Entries stay in their encoded form and are turned
 * into objects one at a time, since a pack may hold hundreds of thousands.
 */

import { corrupt } from '../../errors.ts'
import { digestBytes, digestFromBytes } from '../digest.ts'
import { type TrailerFields, encodeTrailer } from './footer-writer.ts'
import {
  type PackEntry,
  type PackFile,
  footerHash,
  isPackEncoding,
  isPackKind,
  lengthFault,
  packEntryBytes,
  packFileBytes,
  packHeaderBytes,
  packIdBytes,
  packTrailerBytes,
  trailerMagic,
  trailerOffsets,
} from './format.ts'

/** What the last 72 bytes of a pack say. */
export type PackTrailer = TrailerFields & {
  /** Length of the footer, which stands right in front of the trailer. */
  readonly footerBytes: number
}

/** A footer that was checked as a whole. */
export class PackFooter {
  readonly packId: string
  readonly trailer: PackTrailer
  readonly #bytes: Buffer

  /** @internal Use `readFooter` or `readPackIndex`. */
  constructor(packId: string, trailer: PackTrailer, bytes: Buffer) {
    this.packId = packId
    this.trailer = trailer
    this.#bytes = bytes
    this.#checkFrames()
  }

  /** The frames in the order in which they lie in the pack. */
  *entries(): Generator<PackEntry, void> {
    let offset = packHeaderBytes
    for (let index = 0; index < this.trailer.entryCount; index++) {
      const digest = digestFromBytes(this.#bytes, index * packEntryBytes + 2)
      const { kind, encoding, storedBytes, sizeBytes } = this.#frame(index)
      // Spelled out: a spread makes half a million of them three times as slow.
      yield { kind, encoding, digest, offset, storedBytes, sizeBytes }
      offset += storedBytes
    }
  }

  *files(): Generator<PackFile, void> {
    const { entryCount, fileCount } = this.trailer
    for (let index = 0; index < fileCount; index++) {
      const at = entryCount * packEntryBytes + index * packFileBytes
      const sizeBytes = Number(this.#bytes.readBigUInt64LE(at + 2 * digestBytes))
      if (!Number.isSafeInteger(sizeBytes)) throw this.#corrupt(`a file of ${sizeBytes} bytes`)
      yield {
        file: digestFromBytes(this.#bytes, at),
        recipe: digestFromBytes(this.#bytes, at + digestBytes),
        sizeBytes,
      }
    }
  }

  /** Footer and trailer of a pack that holds the same frames under another id. */
  encodeAs(packId: string): Uint8Array {
    return Buffer.concat([this.#bytes, encodeTrailer(packId, this.trailer, [this.#bytes])])
  }

  /** The hash only proves that the bytes are the writer's: what they say is checked here. */
  #checkFrames(): void {
    let end = packHeaderBytes
    for (let index = 0; index < this.trailer.entryCount; index++) {
      end += this.#frame(index).storedBytes
    }
    if (end !== this.trailer.endOfFrames) throw this.#corrupt('its frames do not fill it')
  }

  #frame(index: number): Omit<PackEntry, 'digest' | 'offset'> {
    const at = index * packEntryBytes
    const kind = this.#bytes[at]
    const encoding = this.#bytes[at + 1]
    if (!isPackKind(kind)) throw this.#corrupt(`a frame of kind ${kind}`)
    if (!isPackEncoding(encoding)) throw this.#corrupt(`a frame of encoding ${encoding}`)
    const storedBytes = this.#bytes.readUInt32LE(at + 2 + digestBytes)
    const sizeBytes = this.#bytes.readUInt32LE(at + 6 + digestBytes)
    const fault = lengthFault(encoding, storedBytes, sizeBytes)
    if (fault !== undefined) throw this.#corrupt(fault)
    return { kind, encoding, storedBytes, sizeBytes }
  }

  #corrupt(why: string): Error {
    return corrupt(`pack ${this.packId}`, why)
  }
}

/**
 * Reads a pack's trailer, to learn how much to read for its footer.
 *
 * @param tail The last bytes of the pack, at least 72.
 * @param packBytes Length of the whole pack.
 * @throws {MlstoreError} `CORRUPT` if this is no trailer, or not one of that pack with that length.
 */
export function readTrailer(tail: Uint8Array, packId: string, packBytes: number): PackTrailer {
  const trailer = parseTrailer(tail, packId)
  const expectedBytes = trailer.endOfFrames + trailer.footerBytes + packTrailerBytes
  if (packBytes !== expectedBytes) {
    throw corrupt(`pack ${packId}`, `it has ${packBytes} bytes where ${expectedBytes} belong`)
  }
  return trailer
}

/**
 * Reads what a pack holds.
 *
 * @param tail The last bytes of the pack: at least the footer and the trailer.
 * @param packBytes Length of the whole pack.
 * @throws {MlstoreError} `CORRUPT` if anything does not fit together.
 */
export function readFooter(tail: Uint8Array, packId: string, packBytes: number): PackFooter {
  return checkedFooter(tail, packId, readTrailer(tail, packId, packBytes))
}

/** Reads `index/<id>` of a remote: the footer and the trailer of that pack, and nothing else. */
export function readPackIndex(bytes: Uint8Array, packId: string): PackFooter {
  const trailer = parseTrailer(bytes, packId)
  const expectedBytes = trailer.footerBytes + packTrailerBytes
  if (bytes.length !== expectedBytes) {
    throw corrupt(`pack ${packId}`, `its index has ${bytes.length} bytes, not ${expectedBytes}`)
  }
  return checkedFooter(bytes, packId, trailer)
}

function parseTrailer(tail: Uint8Array, packId: string): PackTrailer {
  const where = `pack ${packId}`
  if (tail.length < packTrailerBytes) throw corrupt(where, 'it is too short')
  const trailer = asBuffer(tail).subarray(-packTrailerBytes)
  if (!trailerMagic.equals(trailer.subarray(trailerOffsets.magic))) {
    throw corrupt(where, 'it does not end as a pack')
  }
  const actualId = trailer.toString('hex', trailerOffsets.id, trailerOffsets.id + packIdBytes)
  if (actualId !== packId) throw corrupt(where, `it says that it is pack ${actualId}`)
  const entryCount = trailer.readUInt32LE(trailerOffsets.entryCount)
  const fileCount = trailer.readUInt32LE(trailerOffsets.fileCount)
  const endOfFrames = Number(trailer.readBigUInt64LE(trailerOffsets.endOfFrames))
  const footerBytes = entryCount * packEntryBytes + fileCount * packFileBytes
  return { entryCount, fileCount, endOfFrames, footerBytes }
}

function checkedFooter(tail: Uint8Array, packId: string, trailer: PackTrailer): PackFooter {
  const where = `pack ${packId}`
  const footerStart = tail.length - packTrailerBytes - trailer.footerBytes
  if (footerStart < 0) throw corrupt(where, 'its footer is cut off')
  const footer = asBuffer(tail).subarray(footerStart, tail.length - packTrailerBytes)
  const trailerView = asBuffer(tail).subarray(-packTrailerBytes)
  const actual = footerHash([footer], trailerView)
  const expected = trailerView.subarray(trailerOffsets.hash, trailerOffsets.magic)
  if (!actual.equals(expected)) throw corrupt(where, 'its footer does not match its hash')
  return new PackFooter(packId, trailer, footer)
}

/** A Buffer over the same memory. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
