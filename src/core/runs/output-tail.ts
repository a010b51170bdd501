/**
 * The end of what a program writes, in bounded memory however much and however it writes.
 *
 * Bytes are copied: a small piece may be a view of a large buffer that it would keep alive.
 */

const newline = 0x0a

export class OutputTail {
  readonly #sizeBytesMax: number
  /** Twice the size, so that moving the tail to the front costs a byte at most one copy more. */
  readonly #buffer: Buffer
  #used = 0
  #sizeBytes = 0

  /** @param sizeBytesMax How much of the end is kept. */
  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax
    this.#buffer = Buffer.alloc(2 * sizeBytesMax)
  }

  /** Of all that was added. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  add(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length
    const kept = bytes.subarray(Math.max(0, bytes.length - this.#sizeBytesMax))
    if (this.#used + kept.length > this.#buffer.length) {
      const start = this.#used - this.#sizeBytesMax
      this.#buffer.copyWithin(0, start, this.#used)
      this.#used = this.#sizeBytesMax
    }
    this.#buffer.set(kept, this.#used)
    this.#used += kept.length
  }

  /** The end as UTF-8; where the beginning is missing, from the first whole line on, if any. */
  text(): string {
    const start = Math.max(0, this.#used - this.#sizeBytesMax)
    const tail = this.#buffer.subarray(start, this.#used)
    if (this.#sizeBytes <= this.#sizeBytesMax) return tail.toString()
    const lineEnd = tail.indexOf(newline)
    return tail.subarray(lineEnd + 1 < tail.length ? lineEnd + 1 : 0).toString()
  }
}
