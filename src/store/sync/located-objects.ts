/**
 * Where objects lie in the packs of a remote, for millions of them: about 70 bytes each.
 *
 * A push fills one with what it sends, a download with what it wants. Numbers stand in columns
 * next to a set of digests; a row is made an object only when somebody asks for it.
 */

import { DigestSet } from '../../core/digest-set.ts'
import type { Digest } from '../../core/digest.ts'
import { isPackKind, packKind } from '../../core/pack/format.ts'
import type { RemoteObjectRow } from '../../ports/remote-index.ts'

type Columns = {
  readonly pack: Uint32Array
  readonly offset: Float64Array
  readonly storedBytes: Uint32Array
  readonly sizeBytes: Uint32Array
  readonly locatorBytes: Uint32Array
  /** The kind, and two bits. */
  readonly marks: Uint8Array
}

const rowsAtFirst = 256
const kindMask = 0x3f
const compressedBit = 0x80
const locatorCompressedBit = 0x40

export class LocatedObjects {
  readonly #digests = new DigestSet()
  readonly #packs: string[] = []
  readonly #packNumbers = new Map<string, number>()
  #columns: Columns = makeColumns(rowsAtFirst)

  get size(): number {
    return this.#digests.size
  }

  has(digest: Digest): boolean {
    return this.#digests.has(digest)
  }

  get(digest: Digest): RemoteObjectRow | undefined {
    const ordinal = this.#digests.ordinalOf(digest)
    return ordinal === undefined ? undefined : this.#rowAt(ordinal, digest)
  }

  /** Adds a row, or replaces the one of the same object. */
  put(row: RemoteObjectRow): void {
    this.#digests.add(row.digest)
    const ordinal = this.#digests.ordinalOf(row.digest) ?? 0
    if (ordinal >= this.#columns.pack.length) this.#columns = grown(this.#columns)
    const columns = this.#columns
    columns.pack[ordinal] = this.#packNumber(row.packId)
    columns.offset[ordinal] = row.offset
    columns.storedBytes[ordinal] = row.storedBytes
    columns.sizeBytes[ordinal] = row.sizeBytes
    columns.locatorBytes[ordinal] = row.locatorBytes
    columns.marks[ordinal] =
      row.kind |
      (row.isCompressed ? compressedBit : 0) |
      (row.isLocatorCompressed ? locatorCompressedBit : 0)
  }

  /** Pack after pack, in the order in which they were first named; within a pack by offset. */
  *byPlace(): Generator<RemoteObjectRow> {
    const { pack, offset } = this.#columns
    yield* this.#inOrder(
      (a, b) => (pack[a] ?? 0) - (pack[b] ?? 0) || (offset[a] ?? 0) - (offset[b] ?? 0),
    )
  }

  /** Sorted by digest: the order in which an index takes them in fastest. */
  *byDigest(): Generator<RemoteObjectRow> {
    const prefixes = new Float64Array(this.size)
    for (let ordinal = 0; ordinal < this.size; ordinal++) {
      prefixes[ordinal] = Number.parseInt(this.#digests.at(ordinal).slice(0, 13), 16)
    }
    yield* this.#inOrder((a, b) => (prefixes[a] ?? 0) - (prefixes[b] ?? 0))
  }

  *#inOrder(compare: (a: number, b: number) => number): Generator<RemoteObjectRow> {
    const order = Uint32Array.from({ length: this.size }, (_, ordinal) => ordinal).sort(compare)
    for (const ordinal of order) yield this.#rowAt(ordinal, this.#digests.at(ordinal))
  }

  #rowAt(ordinal: number, digest: Digest): RemoteObjectRow {
    const columns = this.#columns
    const marks = columns.marks[ordinal] ?? 0
    const kind = marks & kindMask
    return {
      digest,
      kind: isPackKind(kind) ? kind : packKind.blob,
      packId: this.#packs[columns.pack[ordinal] ?? 0] ?? '',
      offset: columns.offset[ordinal] ?? 0,
      storedBytes: columns.storedBytes[ordinal] ?? 0,
      sizeBytes: columns.sizeBytes[ordinal] ?? 0,
      isCompressed: (marks & compressedBit) !== 0,
      locatorBytes: columns.locatorBytes[ordinal] ?? 0,
      isLocatorCompressed: (marks & locatorCompressedBit) !== 0,
    }
  }

  #packNumber(packId: string): number {
    const known = this.#packNumbers.get(packId)
    if (known !== undefined) return known
    this.#packNumbers.set(packId, this.#packs.length)
    return this.#packs.push(packId) - 1
  }
}

function makeColumns(rows: number): Columns {
  return {
    pack: new Uint32Array(rows),
    offset: new Float64Array(rows),
    storedBytes: new Uint32Array(rows),
    sizeBytes: new Uint32Array(rows),
    locatorBytes: new Uint32Array(rows),
    marks: new Uint8Array(rows),
  }
}

function grown(columns: Columns): Columns {
  const larger = makeColumns(columns.pack.length * 2)
  larger.pack.set(columns.pack)
  larger.offset.set(columns.offset)
  larger.storedBytes.set(columns.storedBytes)
  larger.sizeBytes.set(columns.sizeBytes)
  larger.locatorBytes.set(columns.locatorBytes)
  larger.marks.set(columns.marks)
  return larger
}
