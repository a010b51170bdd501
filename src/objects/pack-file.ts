/**
 * Reading the packs of the local store.
 *
 * A bounded number of files stays open, the longest unused one is closed first. A pack whose file
 * was deleted meanwhile is read on through its open handle: packs never change, so what it gives
 * is right. Nothing here checks digests; whoever decodes a frame does.
 */

import { join } from 'node:path'

import { type PackFooter, readFooter, readTrailer } from '../core/pack/footer-reader.ts'
import {
  checkPackHeader,
  type PackEntry,
  packHeaderBytes,
  packTrailerBytes,
} from '../core/pack/format.ts'
import { corrupt } from '../errors.ts'
import type { FileSystem, OpenFile } from '../ports/file-system.ts'

const openFilesDefault = 64
const scanBytes = 1024 * 1024
const packNamePattern = /^([0-9a-f]{32})\.pack$/

/** Name of a pack's file in `packs/`. */
export function packFileName(packId: string): string {
  return `${packId}.pack`
}

/** Reads footer and trailer of a pack and checks them against each other and the file's length. */
export function readPackFooter(file: OpenFile, packId: string): PackFooter {
  const packBytes = file.stat().sizeBytes
  const trailer = readEnd(file, packBytes, Math.min(packTrailerBytes, packBytes))
  const { footerBytes } = readTrailer(trailer, packId, packBytes)
  return readFooter(readEnd(file, packBytes, footerBytes + packTrailerBytes), packId, packBytes)
}

function readEnd(file: OpenFile, packBytes: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  return bytes.subarray(0, file.read(bytes, packBytes - length))
}

/** A frame as it lies in the pack. */
export type StoredFrame = { readonly entry: PackEntry; readonly stored: Uint8Array }

type Handle = { readonly file: OpenFile; readers: number }

/** The packs of one folder, by id. */
export class PackFiles {
  readonly #fs: FileSystem
  readonly #directory: string
  readonly #openFilesMax: number
  /** Open files, the longest unused one first. */
  readonly #handles = new Map<string, Handle>()

  constructor(fs: FileSystem, directory: string, openFilesMax: number = openFilesDefault) {
    this.#fs = fs
    this.#directory = directory
    this.#openFilesMax = openFilesMax
  }

  pathOf(packId: string): string {
    return join(this.#directory, packFileName(packId))
  }

  /** Ids of the packs whose files are there, indexed or not. */
  ids(): string[] {
    if (this.#fs.lstat(this.#directory) === undefined) return []
    const names = this.#fs.readDirectory(this.#directory).map(({ name }) => name)
    return names.flatMap((name) => packNamePattern.exec(name)?.[1] ?? [])
  }

  /** Length of the pack; `undefined` if its file is not there. */
  sizeBytesOf(packId: string): number | undefined {
    return this.#fs.lstat(this.pathOf(packId))?.sizeBytes
  }

  /**
   * Reads bytes of a pack.
   *
   * @throws {MlstoreError} `NOT_FOUND` if there is no such pack, `CORRUPT` if it is too short.
   */
  read(packId: string, offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    const count = this.#handleOf(packId).file.read(bytes, offset)
    this.#checkCount(packId, count, length)
    return bytes
  }

  /** As `read`, without holding up the process meanwhile. */
  readAsync(packId: string, offset: number, length: number): Promise<Buffer> {
    return this.readInto(packId, offset, Buffer.allocUnsafe(length))
  }

  /** Fills memory with bytes of a pack, and returns it. */
  async readInto<Memory extends Uint8Array>(
    packId: string,
    offset: number,
    into: Memory,
  ): Promise<Memory> {
    const handle = this.#handleOf(packId)
    handle.readers += 1
    try {
      this.#checkCount(packId, await handle.file.readAsync(into, offset), into.length)
    } finally {
      handle.readers -= 1
      if (handle.readers === 0 && this.#handles.get(packId) !== handle) handle.file.close()
    }
    return into
  }

  /** What the pack says that it holds. */
  footerOf(packId: string): PackFooter {
    return readPackFooter(this.#handleOf(packId).file, packId)
  }

  /**
   * Reads the whole pack once, front to back, and yields its frames.
   *
   * @throws {MlstoreError} `CORRUPT` if header or footer are not those of this pack.
   */
  async *frames(packId: string): AsyncGenerator<StoredFrame, void> {
    const footer = this.footerOf(packId)
    checkPackHeader(await this.readAsync(packId, 0, packHeaderBytes), packId)
    for (const run of runsOf(footer.entries())) {
      const [first] = run
      const last = run.at(-1)
      if (first === undefined || last === undefined) continue
      const runBytes = last.offset + last.storedBytes - first.offset
      const bytes = await this.readAsync(packId, first.offset, runBytes)
      for (const entry of run) {
        const at = entry.offset - first.offset
        yield { entry, stored: bytes.subarray(at, at + entry.storedBytes) }
      }
    }
  }

  /** Lets go of the pack's file; reads in progress end first. Idempotent. */
  close(packId: string): void {
    const handle = this.#handles.get(packId)
    this.#handles.delete(packId)
    if (handle?.readers === 0) handle.file.close()
  }

  closeAll(): void {
    for (const packId of this.#handles.keys()) this.close(packId)
  }

  #handleOf(packId: string): Handle {
    const handle = this.#handles.get(packId) ?? this.#open(packId)
    this.#handles.delete(packId)
    this.#handles.set(packId, handle)
    return handle
  }

  #open(packId: string): Handle {
    const handle = { file: this.#fs.open(this.pathOf(packId), 'read'), readers: 0 }
    const [oldest] = this.#handles.keys()
    if (oldest !== undefined && this.#handles.size >= this.#openFilesMax) this.close(oldest)
    return handle
  }

  #checkCount(packId: string, count: number, length: number): void {
    if (count !== length) throw corrupt(this.pathOf(packId), 'it ends within a frame')
  }
}

/** Groups frames that lie back to back into runs worth one read. */
function* runsOf(entries: Iterable<PackEntry>): Generator<PackEntry[], void> {
  let run: PackEntry[] = []
  let runBytes = 0
  for (const entry of entries) {
    if (run.length > 0 && runBytes + entry.storedBytes > scanBytes) {
      yield run
      run = []
      runBytes = 0
    }
    run.push(entry)
    runBytes += entry.storedBytes
  }
  if (run.length > 0) yield run
}
