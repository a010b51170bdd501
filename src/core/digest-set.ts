/**
 * A set of digests for millions of them: about 40 bytes each, where a `Set` of strings takes 150.
 *
 * Digests lie in pages in the order they were added; a table of ordinals, open addressing with
 * linear probing, finds them. A digest is its own hash: four of its bytes choose the slot. Growing
 * moves the table (4 bytes a slot), never the digests, so the peak is the final size. The ordinal
 * lets a caller keep more about each digest in an array of its own.
 */

import { type Digest, digestBytes, digestFromBytes } from './digest.ts'

const pageBits = 16
const pageDigests = 1 << pageBits
/** The first page starts small and doubles, for sets of a few digests; later ones start full. */
const firstPageDigests = 64
const firstTableSlots = 128
const noPage = Buffer.alloc(0)

/** A growing set of digests; nothing is ever taken out. */
export class DigestSet {
  readonly #pages: Buffer[] = []
  readonly #wanted: Buffer = Buffer.allocUnsafe(digestBytes)
  /** Ordinal + 1 of the digest in the slot; 0 is an empty slot. The length is a power of two. */
  #table: Uint32Array = new Uint32Array(firstTableSlots)
  #size = 0

  constructor(digests: Iterable<Digest> = []) {
    for (const digest of digests) this.add(digest)
  }

  get size(): number {
    return this.#size
  }

  has(digest: Digest): boolean {
    return this.ordinalOf(digest) !== undefined
  }

  /** How many digests were added before this one; `undefined` if it is not in the set. */
  ordinalOf(digest: Digest): number | undefined {
    const entry = this.#table[this.#slotOf(digest)]
    return entry === undefined || entry === 0 ? undefined : entry - 1
  }

  /** The digest with this ordinal, which must be less than `size`. */
  at(ordinal: number): Digest {
    return digestFromBytes(this.#pageOf(ordinal), startOf(ordinal))
  }

  /** Adds the digest; `false` if it was there. */
  add(digest: Digest): boolean {
    const slot = this.#slotOf(digest)
    if (this.#table[slot] !== 0) return false
    this.#append()
    this.#size += 1
    this.#table[slot] = this.#size
    if (this.#size * 4 > this.#table.length * 3) this.#growTable()
    return true
  }

  /** Every digest, in the order they were added. */
  *[Symbol.iterator](): IterableIterator<Digest> {
    for (let ordinal = 0; ordinal < this.#size; ordinal++) yield this.at(ordinal)
  }

  /** The slot that holds the digest, or the empty one where it belongs. */
  #slotOf(digest: Digest): number {
    this.#wanted.write(digest, 'hex')
    const mask = this.#table.length - 1
    let slot = this.#wanted.readUInt32LE(0) & mask
    for (;;) {
      const entry = this.#table[slot] ?? 0
      if (entry === 0 || this.#isWanted(entry - 1)) return slot
      slot = (slot + 1) & mask
    }
  }

  #isWanted(ordinal: number): boolean {
    const start = startOf(ordinal)
    return this.#wanted.compare(this.#pageOf(ordinal), start, start + digestBytes) === 0
  }

  #pageOf(ordinal: number): Buffer {
    return this.#pages[ordinal >>> pageBits] ?? noPage
  }

  /** Puts the wanted digest behind the last one. */
  #append(): void {
    const number = this.#size >>> pageBits
    const start = startOf(this.#size)
    if (start === this.#pageOf(this.#size).length || start === 0) this.#growPage(number)
    this.#wanted.copy(this.#pageOf(this.#size), start)
  }

  #growPage(number: number): void {
    const page = this.#pages[number] ?? noPage
    const fresh = number === 0 ? firstPageDigests : pageDigests
    const grown = Buffer.allocUnsafeSlow(Math.max(page.length * 2, fresh * digestBytes))
    page.copy(grown)
    this.#pages[number] = grown
  }

  #growTable(): void {
    const table = new Uint32Array(this.#table.length * 2)
    const mask = table.length - 1
    for (let ordinal = 0; ordinal < this.#size; ordinal++) {
      let slot = this.#pageOf(ordinal).readUInt32LE(startOf(ordinal)) & mask
      while (table[slot] !== 0) slot = (slot + 1) & mask
      table[slot] = ordinal + 1
    }
    this.#table = table
  }
}

/** Where in its page the digest with this ordinal begins. */
function startOf(ordinal: number): number {
  return (ordinal & (pageDigests - 1)) * digestBytes
}
