/**
 * Memory that threads share, in pieces of one length that are used over and over.
 *
 * Fresh memory costs more than the copying into it, for the pages that the kernel has to clear and
 * for the garbage collector, and what is not shared is copied once more on its way to a thread.
 */

/** A piece that somebody holds. Each holder releases it once; then others may write to it. */
export class SharedPiece {
  readonly bytes: Uint8Array
  readonly #onFree: (bytes: Uint8Array) => void
  #holders = 1

  constructor(bytes: Uint8Array, onFree: (bytes: Uint8Array) => void) {
    this.bytes = bytes
    this.#onFree = onFree
  }

  /** One more holder. */
  share(): SharedPiece {
    this.#holders += 1
    return this
  }

  release(): void {
    this.#holders -= 1
    if (this.#holders === 0) this.#onFree(this.bytes)
  }
}

export class SharedMemory {
  readonly #sizeBytes: number
  readonly #idle: Uint8Array[] = []

  /** @param sizeBytes Of the usual piece. */
  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes
  }

  /** A piece of at least so many bytes; what is in it means nothing. */
  take(sizeBytesMin: number): SharedPiece {
    const idle = sizeBytesMin <= this.#sizeBytes ? this.#idle.pop() : undefined
    const bytes = idle ?? shared(Math.max(sizeBytesMin, this.#sizeBytes))
    return new SharedPiece(bytes, (free) => {
      if (free.length === this.#sizeBytes) this.#idle.push(free)
    })
  }
}

function shared(sizeBytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(sizeBytes))
}
