/**
 * One pack on its way to a remote, built in memory: frames, then a footer of its own.
 *
 * Its id is random and used once (rule P3), so what is uploaded under it never changes.
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
import {
  encodeLocator,
  type LocatorEntry,
  type LocatorForm,
} from '../../core/pack/locator.ts'
import type { RemoteObjectRow } from '../../ports/remote-index.ts'
import type { Codec } from '../../ports/codec.ts'

export type PackPurpose = 'data' | 'tree'

export type BuiltPack = {
  readonly id: string
  readonly purpose: PackPurpose
  readonly bytes: Uint8Array
  /** Footer and trailer: what `index/<id>` holds. */
  readonly index: Uint8Array
}

/** A frame as it lies in a local pack. */
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
  readonly #parts: Uint8Array[] = [packHeader()]
  /** What was put in, as the index of the remote's objects will know it. */
  readonly rows: RemoteObjectRow[] = []
  readonly files: PackFile[] = []

  constructor(id: string, purpose: PackPurpose) {
    this.id = id
    this.purpose = purpose
  }

  get storedBytes(): number {
    return this.#footer.endOfFrames
  }

  get isEmpty(): boolean {
    return this.rows.length === 0
  }

  /** Adds a chunk or small file as it is stored. */
  addBlob(frame: StoredFrame): void {
    const location = this.#place(packKind.blob, frame)
    this.rows.push({ ...location, digest: frame.digest, kind: packKind.blob, sizeBytes: frame.sizeBytes })
  }

  /** Adds a tree or recipe node and right behind it the locator of its children. */
  addNode(
    node: { readonly kind: PackKind; readonly digest: Digest; readonly bytes: Uint8Array },
    children: readonly (LocatorEntry | undefined)[],
    codec: Codec,
  ): RemoteObjectRow {
    const placed = this.#place(node.kind, frameOf(node.digest, node.bytes, codec))
    const isLeafless = children.every((child) => child === undefined)
    const locator = isLeafless
      ? undefined
      : this.#place(packKind.locator, frameOf(node.digest, encodeLocator(children), codec))
    const row: RemoteObjectRow = {
      ...placed,
      digest: node.digest,
      kind: node.kind,
      sizeBytes: node.bytes.length,
      locatorBytes: locator?.storedBytes ?? 0,
      isLocatorCompressed: locator?.isCompressed ?? false,
    }
    this.rows.push(row)
    return row
  }

  addFile(file: PackFile): void {
    this.#footer.addFile(file)
    this.files.push(file)
  }

  finish(): BuiltPack {
    const index = this.#footer.encode(this.id)
    return {
      id: this.id,
      purpose: this.purpose,
      bytes: Buffer.concat([...this.#parts, index]),
      index,
    }
  }

  #place(kind: PackKind, frame: StoredFrame): Omit<RemoteObjectRow, 'digest' | 'kind' | 'sizeBytes'> {
    const { digest, encoding, stored, sizeBytes } = frame
    const offset = this.#footer.add({ kind, encoding, digest, storedBytes: stored.length, sizeBytes })
    this.#parts.push(stored)
    return {
      packId: this.id,
      offset,
      storedBytes: stored.length,
      isCompressed: encoding === packEncoding.zstd,
      locatorBytes: 0,
      isLocatorCompressed: false,
    }
  }
}

/** How a parent's locator names the object. */
export function locatorEntryOf(row: RemoteObjectRow, form: LocatorForm): LocatorEntry {
  const { packId, offset, storedBytes, locatorBytes, isCompressed, isLocatorCompressed } = row
  return { packId, offset, storedBytes, locatorBytes, form, isCompressed, isLocatorCompressed }
}

function frameOf(digest: Digest, bytes: Uint8Array, codec: Codec): StoredFrame {
  const compressed = codec.compress(bytes)
  return {
    digest,
    encoding: compressed === undefined ? packEncoding.raw : packEncoding.zstd,
    stored: compressed ?? bytes,
    sizeBytes: bytes.length,
  }
}
