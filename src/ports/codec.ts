/**
 * Codec: compression of single frames.
 *
 * A port, so that objects/ and store/ agree on it while only objects/ loads a compressor.
 */

export interface Codec {
  /** The compressed bytes, or `undefined` when it does not pay. */
  compress(bytes: Uint8Array): Uint8Array | undefined
  /**
   * The decoded bytes.
   *
   * @param where What to call them in an error.
   * @throws {MlstoreError} `CORRUPT` unless they are exactly `sizeBytes` long; never allocates more.
   */
  decompress(bytes: Uint8Array, sizeBytes: number, where?: string): Uint8Array
  /** The same for bytes whose decoded size is only bounded; `CORRUPT` when it is larger. */
  decompressUpTo(bytes: Uint8Array, sizeBytesMax: number, where?: string): Uint8Array
}
