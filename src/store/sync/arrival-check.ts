/**
 * Checks whole files while their chunks arrive.
 *
 * Chunks of a file that was uploaded in one go arrive in its order, so its digest can be computed
 * on the way, from bytes that are in memory anyway. Chunks that were here before are read in
 * between. As soon as the order is another, this check gives up: `verified` then lacks the files
 * that are left, and those are read back from disk.
 */

import { type Digest, DigestStream } from '../../core/digest.ts'

export type ExpectedFile = { readonly digest: Digest; readonly chunks: readonly Digest[] }

export type ArrivalCheckRequest = {
  /** In the order in which they are asked for. */
  readonly files: readonly ExpectedFile[]
  /** Will the chunk arrive, or is it here? */
  readonly isAwaited: (chunk: Digest) => boolean
  readonly readLocal: (chunk: Digest) => Uint8Array
}

export class ArrivalCheck {
  /** Files whose digest is what it should be. */
  readonly verified: Set<Digest> = new Set()
  /** Files that are something else. */
  readonly wrong: Set<Digest> = new Set()
  readonly #request: ArrivalCheckRequest
  readonly #arrived = new Set<Digest>()
  #file = 0
  #chunk = 0
  #hash = new DigestStream()
  #gaveUp = false

  constructor(request: ArrivalCheckRequest) {
    this.#request = request
    this.#advance()
  }

  /** A chunk came in, verified. */
  arrived(chunk: Digest, bytes: Uint8Array): void {
    if (this.#gaveUp) return
    if (this.#expected() !== chunk) {
      this.#gaveUp = true
      return
    }
    this.#arrived.add(chunk)
    this.#take(bytes)
    this.#advance()
  }

  #expected(): Digest | undefined {
    return this.#request.files[this.#file]?.chunks[this.#chunk]
  }

  #take(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#chunk += 1
  }

  /** Ends files that are complete and takes chunks that need not arrive (any more). */
  #advance(): void {
    for (;;) {
      const file = this.#request.files[this.#file]
      if (file === undefined) return
      const chunk = file.chunks[this.#chunk]
      if (chunk === undefined) this.#end(file)
      else if (this.#arrived.has(chunk)) {
        // A chunk that comes twice arrives once, and is in no published pack yet.
        this.#gaveUp = true
        return
      } else if (this.#request.isAwaited(chunk)) return
      else this.#take(this.#request.readLocal(chunk))
    }
  }

  #end(file: ExpectedFile): void {
    const isRight = this.#hash.end() === file.digest
    if (isRight) this.verified.add(file.digest)
    else this.wrong.add(file.digest)
    this.#file += 1
    this.#chunk = 0
    this.#hash = new DigestStream()
  }
}
