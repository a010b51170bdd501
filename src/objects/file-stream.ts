/**
 * A file of several chunks as a stream of verified pieces.
 *
 *   read a run of chunks  ->  decode and hash each  ->  hash the whole  ->  hand the pieces out
 *
 * Chunks that lie together in a pack are read together, and the next runs are read and hashed
 * (`Compute`) while the last one is with the caller. Read whole, the file is checked as a whole
 * too: a recipe that joins good chunks into the wrong file is found out, but only at the end.
 */

import type { FileRange } from '../core/chunking/recipe-walk.ts'
import { type PlacedChunk, recipeChunks } from '../core/chunking/recipe-walk.ts'
import type { Digest } from '../core/digest.ts'
import { mapOrdered } from '../core/map-ordered.ts'
import { packEncoding } from '../core/pack/format.ts'
import { corrupt, digestMismatch, isMlstoreError, throwIfAborted } from '../errors.ts'
import type { IndexedFile, ObjectIndex, ObjectLocation } from '../ports/object-index.ts'
import type { Compute, ComputeChoice, FrameToDecode, PendingDigest } from './compute.ts'
import { type FrameReader, objectMissing } from './frame-reader.ts'
import type { PackFiles } from './pack-file.ts'

/** Longest read, most content of it, and how much is read for nothing rather than read apart. */
const runBytesMax = 1024 * 1024
const gapBytesMax = 32 * 1024

/** Runs between being read and being handed out. */
const runsAtOnce = 4

export type FileStreamParts = {
  readonly index: ObjectIndex
  readonly packs: PackFiles
  readonly frames: FrameReader
  readonly compute: ComputeChoice
  readonly memory: RunMemoryPool
}

export type ReadFileOptions = {
  /** The half-open range [start, end) of the file's bytes. Default: all of them. */
  readonly range?: FileRange | undefined
  /**
   * Pieces are only valid until the next one is asked for, which saves copying them. Default: each
   * is the caller's own.
   */
  readonly reuse?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

type LocatedChunk = { readonly chunk: PlacedChunk; readonly location: ObjectLocation }

/** Chunks that are read with one request; never empty. */
type Run = {
  readonly first: LocatedChunk
  readonly chunks: LocatedChunk[]
  /** Where in the pack the last chunk ends. */
  end: number
  contentBytes: number
}

/**
 * The chunks of a file, in order.
 *
 * @throws {MlstoreError} `OBJECT_MISSING` if a node of its recipe is not there.
 */
export function chunksOf(
  frames: FrameReader,
  file: IndexedFile,
  range?: FileRange,
): Generator<PlacedChunk, void> {
  const root = { digest: file.recipe, sizeBytes: file.sizeBytes }
  const read = (nodes: readonly Digest[]): Uint8Array[] =>
    nodes.map((digest) => frames.read(digest).bytes)
  return recipeChunks(root, read, range)
}

/** Every object that a file of several chunks is made of: the nodes of its recipe, its chunks. */
export function* objectsOf(frames: FrameReader, file: IndexedFile): Generator<Digest, void> {
  const nodes: Digest[] = []
  const root = { digest: file.recipe, sizeBytes: file.sizeBytes }
  const read = (digests: readonly Digest[]): Uint8Array[] => {
    nodes.push(...digests)
    return digests.map((digest) => frames.read(digest).bytes)
  }
  for (const chunk of recipeChunks(root, read)) {
    yield* nodes.splice(0)
    yield chunk.digest
  }
}

/**
 * Yields the bytes of a file that has a recipe.
 *
 * @throws {MlstoreError} `DIGEST_MISMATCH` or `CORRUPT` before a wrong chunk would be handed out,
 *   and after the last piece if the whole file is not what was asked for; `OBJECT_MISSING`.
 */
export async function* readChunkedFile(
  parts: FileStreamParts,
  file: IndexedFile,
  { range, reuse = false, signal }: ReadFileOptions,
): AsyncGenerator<Uint8Array, void> {
  const { start, end } = range ?? { start: 0, end: file.sizeBytes }
  const compute = parts.compute.for(Math.min(end, file.sizeBytes) - start)
  using whole = range === undefined ? compute.startDigest() : undefined
  const reader = new RunReader(parts, compute, range)
  const read = mapOrdered(runsOf(parts, file, range), runsAtOnce, (run) => reader.read(run))
  for await (const { pieces, memory } of whole === undefined ? read : hashed(read, whole)) {
    throwIfAborted(signal)
    for (const piece of pieces) yield reuse ? piece : Buffer.from(piece)
    parts.memory.give(memory)
  }
  const actual = (await whole?.end()) ?? file.file
  if (actual !== file.file) throw digestMismatch(`the file ${file.file}`, file.file, actual)
}

/** Runs that are part of the digest of the whole, too; the next one is hashed ahead. */
function hashed(runs: AsyncIterable<CheckedRun>, whole: PendingDigest): AsyncIterable<CheckedRun> {
  return mapOrdered(runs, 2, async (run) => {
    await whole.update(run.pieces)
    return run
  })
}

function* runsOf(
  parts: FileStreamParts,
  file: IndexedFile,
  range: FileRange | undefined,
): Generator<Run, void> {
  let run: Run | undefined
  for (const chunk of chunksOf(parts.frames, file, range)) {
    const location = locate(parts.index, file, chunk)
    const end = location.offset + location.storedBytes
    if (run !== undefined && belongsTo(run, location, end)) {
      run.chunks.push({ chunk, location })
      run.end = end
      run.contentBytes += location.sizeBytes
      continue
    }
    if (run !== undefined) yield run
    const first = { chunk, location }
    run = { first, chunks: [first], end, contentBytes: location.sizeBytes }
  }
  if (run !== undefined) yield run
}

function locate(index: ObjectIndex, file: IndexedFile, chunk: PlacedChunk): ObjectLocation {
  const location = index.find(chunk.digest)
  if (location === undefined) throw objectMissing(chunk.digest)
  const { sizeBytes, storedBytes } = location
  if (sizeBytes === chunk.sizeBytes && storedBytes <= sizeBytes) return location
  throw corrupt(`the recipe ${file.recipe}`, `its chunk ${chunk.digest} has another length`)
}

function belongsTo(run: Run, location: ObjectLocation, end: number): boolean {
  const start = run.first.location
  return (
    location.packId === start.packId &&
    location.offset >= run.end &&
    location.offset - run.end <= gapBytesMax &&
    end - start.offset <= runBytesMax &&
    run.contentBytes + location.sizeBytes <= runBytesMax
  )
}

/** Memory for one run, shared with the threads that check or compress it. */
export class RunMemory {
  readonly stored: Uint8Array
  #content: Uint8Array | undefined

  constructor(sizeBytes: number) {
    this.stored = sharedBytes(sizeBytes)
  }

  /** Where chunks are decoded to, or compressed to; as long as `stored`. */
  get content(): Uint8Array {
    this.#content ??= sharedBytes(this.stored.length)
    return this.#content
  }
}

function sharedBytes(sizeBytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(sizeBytes))
}

/** More are never under way for one file. */
const idleMax = 8

/** Keeps the memory of runs that are done with for the next ones: enough for one file. */
export class RunMemoryPool {
  readonly #idle: RunMemory[] = []

  /** @param sizeBytes What it must have room for. Default: the longest run. */
  take(sizeBytes: number = runBytesMax): RunMemory {
    if (sizeBytes > runBytesMax) return new RunMemory(sizeBytes)
    return this.#idle.pop() ?? new RunMemory(runBytesMax)
  }

  give(memory: RunMemory): void {
    const isUsual = memory.stored.length === runBytesMax
    if (isUsual && this.#idle.length < idleMax) this.#idle.push(memory)
  }
}

/** Verified bytes of a file in as few pieces as they lie in, and the memory most of them are in. */
type CheckedRun = { readonly pieces: readonly Uint8Array[]; readonly memory: RunMemory }

class RunReader {
  readonly #parts: FileStreamParts
  readonly #compute: Compute
  readonly #range: FileRange | undefined

  constructor(parts: FileStreamParts, compute: Compute, range: FileRange | undefined) {
    this.#parts = parts
    this.#compute = compute
    this.#range = range
  }

  async read(run: Run): Promise<CheckedRun> {
    const memory = this.#parts.memory.take()
    const contents = (await this.#tryRead(run, memory)) ?? this.#reread(run)
    const pieces = contents.map((bytes, index) => this.#wanted(run.chunks[index], bytes))
    return { pieces: joined(pieces), memory }
  }

  /** Reads and checks a run; `undefined` if a gc took the pack. */
  async #tryRead(run: Run, memory: RunMemory): Promise<Uint8Array[] | undefined> {
    const { packId, offset } = run.first.location
    try {
      await this.#parts.packs.readInto(packId, offset, memory.stored.subarray(0, run.end - offset))
    } catch (error) {
      if (isMlstoreError(error, 'NOT_FOUND')) return undefined
      throw error
    }
    const frames = framesOf(run, memory)
    const digests = await this.#compute.decode(frames)
    return run.chunks.map(({ chunk, location }, index) => {
      const { stored, content } = frames[index] ?? noFrame
      if (digests[index] === chunk.digest) return content
      // Finds out for itself what is wrong, and says so.
      return this.#parts.frames.decode(chunk.digest, location, stored)
    })
  }

  /** What the file needs of a pack that is gone has moved. */
  #reread(run: Run): Uint8Array[] {
    return run.chunks.map(({ chunk }) => this.#parts.frames.read(chunk.digest).bytes)
  }

  /** The part of a chunk that is asked for. */
  #wanted(located: LocatedChunk | undefined, bytes: Uint8Array): Uint8Array {
    const range = this.#range
    if (range === undefined || located === undefined) return bytes
    const { start } = located.chunk
    return bytes.subarray(Math.max(0, range.start - start), range.end - start)
  }
}

const noFrame = { stored: new Uint8Array(0), content: new Uint8Array(0) }

/** The frames of a run; what has to be decoded gets its place behind one another. */
function framesOf(run: Run, memory: RunMemory): FrameToDecode[] {
  let decodedBytes = 0
  return run.chunks.map(({ location: { encoding, offset, storedBytes, sizeBytes } }) => {
    const at = offset - run.first.location.offset
    const stored = memory.stored.subarray(at, at + storedBytes)
    if (encoding === packEncoding.raw) return { encoding, stored, content: stored }
    const content = memory.content.subarray(decodedBytes, decodedBytes + sizeBytes)
    decodedBytes += sizeBytes
    return { encoding, stored, content }
  })
}

/**
 * Joins neighbours that lie side by side in memory.
 *
 * @param bytesMax No joined piece is longer. Default: any length.
 */
export function joined(
  pieces: readonly Uint8Array[],
  bytesMax: number = Number.MAX_SAFE_INTEGER,
): Uint8Array[] {
  const result: Uint8Array[] = []
  for (const piece of pieces) {
    const last = result.at(-1)
    const isNext =
      last?.buffer === piece.buffer && last.byteOffset + last.length === piece.byteOffset
    if (!isNext || last.length + piece.length > bytesMax) result.push(piece)
    else {
      result.pop()
      result.push(new Uint8Array(piece.buffer, last.byteOffset, last.length + piece.length))
    }
  }
  return result
}
