/**
 * Checks whole files while their chunks arrive.
 *
 * Chunks of a file that was uploaded in one go arrive in its order, so its digest can be computed
 * on the way, from bytes that are in memory anyway; chunks that were here before are read in
 * between, and chunks that come more than once are kept for a while. A file whose chunks come in
 * another order is left unchecked: it has to be read back from disk.
 */

import { DigestSet } from '../../core/digest-set.ts'
import { type Digest, DigestStream } from '../../core/digest.ts'

/** What became of a file: `unchecked` must be read back. */
export type ArrivalOutcome = 'right' | 'wrong' | 'unchecked'

export type ArrivalCheckOptions = {
  /** The bytes of a chunk that need not arrive. */
  readonly readLocal: (chunk: Digest) => Uint8Array
  /** How many bytes of chunks that come again are kept. Default: 32 MiB. */
  readonly keptBytesMax?: number
}

const keptBytesMaxDefault = 32 * 1024 * 1024

/** Where a chunk is. */
const place = { local: 0, awaited: 1, arrived: 2 } as const
type Place = (typeof place)[keyof typeof place]

type ChunkState = {
  place: Place
  /** The first file that has it. */
  readonly file: number
  isRepeated: boolean
}

type FileState = {
  readonly digest: Digest
  /** Ordinals of its chunks, in order. */
  readonly chunks: Uint32Array
  /** How many of them were hashed. */
  hashed: number
  /** Once the first chunk is there, and until the last one is. */
  hash: DigestStream | undefined
  outcome: ArrivalOutcome | undefined
}

export class ArrivalCheck {
  readonly #options: ArrivalCheckOptions
  readonly #digests = new DigestSet()
  readonly #chunks: ChunkState[] = []
  readonly #files: FileState[] = []
  readonly #kept = new Map<number, Uint8Array>()
  #keptBytes = 0

  constructor(options: ArrivalCheckOptions) {
    this.#options = options
  }

  /**
   * Adds a file that is to be checked.
   *
   * @param chunks Its chunks, in order.
   * @param isAwaited Whether a chunk will arrive; else it is here.
   */
  addFile(digest: Digest, chunks: Iterable<Digest>, isAwaited: (chunk: Digest) => boolean): void {
    const ordinals: number[] = []
    for (const chunk of chunks) ordinals.push(this.#addChunk(chunk, isAwaited))
    const awaited = ordinals.filter((ordinal) => this.#chunks[ordinal]?.place === place.awaited)
    // Of what is here mostly, the reading is better done afterwards, between other work.
    const isMostlyHere = awaited.length * 2 < ordinals.length
    this.#files.push({
      digest,
      chunks: Uint32Array.from(isMostlyHere ? [] : ordinals),
      hashed: 0,
      hash: undefined,
      outcome: isMostlyHere ? 'unchecked' : undefined,
    })
  }

  /** A chunk came in, verified. The bytes may be kept. */
  arrived(chunk: Digest, bytes: Uint8Array): void {
    const ordinal = this.#digests.ordinalOf(chunk)
    const state = ordinal === undefined ? undefined : this.#chunks[ordinal]
    if (ordinal === undefined || state === undefined) return
    state.place = place.arrived
    if (state.isRepeated) this.#keep(ordinal, bytes)
    const file = this.#files[state.file]
    if (file !== undefined) this.#advance(file, ordinal, bytes)
  }

  /** Everything arrived: what became of each file, in the order in which they were added. */
  end(): ArrivalOutcome[] {
    return this.#files.map((file) => {
      if (file.outcome === undefined) this.#advance(file)
      return file.outcome ?? 'unchecked'
    })
  }

  #addChunk(chunk: Digest, isAwaited: (chunk: Digest) => boolean): number {
    if (this.#digests.add(chunk)) {
      const file = this.#files.length
      const at = isAwaited(chunk) ? place.awaited : place.local
      return this.#chunks.push({ place: at, file, isRepeated: false }) - 1
    }
    const ordinal = this.#digests.ordinalOf(chunk) ?? 0
    const state = this.#chunks[ordinal]
    if (state !== undefined) state.isRepeated = true
    return ordinal
  }

  /** Hashes what can be hashed of a file by now, `bytes` being those of one of its chunks. */
  #advance(file: FileState, ordinal?: number, bytes?: Uint8Array): void {
    while (file.outcome === undefined) {
      const next = file.chunks[file.hashed]
      if (next === undefined) return this.#endFile(file)
      const at = this.#chunks[next]?.place
      if (at === place.awaited) return
      const found = next === ordinal ? bytes : this.#find(next, at)
      if (found === undefined) {
        file.outcome = 'unchecked'
        return
      }
      file.hash ??= new DigestStream()
      file.hash.update(found)
      file.hashed += 1
    }
  }

  /** A chunk that arrived before its turn, or for another file, is only there if it was kept. */
  #find(ordinal: number, at: Place | undefined): Uint8Array | undefined {
    if (at === place.local) return this.#options.readLocal(this.#digests.at(ordinal))
    return this.#kept.get(ordinal)
  }

  #endFile(file: FileState): void {
    file.outcome = file.hash?.end() === file.digest ? 'right' : 'wrong'
    file.hash = undefined
  }

  #keep(ordinal: number, bytes: Uint8Array): void {
    const { keptBytesMax = keptBytesMaxDefault } = this.#options
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes + bytes.length <= keptBytesMax) break
      this.#kept.delete(oldest)
      this.#keptBytes -= length
    }
    // A copy: the bytes may be a small part of what was received with them.
    this.#kept.set(ordinal, Uint8Array.from(bytes))
    this.#keptBytes += bytes.length
  }
}
