/**
 * Compresses and decompresses frames of packs: zstd, from Node itself or from WebAssembly.
 *
 * Node has zstd from 22.15 on. Before that the package does the same at half the speed; it is
 * loaded only when asked for. Both write the size of the content into the frame's header, and both
 * read what the other wrote. Frames come from strangers: nothing is decoded before its header has
 * promised the size that the caller expects.
 */

import * as zlib from 'node:zlib'

import { compressionRatioMax, looksIncompressible } from '../core/pack/compressibility.ts'
import { frameSizeBytesMax } from '../core/pack/format.ts'
import { zstdContentSize } from '../core/pack/zstd-frame.ts'
import { corrupt } from '../errors.ts'

export interface Codec {
  /**
   * Returns the bytes as one zstd frame, or `undefined` if they are better stored as they are:
   * few, noise, or not a tenth smaller for it.
   */
  compress(bytes: Uint8Array): Uint8Array | undefined

  /**
   * Returns what the frame holds.
   *
   * @param sizeBytes What it must decode to, exactly; no more is ever allocated.
   * @param where What to call the frame in an error.
   * @throws {MlstoreError} `CORRUPT` if it is not one whole frame with that much in it.
   */
  decompress(frame: Uint8Array, sizeBytes: number, where?: string): Uint8Array

  /** The same for a frame whose content is only known to be at most `sizeBytesMax` long. */
  decompressUpTo(frame: Uint8Array, sizeBytesMax: number, where?: string): Uint8Array
}

/** A zstd library, as far as it is needed. */
type Engine = {
  compress(bytes: Uint8Array): Uint8Array
  /** `sizeBytes` is what the frame's header says. */
  decompress(frame: Uint8Array, sizeBytes: number): Uint8Array
}

/** Less is stored in one block of a disk anyway. */
const compressedBytesMin = 512

/**
 * On chunks of 64 KiB level 1 shrinks tables and JSON as well as level 3 and is a third faster
 * (docs/decisions/002-compression.md).
 */
const level = 1

let opened: Promise<Codec> | undefined

/** Opens the codec of this process: at once where Node has zstd, else in some 20 ms. */
export function openCodec(): Promise<Codec> {
  opened ??= openEngine().then((engine) => codecOver(engine))
  return opened
}

/** The codec over WebAssembly, whatever Node has. @internal For tests. */
export async function openWasmCodec(): Promise<Codec> {
  return codecOver(await openWasmEngine())
}

function codecOver(engine: Engine): Codec {
  return {
    compress: (bytes) => {
      if (bytes.length < compressedBytesMin || bytes.length > frameSizeBytesMax) return undefined
      if (looksIncompressible(bytes)) return undefined
      const frame = engine.compress(bytes)
      return frame.length <= bytes.length * compressionRatioMax ? frame : undefined
    },
    decompress: (frame, sizeBytes, where = 'a compressed frame') => {
      const promisedBytes = contentSize(frame, frameSizeBytesMax, where)
      if (promisedBytes !== sizeBytes) {
        throw corrupt(where, `it holds ${promisedBytes} bytes where ${sizeBytes} belong`)
      }
      return decode(engine, frame, sizeBytes, where)
    },
    decompressUpTo: (frame, sizeBytesMax, where = 'a compressed frame') =>
      decode(engine, frame, contentSize(frame, sizeBytesMax, where), where),
  }
}

function contentSize(frame: Uint8Array, sizeBytesMax: number, where: string): number {
  const sizeBytes = zstdContentSize(frame)
  if (sizeBytes === undefined) throw corrupt(where, 'it is not one whole zstd frame')
  if (sizeBytes > sizeBytesMax) {
    throw corrupt(where, `it holds ${sizeBytes} bytes where at most ${sizeBytesMax} belong`)
  }
  return sizeBytes
}

function decode(engine: Engine, frame: Uint8Array, sizeBytes: number, where: string): Uint8Array {
  const bytes = attempt(() => engine.decompress(frame, sizeBytes), where)
  if (bytes.length !== sizeBytes) {
    throw corrupt(where, `it holds ${bytes.length} bytes where its header says ${sizeBytes}`)
  }
  return bytes
}

function attempt(decompress: () => Uint8Array, where: string): Uint8Array {
  try {
    return decompress()
  } catch (cause) {
    throw corrupt(where, 'it cannot be decompressed', cause)
  }
}

function openEngine(): Promise<Engine> {
  return hasZstd(zlib) ? Promise.resolve(nodeEngine(zlib)) : openWasmEngine()
}

/** The part of node:zlib that Node 20 lacks. */
type ZlibWithZstd = {
  readonly constants: { readonly ZSTD_c_compressionLevel: number }
  zstdCompressSync(bytes: Uint8Array, options: ZstdOptions): Uint8Array
  zstdDecompressSync(frame: Uint8Array, options: ZstdOptions): Uint8Array
}

type ZstdOptions = {
  /** Size of the buffers for the result. With one that holds all of it, Node is 3 times as fast. */
  readonly chunkSize: number
  readonly maxOutputLength?: number
  readonly params?: Readonly<Record<number, number>>
}

function hasZstd(library: object): library is ZlibWithZstd {
  return 'zstdCompressSync' in library && 'zstdDecompressSync' in library
}

function nodeEngine(library: ZlibWithZstd): Engine {
  const params = { [library.constants.ZSTD_c_compressionLevel]: level }
  return {
    compress: (bytes) =>
      library.zstdCompressSync(bytes, { chunkSize: bytes.length + 1024, params }),
    decompress: (frame, sizeBytes) =>
      library.zstdDecompressSync(frame, {
        chunkSize: Math.max(sizeBytes, 64),
        maxOutputLength: Math.max(sizeBytes, 1),
      }),
  }
}

/**
 * The package reads its .wasm file from its own folder and does nothing else outside.
 *
 * Its functions without a context make and drop one of a megabyte on every call; an empty
 * dictionary is its only way to reuse one.
 */
async function openWasmEngine(): Promise<Engine> {
  const library = await import('@bokuweb/zstd-wasm')
  await library.init()
  const compressor = library.createCCtx()
  const decompressor = library.createDCtx()
  const noDictionary = Buffer.alloc(0)
  return {
    compress: (bytes) => library.compressUsingDict(compressor, bytes, noDictionary, level),
    decompress: (frame) => library.decompressUsingDict(decompressor, frame, noDictionary),
  }
}
