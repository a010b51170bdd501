/**
 * Tree nodes: the manifest of a version, in pieces that are objects themselves.
 *
 * A node is a run of a directory's entries (level 0) or of the nodes below (level 1 and up).
 * It has one spelling, canonical JSON, so equal directories have equal digests on every
 * machine. Versions of a million files are usual, so the text is put together by hand here; a
 * property test holds it equal to `canonicalJson`. Decoding trusts nothing: whatever passes can
 * be written out without another look at names. Bytes: docs/format.md, "Tree".
 */

import { corrupt, MlstoreError } from '../../errors.ts'
import { decodeUtf8, type JsonObject, type JsonValue } from '../canonical-json.ts'
import { type Digest, digestOf } from '../digest.ts'
import {
  expectArray,
  expectDigest,
  expectObject,
  expectSafeInteger,
  expectString,
} from '../json-shape.ts'
import { assertEntryName, linkTargetProblem } from '../names.ts'
import { compareNames } from './name-order.ts'

export type FileEntry = {
  readonly kind: 'file'
  readonly name: string
  /** SHA-256 of the content. */
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  /** The owner's executable bit. */
  readonly exec: boolean
}

export type LinkEntry = {
  readonly kind: 'link'
  readonly name: string
  /** Verbatim; relative, and lexically inside the version. */
  readonly target: string
}

export type DirectoryEntry = {
  readonly kind: 'directory'
  readonly name: string
  /** The directory's root node. */
  readonly digest: Digest
  /** Bytes of all files below. */
  readonly size: number
}

/** In nodes of level 1 and up: a node one level below. */
export type ChildNodeEntry = {
  readonly kind: 'node'
  /** The last name in it. */
  readonly name: string
  readonly digest: Digest
  /** Bytes of all files below. */
  readonly size: number
}

export type LeafEntry = FileEntry | LinkEntry
/** What can stand at a path: an entry of a directory. */
export type TreeEntry = LeafEntry | DirectoryEntry
/** An entry of a node. */
export type NodeEntry = TreeEntry | ChildNodeEntry

export type TreeNode = {
  /** 0: entries of the directory. 1 and up: only `node` entries, at least one. */
  readonly level: number
  /** Strictly sorted by the bytes of their names. */
  readonly entries: readonly NodeEntry[]
}

/** Most entries a node may hold; the split rule ends it there at the latest. */
export const nodeEntriesMax = 1024

/** Half of what a byte can say, far beyond any real tree: every level at least halves the nodes. */
const levelMax = 127

const formatVersion = 1

/** The one spelling of a node. Names must be what a tree can hold and in order. */
export function encodeNode(node: TreeNode): Buffer {
  return Buffer.from(nodeText(node))
}

/**
 * Reads a node and refuses whatever `encodeNode` would not have written: other spellings,
 * unsafe or unsorted names, kinds that do not belong on its level, sizes that are no sizes.
 *
 * Does not hash: whoever read the bytes has checked them against their digest.
 *
 * @param where What is read, for the message: `tree node 12ab…`.
 * @throws {MlstoreError} `CORRUPT`, or `FORMAT_UNSUPPORTED` if a newer mlstore wrote it.
 */
export function decodeNode(bytes: Uint8Array, where: string): TreeNode {
  const text = decodeUtf8(bytes, where)
  const node = nodeOf(parseObject(text, where), where)
  if (nodeText(node) !== text) throw corrupt(where, 'it is not canonical')
  return node
}

/** Bytes of all files in and below the node. */
export function nodeSize(node: TreeNode): number {
  let size = 0
  for (const entry of node.entries) if (entry.kind !== 'link') size += entry.size
  return size
}

/** The directory without entries. */
export const emptyNode: TreeNode = { level: 0, entries: [] }

/** Its digest: every empty directory is this one object. */
export const emptyNodeDigest: Digest = digestOf(encodeNode(emptyNode))

function nodeText(node: TreeNode): string {
  let text = '{"entries":['
  let separator = ''
  for (const entry of node.entries) {
    text += separator + entryText(entry)
    separator = ','
  }
  return `${text}],"level":${node.level},"v":${formatVersion}}`
}

function entryText(entry: NodeEntry): string {
  const name = JSON.stringify(entry.name)
  if (entry.kind === 'link') {
    return `{"kind":"link","name":${name},"target":${JSON.stringify(entry.target)}}`
  }
  const exec = entry.kind === 'file' && entry.exec ? '"exec":true,' : ''
  return `{"digest":"${entry.digest}",${exec}"kind":"${entry.kind}","name":${name},"size":${entry.size}}`
}

function parseObject(text: string, where: string): JsonObject {
  try {
    const value: JsonValue = JSON.parse(text)
    return expectObject(value, where)
  } catch (error) {
    if (error instanceof SyntaxError) throw corrupt(where, 'it is not JSON', error)
    throw error
  }
}

function nodeOf(object: JsonObject, where: string): TreeNode {
  const version = expectSafeInteger(object['v'], where)
  if (version !== formatVersion) {
    throw new MlstoreError('FORMAT_UNSUPPORTED', `${where} has format ${version}`, {
      hint: 'A newer mlstore wrote it: update mlstore.',
    })
  }
  const level = expectSafeInteger(object['level'], where)
  const items = expectArray(object['entries'], where)
  if (level > levelMax) throw corrupt(where, `there is no level ${level}`)
  if (level > 0 && items.length === 0) throw corrupt(where, `it is empty on level ${level}`)
  if (items.length > nodeEntriesMax) throw corrupt(where, `it has ${items.length} entries`)
  const entries = items.map((item) => entryOf(item, level, where))
  refuseDisorder(entries, where)
  return { level, entries }
}

function entryOf(item: JsonValue, level: number, where: string): NodeEntry {
  const { kind, name: text, digest, size, target, exec } = expectObject(item, where)
  const name = entryName(text, where)
  if ((kind === 'node') !== level > 0) {
    throw corrupt(where, `an entry of kind ${JSON.stringify(kind)} on level ${level}`)
  }
  if (kind === 'link') return { kind, name, target: linkTarget(target, where) }
  const sized = { name, digest: expectDigest(digest, where), size: expectSafeInteger(size, where) }
  if (kind === 'file') return { kind, ...sized, exec: exec === true }
  if (kind === 'directory' || kind === 'node') return { kind, ...sized }
  throw corrupt(where, `unknown kind of entry ${JSON.stringify(kind)}`)
}

function entryName(value: JsonValue | undefined, where: string): string {
  const name = expectString(value, where)
  assertEntryName(name, where)
  return name
}

/** Where a link may lead depends on its path; `checkLink` judges that when the path is known. */
function linkTarget(value: JsonValue | undefined, where: string): string {
  const target = expectString(value, where)
  const problem = linkTargetProblem(target)
  if (problem === undefined) return target
  throw corrupt(where, `the link target ${JSON.stringify(target)} ${problem}`)
}

function refuseDisorder(entries: readonly NodeEntry[], where: string): void {
  let previous: NodeEntry | undefined
  for (const entry of entries) {
    if (previous !== undefined && compareNames(previous.name, entry.name) >= 0) {
      throw corrupt(where, `the name ${JSON.stringify(entry.name)} is out of order`)
    }
    previous = entry
  }
}
