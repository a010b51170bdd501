/**
 * Binary records of variable-length integers (LEB128), as locators use them.
 *
 * Integers are safe integers: a writer refuses others, a reader calls them damage. A number has
 * exactly one encoding, so equal bytes mean equal records and the reverse.
 */

import { corrupt, invalidArgument } from '../../errors.ts'

/** Appends integers and bytes to a growing list. */
export class VarintWriter {
  readonly #bytes: number[] = []

  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw invalidArgument(`cannot encode ${value}`)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes.push((rest % 0x80) + 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes.push(rest)
  }

  byte(value: number): void {
    this.#bytes.push(value)
  }

  bytes(values: Uint8Array): void {
    for (const value of values) this.#bytes.push(value)
  }

  written(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }
}

/** Takes them out again, and throws `CORRUPT` at the first thing that cannot be. */
export class VarintReader {
  readonly #bytes: Uint8Array
  readonly #where: string
  #at = 0

  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes
    this.#where = where
  }

  get remainingBytes(): number {
    return this.#bytes.length - this.#at
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (!Number.isSafeInteger(value)) throw corrupt(this.#where, 'a number beyond 2^53')
      if (byte < 0x80) {
        if (byte === 0 && scale > 1) throw corrupt(this.#where, 'a number with leading zeros')
        return value
      }
    }
  }

  byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw corrupt(this.#where, 'it ends too early')
    this.#at++
    return byte
  }

  bytes(count: number): Uint8Array {
    if (count > this.remainingBytes) throw corrupt(this.#where, 'it ends too early')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.remainingBytes > 0) throw corrupt(this.#where, 'bytes follow its end')
  }
}
