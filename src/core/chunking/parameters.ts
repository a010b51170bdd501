/**
 * Constants of the format that decide where files are cut (docs/format.md, "Chunks and recipes").
 *
 * They never change within format 1: two stores that cut differently share nothing. The file is
 * also compiled into WebAssembly (`assembly/gear.ts` imports it), so it keeps to integer literals,
 * which mean the same in TypeScript and in AssemblyScript.
 */

/** No chunk is shorter, except the last one of a file. */
export const chunkSizeBytesMin = 16384

/** Up to here the strict mask decides, beyond it the loose one. */
export const chunkSizeBytesTarget = 65536

/** No chunk is longer. */
export const chunkSizeBytesMax = 262144

/** Top bits of the hash that must be zero for a cut in a chunk of at most the target size. */
export const strictMaskBits = 18

/** The same for a chunk longer than the target size. */
export const looseMaskBits = 14

/** Bytes of the gear table: 256 entries of 64 bit. */
export const gearTableBytes = 2048
