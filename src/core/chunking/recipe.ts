/**
 * Recipes: which chunks make a file of several chunks (docs/format.md, "Chunks and recipes").
 *
 * A recipe is a tree of nodes, each an object under its digest. Nodes end at content-defined
 * points, so a byte inserted in a huge file changes about one node a level. The builder holds one
 * open node a level, whatever the size of the file. Decoding trusts nothing.
 */

import { corrupt } from '../../errors.ts'
import { type Digest, digestBytes, digestFromBytes, digestOf } from '../digest.ts'
import { chunkSizeBytesMax } from './parameters.ts'

/** A chunk, or a recipe node with the bytes of the file that it covers. */
export type RecipeItem = { readonly digest: Digest; readonly sizeBytes: number }

/** A node of level 0 lists chunks, one above lists nodes of the level below it. */
export type RecipeNode = { readonly level: number; readonly items: readonly RecipeItem[] }

/** A node as it is stored. */
export type EncodedRecipeNode = { readonly digest: Digest; readonly bytes: Uint8Array }

/** Everything a recipe consists of. */
export type Recipe = { readonly root: Digest | undefined; readonly nodes: EncodedRecipeNode[] }

const magic = 'MLRC'
const version = 1
const headerBytes = 12
const itemBytes = digestBytes + 8
const itemCountMax = 4096
const boundaryModulus = 512
/** Far beyond what any file needs: keeps a hostile recipe from being walked for ever. */
const levelMax = 32

/**
 * Makes a recipe while the chunks come in.
 *
 * The nodes are returned as soon as they are complete; the caller stores them in any order.
 */
export class RecipeBuilder {
  /** The items of the unfinished node of each level. */
  readonly #open: RecipeItem[][] = [[]]

  /** Appends a chunk and returns the nodes it completed: most often none. */
  add(chunk: RecipeItem): EncodedRecipeNode[] {
    const nodes: EncodedRecipeNode[] = []
    this.#add(0, chunk, nodes)
    return nodes
  }

  /** Returns the last nodes and the root. A file of one chunk has neither: it needs no recipe. */
  end(): Recipe {
    const nodes: EncodedRecipeNode[] = []
    for (let level = 0; ; level++) {
      const items = this.#open[level] ?? []
      const isTop = level === this.#open.length - 1
      if (isTop && items.length <= 1) {
        return { root: level === 0 ? undefined : items[0]?.digest, nodes }
      }
      if (items.length > 0) this.#close(level, nodes)
    }
  }

  #add(level: number, item: RecipeItem, nodes: EncodedRecipeNode[]): void {
    const items = (this.#open[level] ??= [])
    items.push(item)
    if (endsNode(items, item.digest)) this.#close(level, nodes)
  }

  #close(level: number, nodes: EncodedRecipeNode[]): void {
    const items = this.#open[level] ?? []
    this.#open[level] = []
    const bytes = encodeRecipeNode({ level, items })
    const digest = digestOf(bytes)
    nodes.push({ digest, bytes })
    this.#add(level + 1, { digest, sizeBytes: coveredBytes(items) }, nodes)
  }
}

/** Makes the recipe of a file whose chunks are all known. */
export function buildRecipe(chunks: Iterable<RecipeItem>): Recipe {
  const builder = new RecipeBuilder()
  const nodes: EncodedRecipeNode[] = []
  for (const chunk of chunks) nodes.push(...builder.add(chunk))
  const last = builder.end()
  return { root: last.root, nodes: [...nodes, ...last.nodes] }
}

/** How many bytes of the file the items make together. */
export function coveredBytes(items: readonly RecipeItem[]): number {
  return items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/**
 * Reads a node.
 *
 * @param where What to call the bytes in an error.
 * @throws {MlstoreError} `CORRUPT` if the bytes are not exactly one well-formed node.
 */
export function decodeRecipeNode(bytes: Uint8Array, where = 'a recipe'): RecipeNode {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { level, count } = decodeHeader(view, where)
  const items: RecipeItem[] = []
  for (let index = 0; index < count; index++) {
    const at = headerBytes + index * itemBytes
    const sizeBytes = Number(view.getBigUint64(at + digestBytes, true))
    const isPossible = sizeBytes > 0 && (level > 0 || sizeBytes <= chunkSizeBytesMax)
    if (!isPossible) throw corrupt(where, `an item of ${sizeBytes} bytes`)
    items.push({ digest: digestFromBytes(bytes, at), sizeBytes })
  }
  if (!Number.isSafeInteger(coveredBytes(items))) throw corrupt(where, 'a file of 2^53 bytes')
  return { level, items }
}

function encodeRecipeNode({ level, items }: RecipeNode): Uint8Array {
  const bytes = Buffer.alloc(headerBytes + items.length * itemBytes)
  bytes.write(magic, 'latin1')
  bytes.writeUInt8(version, 4)
  bytes.writeUInt8(level, 5)
  bytes.writeUInt32LE(items.length, 8)
  for (const [index, { digest, sizeBytes }] of items.entries()) {
    const at = headerBytes + index * itemBytes
    bytes.write(digest, at, 'hex')
    bytes.writeBigUInt64LE(BigInt(sizeBytes), at + digestBytes)
  }
  return bytes
}

function endsNode(items: readonly RecipeItem[], last: Digest): boolean {
  if (items.length < 2) return false
  if (items.length === itemCountMax) return true
  return Number.parseInt(last.slice(0, 8), 16) % boundaryModulus === 0
}

function decodeHeader(view: DataView, where: string): { level: number; count: number } {
  if (view.byteLength < headerBytes) throw corrupt(where, 'it ends in its header')
  for (let at = 0; at < magic.length; at++) {
    if (view.getUint8(at) !== magic.charCodeAt(at)) throw corrupt(where, 'it is no recipe node')
  }
  if (view.getUint8(4) !== version) throw corrupt(where, `recipe version ${view.getUint8(4)}`)
  const level = view.getUint8(5)
  if (level > levelMax) throw corrupt(where, `a recipe of level ${level}`)
  if (view.getUint16(6, true) !== 0) throw corrupt(where, 'its reserved bytes are not zero')
  const count = view.getUint32(8, true)
  if (count === 0 || count > itemCountMax) throw corrupt(where, `a node of ${count} items`)
  const expectedBytes = headerBytes + count * itemBytes
  if (view.byteLength !== expectedBytes) {
    throw corrupt(where, `it has ${view.byteLength} bytes where ${expectedBytes} belong`)
  }
  return { level, count }
}
