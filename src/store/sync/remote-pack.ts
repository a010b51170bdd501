/**
 * One pack on its way to a remote, built in memory: frames, then a footer of its own.
 *
 * Its id is random and used once (rule P3), so what is uploaded under it never changes. Frames are
 * copied into one growing buffer, so that what is sent is built without a second copy of it, and
 * the buffers of packs that were sent are used again.
 */

import type { Digest } from '../../core/digest.ts'
import { FooterWriter } from '../../core/pack/footer-writer.ts'
import {
  type PackEncoding,
  packEncoding,
  type PackFile,
  packHeader,
  packKind,
  type PackKind,
} from '../../core/pack/format.ts'
import { encodeLocator, type LocatorEntry, type LocatorForm } from '../../core/pack/locator.ts'
import type { Codec } from '../../ports/codec.ts'
import type { RemoteObjectRow } from '../../ports/remote-index.ts'
import type { PackMemory } from './pack-memory.ts'

export type PackPurpose = 'data' | 'tree'

export type BuiltPack = {
  readonly id: string
  readonly purpose: PackPurpose
  readonly bytes: Uint8Array
  /** Footer and trailer: what `index/<id>` holds. */
  readonly index: Uint8Array
}

/** A frame as it is stored. */
export type StoredFrame = {
  readonly digest: Digest
  readonly encoding: PackEncoding
  readonly stored: Uint8Array
  readonly sizeBytes: number
}

export class RemotePackBuilder {
  readonly id: string
  readonly purpose: PackPurpose
  readonly #footer = new FooterWriter()
  readonly #memory: PackMemory
  #bytes: Uint8Array

  constructor(id: string, purpose: PackPurpose, memory: PackMemory) {
    this.id = id
    this.purpose = purpose
    this.#memory = memory
    this.#bytes = memory.take()
    this.#bytes.set(packHeader())
  }

  /** Length of the pack so far, without its footer. */
  get storedBytes(): number {
    return this.#footer.endOfFrames
  }

  get isEmpty(): boolean {
    return this.#footer.entryCount === 0
  }

  /** Adds a chunk or small file; the bytes are copied. Returns where it is. */
  addBlob(frame: StoredFrame): RemoteObjectRow {
    return this.#place(packKind.blob, frame)
  }

  /** Adds a tree or recipe node and right behind it the locator of its children. */
  addNode(
    node: { readonly kind: PackKind; readonly digest: Digest; readonly bytes: Uint8Array },
    children: readonly (LocatorEntry | undefined)[],
    codec: Codec,
  ): RemoteObjectRow {
    const row = this.#place(node.kind, frameOf(node.digest, node.bytes, codec))
    if (children.every((child) => child === undefined)) return row
    const frame = frameOf(node.digest, encodeLocator(children), codec)
    const locator = this.#place(packKind.locator, frame)
    return {
      ...row,
      locatorBytes: locator.storedBytes,
      isLocatorCompressed: locator.isCompressed,
    }
  }

  /** Says which recipe makes a file. */
  addFile(file: PackFile): void {
    this.#footer.addFile(file)
  }

  /** The pack as it is sent; valid until `release`. */
  finish(): BuiltPack {
    const { id, purpose } = this
    const index = this.#footer.encode(id)
    const end = this.storedBytes
    this.#reserve(end + index.length)
    this.#bytes.set(index, end)
    return { id, purpose, bytes: this.#bytes.subarray(0, end + index.length), index }
  }

  /** Gives the memory back: what `finish` has returned is of no more use. */
  release(): void {
    this.#memory.give(this.#bytes)
  }

  #place(kind: PackKind, frame: StoredFrame): RemoteObjectRow {
    const { digest, encoding, stored, sizeBytes } = frame
    const storedBytes = stored.length
    const offset = this.#footer.add({ kind, encoding, digest, storedBytes, sizeBytes })
    this.#reserve(offset + storedBytes)
    this.#bytes.set(stored, offset)
    return {
      digest,
      kind,
      packId: this.id,
      offset,
      storedBytes,
      sizeBytes,
      isCompressed: encoding === packEncoding.zstd,
      locatorBytes: 0,
      isLocatorCompressed: false,
    }
  }

  #reserve(lengthBytes: number): void {
    if (lengthBytes > this.#bytes.length) this.#bytes = this.#memory.grow(this.#bytes, lengthBytes)
  }
}

/** How a parent's locator names the object. */
export function locatorEntryOf(row: RemoteObjectRow, form: LocatorForm): LocatorEntry {
  const { packId, offset, storedBytes, locatorBytes, isCompressed, isLocatorCompressed } = row
  return { packId, offset, storedBytes, locatorBytes, form, isCompressed, isLocatorCompressed }
}

/** A frame of bytes that are not stored yet. */
export function frameOf(digest: Digest, bytes: Uint8Array, codec: Codec): StoredFrame {
  const compressed = codec.compress(bytes)
  return {
    digest,
    encoding: compressed === undefined ? packEncoding.raw : packEncoding.zstd,
    stored: compressed ?? bytes,
    sizeBytes: bytes.length,
  }
}
