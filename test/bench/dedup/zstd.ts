/** zstd at any level, for comparisons: Node's own where it has one, else the product's package. */

import { compressUsingDict, createCCtx } from '@bokuweb/zstd-wasm'
import * as zlib from 'node:zlib'

import { compressionRatioMax, looksIncompressible } from '../../../src/core/pack/compressibility.ts'
import { openCodec } from '../../../src/objects/compression.ts'
import type { Codec } from '../../../src/ports/codec.ts'

/** One zstd frame of the bytes; with a dictionary, one that needs it to be read. */
export type Compress = (bytes: Uint8Array, level: number, dictionary?: Uint8Array) => Uint8Array

type ZlibWithZstd = {
  readonly constants: { readonly ZSTD_c_compressionLevel: number }
  zstdCompressSync(
    bytes: Uint8Array,
    options: {
      readonly params: Readonly<Record<number, number>>
      readonly dictionary?: Uint8Array | undefined
    },
  ): Uint8Array
}

const noDictionary = new Uint8Array(0)

export async function openZstd(): Promise<Compress> {
  // The package has one memory for all who use it, and setting it up again would break the
  // contexts in use: only the product's codec does so.
  await openCodec()
  if (hasZstd(zlib)) return nodeCompress(zlib)
  const context = createCCtx()
  return (bytes, level, dictionary = noDictionary) =>
    compressUsingDict(context, bytes, dictionary, level)
}

function nodeCompress(library: ZlibWithZstd): Compress {
  return (bytes, level, dictionary) => {
    const params = { [library.constants.ZSTD_c_compressionLevel]: level }
    return library.zstdCompressSync(bytes, { params, ...(dictionary && { dictionary }) })
  }
}

function hasZstd(library: object): library is ZlibWithZstd {
  return 'zstdCompressSync' in library
}

/** The product's codec at another level: the same look at a sample, the same threshold. */
export async function openCodecOfLevel(level: number): Promise<Codec> {
  const codec = await openCodec()
  const compress = await openZstd()
  return {
    ...codec,
    compress: (bytes) => {
      if (bytes.length < compressedBytesMin || looksIncompressible(bytes)) return undefined
      const frame = compress(bytes, level)
      return frame.length <= bytes.length * compressionRatioMax ? frame : undefined
    },
  }
}

/** As in the product's codec. */
const compressedBytesMin = 512
