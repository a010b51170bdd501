/**
 * A file of several chunks as a stream of verified pieces.
 *
 * Chunks that lie together in a pack are read together, and the next run is on its way while the
 * chunks of the last one are decoded and checked. Read whole, the file is checked as a whole too:
 * a recipe that joins good chunks into the wrong file is found out, but only at the end.
 */

import type { FileRange } from '../core/chunking/recipe-walk.ts'
import { type PlacedChunk, recipeChunks } from '../core/chunking/recipe-walk.ts'
import { type Digest, DigestStream } from '../core/digest.ts'
import { corrupt, digestMismatch, isMlstoreError, throwIfAborted } from '../errors.ts'
import type { IndexedFile, ObjectIndex, ObjectLocation } from '../ports/object-index.ts'
import { type FrameReader, objectMissing } from './frame-reader.ts'
import type { PackFiles } from './pack-file.ts'

/** Longest read, and how many bytes of a pack are read for nothing rather than read apart. */
const runBytesMax = 1024 * 1024
const gapBytesMax = 32 * 1024

export type FileStreamParts = {
  readonly index: ObjectIndex
  readonly packs: PackFiles
  readonly frames: FrameReader
}

export type ReadFileOptions = {
  /** The half-open range [start, end) of the file's bytes. Default: all of them. */
  readonly range?: FileRange | undefined
  readonly signal?: AbortSignal | undefined
}

type LocatedChunk = { readonly chunk: PlacedChunk; readonly location: ObjectLocation }

/** Chunks that are read with one request; never empty. */
type Run = { readonly first: LocatedChunk; readonly chunks: LocatedChunk[]; end: number }

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
  { range, signal }: ReadFileOptions,
): AsyncGenerator<Uint8Array, void> {
  const hash = range === undefined ? new DigestStream() : undefined
  for await (const { chunk, bytes } of readAhead(parts, runsOf(parts, file, range))) {
    throwIfAborted(signal)
    if (bytes.length !== chunk.sizeBytes) {
      throw corrupt(`the recipe ${file.recipe}`, `its chunk ${chunk.digest} has another length`)
    }
    hash?.update(bytes)
    yield range === undefined ? bytes : within(range, chunk, bytes)
  }
  const actual = hash?.end() ?? file.file
  if (actual !== file.file) throw digestMismatch(`the file ${file.file}`, file.file, actual)
}

/** The part of a chunk that a range asks for. */
function within(range: FileRange, chunk: PlacedChunk, bytes: Uint8Array): Uint8Array {
  return bytes.subarray(Math.max(0, range.start - chunk.start), range.end - chunk.start)
}

function* runsOf(
  parts: FileStreamParts,
  file: IndexedFile,
  range: FileRange | undefined,
): Generator<Run, void> {
  let run: Run | undefined
  for (const chunk of chunksOf(parts.frames, file, range)) {
    const location = parts.index.find(chunk.digest)
    if (location === undefined) throw objectMissing(chunk.digest)
    const end = location.offset + location.storedBytes
    if (run !== undefined && belongsTo(run, location, end)) {
      run.chunks.push({ chunk, location })
      run.end = end
      continue
    }
    if (run !== undefined) yield run
    const first = { chunk, location }
    run = { first, chunks: [first], end }
  }
  if (run !== undefined) yield run
}

function belongsTo(run: Run, location: ObjectLocation, end: number): boolean {
  const start = run.first.location
  return (
    location.packId === start.packId &&
    location.offset >= run.end &&
    location.offset - run.end <= gapBytesMax &&
    end - start.offset <= runBytesMax
  )
}

type ChunkBytes = { readonly chunk: PlacedChunk; readonly bytes: Uint8Array }

/** Reads the runs, one ahead, and yields their chunks. No read is in progress when it has ended. */
async function* readAhead(
  parts: FileStreamParts,
  runs: Iterator<Run, void>,
): AsyncGenerator<ChunkBytes, void> {
  const readNext = async (): Promise<(() => Iterable<ChunkBytes>) | undefined> => {
    const next = runs.next()
    return next.done === true ? undefined : readRun(parts, next.value)
  }
  let reading = readNext()
  try {
    for (let chunks = await reading; chunks !== undefined; chunks = await reading) {
      reading = readNext()
      yield* chunks()
    }
  } finally {
    await Promise.allSettled([reading])
  }
}

/** Reads a run; what it returns decodes and checks its chunks one by one. */
async function readRun(parts: FileStreamParts, run: Run): Promise<() => Iterable<ChunkBytes>> {
  const { packId, offset: start } = run.first.location
  try {
    const stored = await parts.packs.readAsync(packId, start, run.end - start)
    return () => decodeRun(parts, run, stored)
  } catch (error) {
    if (!isMlstoreError(error, 'NOT_FOUND')) throw error
    // A gc took the pack; what this file needs of it has moved.
    return () => rereadRun(parts, run)
  }
}

function* decodeRun(parts: FileStreamParts, run: Run, stored: Uint8Array): Generator<ChunkBytes> {
  for (const { chunk, location } of run.chunks) {
    const at = location.offset - run.first.location.offset
    const frame = stored.subarray(at, at + location.storedBytes)
    yield { chunk, bytes: parts.frames.decode(chunk.digest, location, frame) }
  }
}

function* rereadRun(parts: FileStreamParts, run: Run): Generator<ChunkBytes> {
  for (const { chunk } of run.chunks) {
    yield { chunk, bytes: parts.frames.read(chunk.digest).bytes }
  }
}
