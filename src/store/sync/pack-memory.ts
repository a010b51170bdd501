/**
 * The memory in which packs are built, one pack after the other.
 *
 * A pack of 32 MiB in fresh memory costs as much for the pages that the kernel has to clear as for
 * all the copying into it, so the memory of a pack that was sent is kept for the next one. It is
 * shared memory: threads hash it without a copy.
 */

const bytesAtFirst = 64 * 1024

/** Room for the index of a pack of the usual chunks, so that a full pack is never copied for it. */
const indexBytesUsual = 512 * 1024

export class PackMemory {
  readonly #fullBytes: number
  readonly #idle: Uint8Array[] = []

  /** @param packBytesMax How long packs get: one that is not small is given all its memory. */
  constructor(packBytesMax: number) {
    this.#fullBytes = packBytesMax + indexBytesUsual
  }

  /** Memory for a new pack; what is in it means nothing. */
  take(): Uint8Array {
    return this.#idle.pop() ?? shared(bytesAtFirst)
  }

  /** Memory of at least so many bytes that begins with the same ones. */
  grow(bytes: Uint8Array, sizeBytesMin: number): Uint8Array {
    const isSmall = sizeBytesMin <= indexBytesUsual
    const usual = isSmall ? bytes.length * 2 : this.#fullBytes
    const larger = shared(Math.max(usual, bytes.length * 2, sizeBytesMin))
    larger.set(bytes)
    return larger
  }

  /** Takes back memory that nobody reads any more. */
  give(bytes: Uint8Array): void {
    if (bytes.length === this.#fullBytes) this.#idle.push(bytes)
  }
}

function shared(sizeBytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(sizeBytes))
}
