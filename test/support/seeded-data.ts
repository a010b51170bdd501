/**
 * Input of real size that is the same on every machine: a checkpoint of float-like numbers and a
 * data set of many small files, both made from a seed, and the small edits that a second version
 * has. Random bytes are an AES-CTR key stream, so making them costs less than writing them.
 */

import { createCipheriv, createHash } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

const blockBytes = 8 * 1024 * 1024

/** Bytes that no compressor shrinks; the same seed and size give the same bytes. */
export function seededBytes(seed: string, sizeBytes: number): Buffer {
  const key = createHash('sha256').update(seed).digest()
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16))
  return cipher.update(Buffer.alloc(sizeBytes))
}

/** Numbers in [0, 1), as many as are asked for. */
export function seededNumbers(seed: string): () => number {
  let block: Buffer = Buffer.alloc(0)
  let at = 0
  let count = 0
  return () => {
    if (at + 4 > block.length) {
      block = seededBytes(`${seed} ${count++}`, 4096)
      at = 0
    }
    at += 4
    return block.readUInt32LE(at - 4) / 2 ** 32
  }
}

/** A whole number in [from, to]. */
export function between(random: () => number, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1))
}

/**
 * Writes a file that looks like a model checkpoint: blocks of 32-bit floats of random mantissa,
 * which hardly compress, in turn with blocks of 16-bit floats widened to 32, which halve.
 */
export function writeCheckpoint(path: string, seed: string, sizeBytes: number): void {
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, 'w')
  for (let at = 0; at < sizeBytes; at += blockBytes) {
    const block = seededBytes(`${seed} ${at}`, Math.min(blockBytes, sizeBytes - at))
    if ((at / blockBytes) % 2 === 0) likeFloats(block)
    else likeWidenedFloats(block)
    writeAll(file, block)
  }
  closeSync(file)
}

/** Gives each little-endian float the small exponents that trained weights have. */
function likeFloats(block: Buffer): void {
  for (let at = 3; at < block.length; at += 4) {
    block[at] = 0x3b + ((block[at] ?? 0) & 0x81)
  }
}

function likeWidenedFloats(block: Buffer): void {
  likeFloats(block)
  for (let at = 1; at < block.length; at += 4) {
    block[at - 1] = 0
    block[at] = 0
  }
}

/** Copies a file with `inserted` put in at `offset`: everything behind it moves. */
export function copyWithInsertion(
  from: string,
  to: string,
  offset: number,
  inserted: Uint8Array,
): void {
  const source = openSync(from, 'r')
  const target = openSync(to, 'w')
  copyRange(source, target, 0, offset)
  writeAll(target, inserted)
  copyRange(source, target, offset, statSync(from).size)
  closeSync(source)
  closeSync(target)
}

function copyRange(source: number, target: number, from: number, to: number): void {
  const block = Buffer.allocUnsafe(blockBytes)
  for (let at = from; at < to;) {
    const read = readSync(source, block, 0, Math.min(blockBytes, to - at), at)
    writeAll(target, block.subarray(0, read))
    at += read
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(file, bytes, written, bytes.length - written)
  }
}

export type DatasetShape = {
  readonly files: number
  readonly sizeBytesMin: number
  readonly sizeBytesMax: number
}

/**
 * Writes a data set of text, CSV and binary files, a hundred a folder.
 *
 * @returns The files' paths inside the folder, in the order they were made.
 */
export function writeDataset(folder: string, seed: string, shape: DatasetShape): string[] {
  const random = seededNumbers(seed)
  const paths: string[] = []
  for (let number = 0; number < shape.files; number++) {
    const part = String(Math.floor(number / 100)).padStart(4, '0')
    const kind = kinds[number % kinds.length] ?? 'txt'
    const path = `part-${part}/${String(number).padStart(6, '0')}.${kind}`
    if (number % 100 === 0) mkdirSync(join(folder, `part-${part}`), { recursive: true })
    const sizeBytes = between(random, shape.sizeBytesMin, shape.sizeBytesMax)
    writeFileSync(join(folder, path), contentOf(kind, `${seed} ${number}`, sizeBytes))
    paths.push(path)
  }
  return paths
}

const kinds = ['txt', 'csv', 'bin'] as const

function contentOf(kind: (typeof kinds)[number], seed: string, sizeBytes: number): Buffer {
  const bytes = seededBytes(seed, sizeBytes)
  if (kind === 'txt') return textFrom(bytes)
  if (kind === 'csv') return csvFrom(bytes)
  return bytes
}

const words =
  'the model was good but late and no one of us had seen such long train runs end so well'.split(
    ' ',
  )

/** Text of the size of its seed bytes: each byte picks a word until there is enough. */
function textFrom(bytes: Buffer): Buffer {
  let text = ''
  for (const byte of bytes) {
    if (text.length >= bytes.length) break
    text += `${words[byte % words.length]}${byte > 240 ? '.\n' : ' '}`
  }
  return Buffer.from(text.slice(0, bytes.length), 'latin1')
}

function csvFrom(bytes: Buffer): Buffer {
  let text = 'id,score,label\n'
  for (let at = 0; text.length < bytes.length; at = (at + 3) % (bytes.length - 3)) {
    text += `${text.length},0.${bytes.readUInt16LE(at)},${(bytes[at + 2] ?? 0) % 10}\n`
  }
  return Buffer.from(text.slice(0, bytes.length), 'latin1')
}

export type DatasetEdits = {
  readonly changed: readonly string[]
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly renamed: readonly { readonly from: string; readonly to: string }[]
}

/** Makes the second version of a data set in place: 20 files changed, 3 added, 2 removed, 1 renamed. */
export function editDataset(folder: string, paths: readonly string[], seed: string): DatasetEdits {
  const picked = pickSome(paths, 23, seed)
  const changed = picked.slice(0, 20)
  const removed = picked.slice(20, 22)
  const renamed = picked.slice(22).map((from) => ({ from, to: `renamed/${from}` }))
  const added = [1, 2, 3].map((number) => `new/extra ${number}.bin`)

  for (const path of changed) changeInPlace(join(folder, path))
  for (const path of removed) rmSync(join(folder, path))
  for (const path of added) writeInto(join(folder, path), seededBytes(`${seed} ${path}`, 9000))
  for (const { from, to } of renamed) {
    mkdirSync(dirname(join(folder, to)), { recursive: true })
    renameSync(join(folder, from), join(folder, to))
  }
  return { changed, added, removed, renamed }
}

function pickSome(paths: readonly string[], count: number, seed: string): string[] {
  const random = seededNumbers(seed)
  const picked = new Set<string>()
  while (picked.size < Math.min(count, paths.length)) {
    const path = paths[between(random, 0, paths.length - 1)]
    if (path !== undefined) picked.add(path)
  }
  return [...picked]
}

function changeInPlace(path: string): void {
  const bytes = readFileSync(path)
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

function writeInto(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}
