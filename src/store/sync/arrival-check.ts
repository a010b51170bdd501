/**
 * Checks whole files while their chunks arrive.
 *
 * Chunks of a file that was uploaded in one go arrive in its order, so its digest can be computed
 * on the way, from bytes that are in memory anyway; chunks that were here before are read in
 * between, and chunks that come more than once are kept for a while. A file whose chunks come in
 * another order is left unchecked: it has to be read back from disk.
 *
 * Large files are hashed by threads, a batch of chunks at a time.
 */

import { DigestSet } from '../../core/digest-set.ts'
import type { Digest } from '../../core/digest.ts'
import type { ComputeChoice, PendingDigest } from '../../objects/compute.ts'
import { joined } from '../../objects/file-stream.ts'
import type { ArrivingFile, ArrivingFiles } from '../arriving-files.ts'

/** What became of a file: `unchecked` must be read back. */
export type ArrivalOutcome = 'right' | 'wrong' | 'unchecked'

export type ArrivalCheckOptions = {
  /** Who hashes. */
  readonly compute: ComputeChoice
  /** The bytes of a chunk that need not arrive. */
  readonly readLocal: (chunk: Digest) => Uint8Array
  /** Takes the bytes of files while they are hashed. Default: nobody does. */
  readonly arriving?: Pick<ArrivingFiles, 'start'> | undefined
  /** How many bytes of chunks that come again are kept. Default: 32 MiB. */
  readonly keptBytesMax?: number
}

const keptBytesMaxDefault = 32 * 1024 * 1024
/** What is read of chunks that are here before waiting for it to be hashed. */
const localBytesAtOnce = 1024 * 1024

type Arrival = { readonly ordinal: number; readonly bytes: Uint8Array }

/** Where a chunk is. */
const place = { local: 0, awaited: 1, arrived: 2 } as const
type Place = (typeof place)[keyof typeof place]

type ChunkState = {
  place: Place
  /** The first file that has it. */
  readonly file: number
  isRepeated: boolean
}

/** A file, named by what it should be and how long. */
export type FileToCheck = { readonly digest: Digest; readonly sizeBytes: number }

type FileState = FileToCheck & {
  /** Ordinals of its chunks, in order. */
  readonly chunks: Uint32Array
  /** How many of them were hashed. */
  hashed: number
  /** Once the first chunk is there. */
  hash: PendingDigest | undefined
  arriving: ArrivingFile | undefined
  /** Once the last chunk is there. */
  outcome: Promise<ArrivalOutcome> | undefined
  /** The next chunks in order, which `hash` is to be told of. */
  pieces: Uint8Array[]
  piecesBytes: number
  isUnchecked: boolean
}

export class ArrivalCheck implements AsyncDisposable {
  readonly #options: ArrivalCheckOptions
  readonly #digests = new DigestSet()
  readonly #chunks: ChunkState[] = []
  readonly #files: FileState[] = []
  readonly #kept = new Map<number, Uint8Array>()
  #keptBytes = 0
  #arrivals: Arrival[] = []
  /** Batches are worked on one after the other, whoever waits for what. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: ArrivalCheckOptions) {
    this.#options = options
  }

  /**
   * Adds a file that is to be checked.
   *
   * @param chunks Its chunks, in order.
   * @param isAwaited Whether a chunk will arrive; else it is here.
   */
  addFile(
    file: FileToCheck,
    chunks: Iterable<Digest>,
    isAwaited: (chunk: Digest) => boolean,
  ): void {
    const ordinals: number[] = []
    for (const chunk of chunks) ordinals.push(this.#addChunk(chunk, isAwaited))
    const awaited = ordinals.filter((ordinal) => this.#chunks[ordinal]?.place === place.awaited)
    // Of what is here mostly, the reading is better done afterwards, between other work.
    const isMostlyHere = awaited.length * 2 < ordinals.length
    this.#files.push({
      ...file,
      chunks: Uint32Array.from(isMostlyHere ? [] : ordinals),
      hashed: 0,
      hash: undefined,
      arriving: undefined,
      outcome: undefined,
      pieces: [],
      piecesBytes: 0,
      isUnchecked: isMostlyHere,
    })
  }

  /** A chunk came in, verified. */
  arrived(chunk: Digest, bytes: Uint8Array): void {
    const ordinal = this.#digests.ordinalOf(chunk)
    if (ordinal !== undefined) this.#arrivals.push({ ordinal, bytes })
  }

  /**
   * Hashes what has arrived since the last time: its bytes must be left alone until this is done.
   *
   * May be called again before; what is hashed stays in order.
   */
  async hash(): Promise<void> {
    const arrivals = this.#arrivals
    this.#arrivals = []
    const updates: Promise<void>[] = []
    this.#turn = this.#turn.then(() => this.#take(arrivals, updates))
    await this.#turn
    await Promise.all(updates)
  }

  /** Everything arrived: what became of each file, in the order in which they were added. */
  async end(): Promise<ArrivalOutcome[]> {
    await this.hash()
    const outcomes: ArrivalOutcome[] = []
    for (const file of this.#files) {
      await this.#advance(file)
      await this.#flush(file)
      outcomes.push((await file.outcome) ?? 'unchecked')
    }
    return outcomes
  }

  /** Lets go of what is under way: files that will never be whole. Nobody is hashing any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { hash, arriving, outcome } of this.#files) {
      hash?.[Symbol.dispose]()
      if (outcome === undefined) await arriving?.end(false)
      else await Promise.allSettled([outcome])
    }
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

  /** Works on one batch; `updates` are done when its bytes were hashed. */
  async #take(arrivals: readonly Arrival[], updates: Promise<void>[]): Promise<void> {
    const advanced = new Set<FileState>()
    for (const arrival of arrivals) {
      const { ordinal, bytes } = arrival
      const state = this.#chunks[ordinal]
      const file = state && this.#files[state.file]
      if (state === undefined || file === undefined) continue
      state.place = place.arrived
      if (state.isRepeated) this.#keep(ordinal, bytes)
      advanced.add(file)
      // Nearly always there is nothing to read, and so to wait for.
      const reading = this.#advance(file, arrival)
      if (reading !== undefined) await reading
    }
    for (const file of advanced) {
      const update = this.#flush(file)
      update.catch(() => undefined)
      updates.push(update)
    }
  }

  /** Goes on in a file as far as its chunks are there. */
  #advance(file: FileState, arrival?: Arrival): Promise<void> | undefined {
    while (!file.isUnchecked) {
      const next = file.chunks[file.hashed]
      const at = next === undefined ? undefined : this.#chunks[next]?.place
      if (next === undefined || at === place.awaited) return undefined
      const found = next === arrival?.ordinal ? arrival.bytes : this.#find(next, at)
      if (found === undefined) file.isUnchecked = true
      else {
        file.pieces.push(found)
        file.piecesBytes += found.length
        file.hashed += 1
        const isMuch = at === place.local && file.piecesBytes >= localBytesAtOnce
        if (isMuch) return this.#flush(file).then(() => this.#advance(file, arrival))
      }
    }
    return undefined
  }

  /** A chunk that arrived before its turn, or for another file, is only there if it was kept. */
  #find(ordinal: number, at: Place | undefined): Uint8Array | undefined {
    if (at === place.local) return this.#options.readLocal(this.#digests.at(ordinal))
    return this.#kept.get(ordinal)
  }

  async #flush(file: FileState): Promise<void> {
    if (file.pieces.length === 0) return
    const pieces = joined(file.pieces)
    file.pieces = []
    file.piecesBytes = 0
    const { compute, arriving } = this.#options
    if (file.hash === undefined) file.arriving = arriving?.start(file)
    file.hash ??= compute.for(file.sizeBytes).startDigest()
    const told = tell(pieces, file.hash, file.arriving)
    if (file.hashed === file.chunks.length) {
      file.outcome = outcomeOf(file, told, file.hash.end())
      // It is asked for at the end, and until then no failure that nobody handles.
      file.outcome.catch(() => undefined)
    }
    await told
  }

  #keep(ordinal: number, bytes: Uint8Array): void {
    const { keptBytesMax = keptBytesMaxDefault } = this.#options
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes + bytes.length <= keptBytesMax) break
      this.#kept.delete(oldest)
      this.#keptBytes -= length
    }
    // A copy: the bytes lie in memory that will hold others soon.
    this.#kept.set(ordinal, Uint8Array.from(bytes))
    this.#keptBytes += bytes.length
  }
}

async function tell(
  pieces: readonly Uint8Array[],
  hash: PendingDigest,
  arriving: ArrivingFile | undefined,
): Promise<void> {
  const writing = arriving === undefined ? [] : [arriving.write(pieces)]
  await Promise.all([hash.update(pieces), ...writing])
}

async function outcomeOf(
  file: FileState,
  told: Promise<void>,
  digest: Promise<Digest>,
): Promise<ArrivalOutcome> {
  let isRight = false
  try {
    const [actual] = await Promise.all([digest, told])
    isRight = actual === file.digest
  } finally {
    await file.arriving?.end(isRight)
  }
  return isRight ? 'right' : 'wrong'
}
