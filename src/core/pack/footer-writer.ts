/**
 * Writes the end of a pack: the footer, which lists frames and files, and the trailer.
 *
 * A pack of small files has hundreds of thousands of frames, so entries are encoded as they come
 * into one growing buffer instead of being kept as objects.
 */

import { invalidArgument } from '../../errors.ts'
import { digestBytes } from '../digest.ts'
import {
  type PackEntry,
  type PackFile,
  footerHash,
  lengthFault,
  packEntryBytes,
  packFileBytes,
  packHeader,
  packHeaderBytes,
  packIdBytes,
  packTrailerBytes,
  trailerMagic,
  trailerOffsets,
} from './format.ts'

/** A frame that is yet to be written: its place follows from those before it. */
export type NewPackEntry = Omit<PackEntry, 'offset'>

/** A frame together with its bytes. */
export type Frame = Omit<NewPackEntry, 'storedBytes'> & { readonly bytes: Uint8Array }

/** What a trailer says besides the hash. */
export type TrailerFields = {
  readonly entryCount: number
  readonly fileCount: number
  /** Offset behind the last frame, where the footer starts. */
  readonly endOfFrames: number
}

/** Collects what a pack holds while its frames are written. */
export class FooterWriter {
  readonly #entries = new GrowingBuffer()
  readonly #files = new GrowingBuffer()
  #endOfFrames = packHeaderBytes

  /** Offset at which the next frame has to be written. */
  get endOfFrames(): number {
    return this.#endOfFrames
  }

  get entryCount(): number {
    return this.#entries.length / packEntryBytes
  }

  /** How long footer and trailer are by now. */
  get encodedBytes(): number {
    return this.#entries.length + this.#files.length + packTrailerBytes
  }

  /** Adds the frame that starts at `endOfFrames` and returns that offset. */
  add(entry: NewPackEntry): number {
    const fault = lengthFault(entry.encoding, entry.storedBytes, entry.sizeBytes)
    if (fault !== undefined) throw invalidArgument(`a pack cannot hold ${fault}`)
    const { bytes, at } = this.#entries.grow(packEntryBytes)
    bytes.writeUInt8(entry.kind, at)
    bytes.writeUInt8(entry.encoding, at + 1)
    bytes.write(entry.digest, at + 2, 'hex')
    bytes.writeUInt32LE(entry.storedBytes, at + 2 + digestBytes)
    bytes.writeUInt32LE(entry.sizeBytes, at + 6 + digestBytes)
    const offset = this.#endOfFrames
    this.#endOfFrames += entry.storedBytes
    return offset
  }

  addFile({ file, recipe, sizeBytes }: PackFile): void {
    const { bytes, at } = this.#files.grow(packFileBytes)
    bytes.write(file, at, 'hex')
    bytes.write(recipe, at + digestBytes, 'hex')
    bytes.writeBigUInt64LE(BigInt(sizeBytes), at + 2 * digestBytes)
  }

  /** Footer and trailer: what follows the last frame, and what `index/<id>` holds on a remote. */
  encode(packId: string): Uint8Array {
    const footer = [this.#entries.written(), this.#files.written()]
    const fields = {
      entryCount: this.entryCount,
      fileCount: this.#files.length / packFileBytes,
      endOfFrames: this.#endOfFrames,
    }
    return Buffer.concat([...footer, encodeTrailer(packId, fields, footer)])
  }
}

/** Makes a whole pack in memory. */
export function buildPackBytes(
  packId: string,
  frames: Iterable<Frame>,
  files: Iterable<PackFile> = [],
): Uint8Array {
  const footer = new FooterWriter()
  const parts: Uint8Array[] = [packHeader()]
  for (const { bytes, ...entry } of frames) {
    footer.add({ ...entry, storedBytes: bytes.length })
    parts.push(bytes)
  }
  for (const file of files) footer.addFile(file)
  return Buffer.concat([...parts, footer.encode(packId)])
}

/** The last bytes of a pack; `footer` is what stands in front of them, for its hash. */
export function encodeTrailer(
  packId: string,
  { entryCount, fileCount, endOfFrames }: TrailerFields,
  footer: readonly Uint8Array[],
): Uint8Array {
  const trailer = Buffer.alloc(packTrailerBytes)
  trailer.write(packId, trailerOffsets.id, packIdBytes, 'hex')
  trailer.writeUInt32LE(entryCount, trailerOffsets.entryCount)
  trailer.writeUInt32LE(fileCount, trailerOffsets.fileCount)
  trailer.writeBigUInt64LE(BigInt(endOfFrames), trailerOffsets.endOfFrames)
  trailer.set(footerHash(footer, trailer), trailerOffsets.hash)
  trailer.set(trailerMagic, trailerOffsets.magic)
  return trailer
}

/** Bytes written one record after the other; the room doubles when it is used up. */
class GrowingBuffer {
  #bytes = Buffer.alloc(4096)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Makes room for a record and says where it goes. */
  grow(recordBytes: number): { readonly bytes: Buffer; readonly at: number } {
    const at = this.#length
    this.#length += recordBytes
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.alloc(this.#bytes.length * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    return { bytes: this.#bytes, at }
  }

  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}
