/**
 * Locators: where on a remote the children of a tree node or recipe node lie.
 *
 * A locator follows its node in the pack and is no part of any digest: it is a hint that saves
 * requests, and digests decide whether it led to the right bytes. Decoding trusts nothing.
 */

import { corrupt, invalidArgument } from '../../errors.ts'
import { type Digest, digestBytes, digestFromBytes, digestToBytes } from '../digest.ts'
import { packIdBytes } from './format.ts'
import { VarintReader, VarintWriter } from './varint.ts'

/** What a located frame holds. */
export const locatorForm = {
  /** The only chunk of a file. */
  wholeFile: 0,
  treeNode: 1,
  /** The root of the recipe of a file of several chunks. */
  recipeRoot: 2,
  /** A chunk named by a recipe. */
  chunk: 3,
  recipeNode: 4,
} as const
export type LocatorForm = (typeof locatorForm)[keyof typeof locatorForm]

/** What one byte says about a frame: what it holds, and what has to be decompressed. */
export type FrameForm = {
  readonly form: LocatorForm
  /** The frame is compressed. */
  readonly isCompressed: boolean
  /** The child's own locator is compressed. */
  readonly isLocatorCompressed: boolean
}

/** Where a child lies. */
export type LocatorEntry = FrameForm & {
  readonly packId: string
  readonly offset: number
  /** Length of the frame. */
  readonly storedBytes: number
  /** Length of the frame of the child's own locator, which follows at once; 0: there is none. */
  readonly locatorBytes: number
  /** Of a recipe's root, and only there: its digest, which the tree does not name. */
  readonly recipe?: Digest
}

const magic = Buffer.from('MLLO', 'latin1')
const version = 1
const compressedBit = 0x80
const locatorCompressedBit = 0x40

/** The `form` byte of a locator entry and of a version's root in the log. */
export function encodeFrameForm({ form, isCompressed, isLocatorCompressed }: FrameForm): number {
  const flags =
    (isCompressed ? compressedBit : 0) | (isLocatorCompressed ? locatorCompressedBit : 0)
  return form | flags
}

/** Reads that byte; `where` is what to call its place in a `CORRUPT` error. */
export function decodeFrameForm(byte: number, where: string): FrameForm {
  const form = byte & ~(compressedBit | locatorCompressedBit)
  if (!isLocatorForm(form)) throw corrupt(where, `a frame of form ${byte}`)
  return {
    form,
    isCompressed: (byte & compressedBit) !== 0,
    isLocatorCompressed: (byte & locatorCompressedBit) !== 0,
  }
}

/** Encodes where a node's children are: one item an entry of the node, `undefined` if unknown. */
export function encodeLocator(entries: readonly (LocatorEntry | undefined)[]): Uint8Array {
  const packs = [...new Set(entries.flatMap((entry) => (entry ? [entry.packId] : [])))]
  const packNumbers = new Map(packs.map((packId, index) => [packId, index + 1]))
  const writer = new VarintWriter()
  writer.bytes(magic)
  writer.byte(version)
  writer.varint(packs.length)
  for (const packId of packs) writer.bytes(packIdToBytes(packId))
  writer.varint(entries.length)
  for (const entry of entries) {
    writer.varint(entry ? (packNumbers.get(entry.packId) ?? 0) : 0)
    if (entry === undefined) continue
    writer.varint(entry.offset)
    writer.varint(entry.storedBytes)
    writer.varint(entry.locatorBytes)
    writer.byte(encodeFrameForm(entry))
    if (entry.form === locatorForm.recipeRoot) writer.bytes(recipeBytes(entry))
  }
  return writer.written()
}

/**
 * Reads a locator.
 *
 * @param where What to call the bytes in an error.
 * @throws {MlstoreError} `CORRUPT` if the bytes are not exactly one well-formed locator.
 */
export function decodeLocator(
  bytes: Uint8Array,
  where = 'a locator',
): (LocatorEntry | undefined)[] {
  const reader = new VarintReader(bytes, where)
  if (!magic.equals(reader.bytes(magic.length))) throw corrupt(where, 'it is no locator')
  if (reader.byte() !== version) throw corrupt(where, 'a locator of another version')
  const packs = decodePacks(reader)
  const entryCount = reader.varint()
  if (entryCount > reader.remainingBytes) throw corrupt(where, 'it ends too early')
  const entries: (LocatorEntry | undefined)[] = []
  while (entries.length < entryCount) entries.push(decodeEntry(reader, packs, where))
  reader.end()
  return entries
}

function decodePacks(reader: VarintReader): string[] {
  const count = reader.varint()
  const ids = Buffer.from(reader.bytes(count * packIdBytes))
  const packs: string[] = []
  for (let at = 0; at < ids.length; at += packIdBytes) {
    packs.push(ids.toString('hex', at, at + packIdBytes))
  }
  return packs
}

function decodeEntry(
  reader: VarintReader,
  packs: readonly string[],
  where: string,
): LocatorEntry | undefined {
  const packNumber = reader.varint()
  if (packNumber === 0) return undefined
  const packId = packs[packNumber - 1]
  if (packId === undefined) throw corrupt(where, `pack ${packNumber} of ${packs.length}`)
  const offset = reader.varint()
  const storedBytes = reader.varint()
  const locatorBytes = reader.varint()
  if (!Number.isSafeInteger(offset + storedBytes + locatorBytes)) {
    throw corrupt(where, 'a frame beyond 2^53')
  }
  const frame = decodeFrameForm(reader.byte(), where)
  const place = { packId, offset, storedBytes, locatorBytes, ...frame }
  if (frame.form !== locatorForm.recipeRoot) return place
  return { ...place, recipe: digestFromBytes(reader.bytes(digestBytes)) }
}

function recipeBytes({ recipe }: LocatorEntry): Uint8Array {
  if (recipe === undefined) throw invalidArgument('the root of a recipe is located by its digest')
  return digestToBytes(recipe)
}

function packIdToBytes(packId: string): Uint8Array {
  const bytes = Buffer.from(packId, 'hex')
  if (bytes.length !== packIdBytes) throw invalidArgument(`not a pack id: ${packId}`)
  return bytes
}

function isLocatorForm(form: number): form is LocatorForm {
  return form <= locatorForm.recipeNode
}
