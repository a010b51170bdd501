/**
 * One write session: objects go in, each stored once, and become part of the store all together.
 *
 *   add…, add…  ->  seal  ->  (writer lock)  publish
 *
 * Adding compares with the index and with the session itself; what is new goes to packs in `tmp/`.
 * `seal` makes them durable. `publish`, under the writer lock, first checks that what the session
 * did not write, because it was there, is there still; then it gives the packs their names and
 * indexes them. A crash at any point leaves temporary files, or packs that are complete and not
 * indexed: `ObjectStore.adoptUnindexedPacks` finishes those.
 */

import assert from 'node:assert/strict'

import { chunkSizeBytesMin } from '../core/chunking/parameters.ts'
import { type EncodedRecipeNode, type RecipeItem, RecipeBuilder } from '../core/chunking/recipe.ts'
import { type Digest, digestOf, emptyDigest } from '../core/digest.ts'
import { DigestSet } from '../core/digest-set.ts'
import type { NewPackEntry } from '../core/pack/footer-writer.ts'
import {
  isPackEncoding,
  isPackKind,
  packEncoding,
  type PackKind,
  packKind,
} from '../core/pack/format.ts'
import { corrupt, invalidArgument, isMlstoreError, throwIfAborted } from '../errors.ts'
import type { FileStat } from '../ports/file-system.ts'
import type { IndexedFile, IndexedObject } from '../ports/object-index.ts'
import { CountedObjects, type Holdings } from './counted-objects.ts'
import { type CutFile, CutterPool, type FileChunk } from './file-cutter.ts'
import { objectsOf, type FileStreamParts } from './file-stream.ts'
import type { LooseFiles } from './loose-files.ts'
import { publishPacks } from './pack-publisher.ts'
import { SessionPacks, type SessionParts } from './session-packs.ts'
import { fileChanged, isUntouched } from './unchanged.ts'

export type WriterOptions = {
  /**
   * Packs that are about to be removed: what lies in them counts as not there, so that a gc can
   * move it. Default: none.
   */
  readonly leaving?: ReadonlySet<string> | undefined
}

export type WriterParts = SessionParts &
  FileStreamParts &
  WriterOptions & {
    readonly loose: LooseFiles
  }

/** A file to be read once, front to back. An `OpenFile` is one. */
export type FileSource = {
  readAsync(into: Uint8Array, position: number): Promise<number>
  /** Asked before and after: if anything differs, the file changed while it was read. */
  stat?(): FileStat | undefined
}

export type AddFileOptions = {
  /** What to call the file in an error. */
  readonly path?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Told how many more bytes were dealt with, every mebibyte or so. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

export type AddedFile = CutFile & {
  /** How many of its bytes the store did not have: those of its new chunks, uncompressed. */
  readonly newBytes: number
}

export type PublishResult = {
  /** What a gc took meanwhile. If any, nothing was published: add it again, seal, publish. */
  readonly missing: readonly Digest[]
  /**
   * The packs that hold everything that the session brought or counted on; `undefined` if some of
   * that is loose or missing.
   */
  readonly packs: ReadonlySet<string> | undefined
}

export class ObjectWriter {
  readonly #parts: WriterParts
  readonly #packs: SessionPacks
  readonly #cutters = new CutterPool()
  /** What the session's own packs hold. */
  readonly #written = new DigestSet()
  readonly #writtenFiles = new DigestSet()
  readonly #counted = new CountedObjects()
  readonly #published = new Set<string>()
  #isSealed = false

  constructor(parts: WriterParts) {
    this.#parts = parts
    this.#packs = new SessionPacks(parts)
  }

  /**
   * Adds an object: a tree node, a version record, a chunk.
   *
   * @param digest Of the bytes, if the caller has it.
   */
  addObject(kind: PackKind, bytes: Uint8Array, digest: Digest = digestOf(bytes)): Digest {
    this.#store(kind, bytes, digest)
    return digest
  }

  /**
   * Adds a frame as it is, compressed or not.
   *
   * The caller has decoded it and checked its digest. `offset` is of no meaning.
   *
   * @returns `false` if the object was there.
   */
  addFrame(object: IndexedObject, stored: Uint8Array): boolean {
    const { digest, kind, encoding, sizeBytes } = object
    if (!isPackKind(kind) || !isPackEncoding(encoding)) {
      throw invalidArgument(`a frame of kind ${kind} and encoding ${encoding}`)
    }
    if (this.#isThere(digest)) return false
    this.#write({ digest, kind, encoding, sizeBytes }, stored)
    return true
  }

  /**
   * Says which chunks make a file. They must be there when the session is published.
   *
   * The caller answers for it that they make this file: reading it would find out, too late.
   *
   * @param chunks In order. A file of one chunk needs no recipe and gets none.
   */
  addRecipe(file: Digest, sizeBytes: number, chunks: Iterable<RecipeItem>): void {
    const builder = new RecipeBuilder()
    for (const chunk of chunks) {
      if (!this.#isThere(chunk.digest)) this.#counted.addAbsent(chunk.digest)
      this.#addNodes(builder.add(chunk))
    }
    this.#endRecipe(builder, { digest: file, sizeBytes })
  }

  /** Says that a recipe makes a file, as the pack says that its frames are taken from. */
  addFileRow(file: IndexedFile): void {
    if (!this.#writtenFiles.add(file.file)) return
    this.#isSealed = false
    this.#packs.addFile(file)
  }

  /**
   * Adds a file of any size, reading and hashing the next blocks while the last one is stored.
   *
   * Several files may be added at once; each takes about 6 MiB of memory. Large ones are hashed by
   * other threads.
   *
   * @throws {MlstoreError} `FILE_CHANGED` if it was written to meanwhile, `INTERRUPTED`, and what
   *   reading and writing throw. What was stored of the file until then does no harm.
   */
  async addFile(
    source: FileSource | AsyncIterable<Uint8Array>,
    options: AddFileOptions = {},
  ): Promise<AddedFile> {
    const stat = (): FileStat | undefined => ('stat' in source ? source.stat?.() : undefined)
    const before = stat()
    const recording = startRecording()
    const file = await this.#cutters.with((cutter) =>
      cutter.cut(source, {
        compute: this.#parts.compute.for(before?.sizeBytes ?? 0),
        take: (chunks) => this.#take(recording, chunks, options),
        signal: options.signal,
      }),
    )
    const after = stat()
    const isSame =
      before === undefined ||
      (after !== undefined && isUntouched(before, after) && before.sizeBytes === file.sizeBytes)
    if (!isSame) throw fileChanged(options.path ?? 'A file')
    return this.#endRecording(recording, file)
  }

  /**
   * Adds a file that is in memory, at once: for the many small ones.
   *
   * What is new goes to the disk in the background, so a loop over many files should `settle` every
   * few hundred of them.
   */
  addSmallFile(bytes: Uint8Array): AddedFile {
    if (bytes.length <= chunkSizeBytesMin) {
      const digest = digestOf(bytes)
      const isNew = this.#store(packKind.blob, bytes, digest)
      return { digest, sizeBytes: bytes.length, newBytes: isNew ? bytes.length : 0 }
    }
    const recording = startRecording()
    const file = this.#cutters.withSync((cutter) =>
      cutter.cutBytes(bytes, (chunk) => this.#addChunk(recording, chunk)),
    )
    return this.#endRecording(recording, file)
  }

  /**
   * Counts on a file or object that the store has, without its bytes: `publish` checks it again.
   *
   * @returns `false` if the store does not have all of it.
   */
  keep(digest: Digest): boolean {
    if (this.#isThere(digest) || this.#writtenFiles.has(digest)) return true
    const file = this.#parts.index.findRecipe(digest)
    if (file !== undefined) return this.#keepChunks(file)
    if (this.#parts.loose.statOf(digest) === undefined) return false
    this.#counted.addLoose(digest)
    return true
  }

  /** Waits until little is held in memory. */
  async settle(): Promise<void> {
    await this.#packs.settle()
  }

  /** Makes everything durable, still out of sight. More may be added after it, and sealed again. */
  async seal(): Promise<void> {
    await this.#packs.seal()
    this.#isSealed = true
  }

  /**
   * Makes everything that was added part of the store. The caller holds the writer lock.
   *
   * If it throws, `abort`: what got its name already is found by `adoptUnindexedPacks`.
   */
  publish(): PublishResult {
    assert(this.#isSealed, 'a write session is sealed before it is published')
    this.#forgetVanishedPacks()
    const missing = this.#counted.missing(this.#holdings())
    if (missing.length > 0) return { missing, packs: undefined }
    const { sealed } = this.#packs
    publishPacks(this.#parts, sealed)
    for (const { packId } of sealed) this.#published.add(packId)
    this.#packs.forgetSealed()
    const counted = this.#counted.hasLoose ? undefined : this.#counted.packIds()
    return { missing, packs: counted && new Set([...counted, ...this.#published]) }
  }

  /** Deletes what was written and not published. Idempotent. */
  async abort(): Promise<void> {
    await this.#packs.abort()
  }

  /** Whether the object need not be written; if the store has it, the session counts on it. */
  #isThere(digest: Digest): boolean {
    if (digest === emptyDigest || this.#written.has(digest)) return true
    const location = this.#parts.index.find(digest)
    if (location === undefined || this.#parts.leaving?.has(location.packId) === true) return false
    this.#counted.add(digest, location.packId)
    return true
  }

  /** Stores the object as it is unless it is there; `false` if it was. */
  #store(kind: PackKind, bytes: Uint8Array, digest: Digest): boolean {
    if (this.#isThere(digest)) return false
    this.#write({ kind, encoding: packEncoding.raw, digest, sizeBytes: bytes.length }, bytes)
    return true
  }

  #write(entry: Omit<NewPackEntry, 'storedBytes'>, stored: Uint8Array): void {
    this.#isSealed = false
    this.#packs.add(entry, stored)
    this.#written.add(entry.digest)
  }

  /** Stores chunks of a file, and waits until there is room for more. */
  async #take(
    recording: Recording,
    chunks: readonly FileChunk[],
    { signal, onBytes }: AddFileOptions,
  ): Promise<void> {
    throwIfAborted(signal)
    for (const chunk of chunks) this.#addChunk(recording, chunk)
    onBytes?.(chunks.reduce((sum, { bytes }) => sum + bytes.length, 0))
    await this.#packs.settle()
  }

  #addChunk(recording: Recording, { digest, bytes }: FileChunk): void {
    if (this.#store(packKind.blob, bytes, digest)) recording.newBytes += bytes.length
    this.#addNodes(recording.builder.add({ digest, sizeBytes: bytes.length }))
  }

  #endRecording({ builder, newBytes }: Recording, file: CutFile): AddedFile {
    this.#endRecipe(builder, file)
    return { ...file, newBytes }
  }

  #addNodes(nodes: readonly EncodedRecipeNode[]): void {
    for (const node of nodes) this.#store(packKind.recipeNode, node.bytes, node.digest)
  }

  #endRecipe(builder: RecipeBuilder, { digest: file, sizeBytes }: CutFile): void {
    const { root, nodes } = builder.end()
    this.#addNodes(nodes)
    if (root === undefined || this.#writtenFiles.has(file)) return
    const known = this.#parts.index.findRecipe(file)
    if (known === undefined) {
      this.addFileRow({ file, recipe: root, sizeBytes })
      return
    }
    // The same bytes have one recipe: to count on another would store a file nobody can read.
    if (known.recipe !== root) throw corrupt(`the recipe of ${file}`, 'it makes another file')
    this.#counted.addFile(file)
  }

  /** The chunks and nodes of a file that the store knows; `false` if some are not there. */
  #keepChunks(file: IndexedFile): boolean {
    try {
      for (const digest of objectsOf(this.#parts.frames, file)) {
        if (!this.#isThere(digest)) return false
      }
    } catch (error) {
      if (isMlstoreError(error, 'OBJECT_MISSING')) return false
      throw error
    }
    this.#counted.addFile(file.file)
    return true
  }

  /** The index may still name a pack whose file someone has deleted. */
  #forgetVanishedPacks(): void {
    const { index, packs } = this.#parts
    for (const packId of this.#counted.packIds()) {
      const isVanished = index.hasPack(packId) && packs.sizeBytesOf(packId) === undefined
      if (isVanished) index.removePack(packId)
    }
  }

  #holdings(): Holdings {
    const { index, loose } = this.#parts
    return {
      hasPack: (packId) => index.hasPack(packId),
      hasObject: (digest) => this.#written.has(digest) || index.find(digest) !== undefined,
      hasRecipe: (file) => this.#writtenFiles.has(file) || index.findRecipe(file) !== undefined,
      hasLoose: (digest) => loose.statOf(digest) !== undefined,
    }
  }
}

/** What is known of a file while it is cut. */
type Recording = { readonly builder: RecipeBuilder; newBytes: number }

function startRecording(): Recording {
  return { builder: new RecipeBuilder(), newBytes: 0 }
}
