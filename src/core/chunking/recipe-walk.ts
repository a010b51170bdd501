/**
 * Walks a recipe: from the digest of its root to the chunks of the file, in order.
 *
 * The walk is a generator that asks for the nodes it needs, so that one piece of code serves local
 * packs (synchronous) and remotes (asynchronous). It asks for siblings together, for a source that
 * can fetch them with one request. Every node is checked against its digest and its parent.
 */

import { corrupt, digestMismatch, invalidArgument } from '../../errors.ts'
import { type Digest, digestOf } from '../digest.ts'
import { type RecipeItem, type RecipeNode, coveredBytes, decodeRecipeNode } from './recipe.ts'

/** The half-open range [start, end) of the file's bytes. */
export type FileRange = { readonly start: number; readonly end: number }

/** A chunk and the offset in the file at which it starts. */
export type PlacedChunk = RecipeItem & { readonly start: number }

export type RecipeStep =
  /** The walk goes on with the bytes of these nodes, in the same order. */
  | { readonly kind: 'need'; readonly nodes: readonly Digest[] }
  /** The next chunk of the file; the walk goes on with an empty list. */
  | { readonly kind: 'chunk'; readonly chunk: PlacedChunk }

export type RecipeWalk = Generator<RecipeStep, void, readonly Uint8Array[]>

/** Nodes asked for at once: about 640 KiB of them, the recipe of a gigabyte. */
const batchCount = 32

type PlacedItem = RecipeItem & { readonly start: number }

/**
 * Walks the chunks of a file that overlap `range`, in order.
 *
 * @param root The recipe's root, with the size of the whole file.
 * @param range Default: the whole file. Nodes outside of it are not asked for.
 * @throws {MlstoreError} `DIGEST_MISMATCH` or `CORRUPT` if a node is not what was asked for.
 */
export function* walkRecipe(root: RecipeItem, range?: FileRange): RecipeWalk {
  const { start, end } = range ?? { start: 0, end: root.sizeBytes }
  if (!(start >= 0 && start <= end)) throw invalidArgument(`no such byte range: ${start} to ${end}`)
  if (start === end || start >= root.sizeBytes) return
  const [bytes] = yield { kind: 'need', nodes: [root.digest] }
  const node = openNode(root, bytes)
  yield* walkNode(node, 0, { start, end })
}

/** Walks with a source that answers at once. */
export function* recipeChunks(
  root: RecipeItem,
  read: (nodes: readonly Digest[]) => readonly Uint8Array[],
  range?: FileRange,
): Generator<PlacedChunk, void> {
  const walk = walkRecipe(root, range)
  for (let step = walk.next([]); step.done !== true;) {
    if (step.value.kind === 'chunk') {
      yield step.value.chunk
      step = walk.next([])
    } else {
      step = walk.next(read(step.value.nodes))
    }
  }
}

/** Walks with a source that answers later. */
export async function* recipeChunksAsync(
  root: RecipeItem,
  read: (nodes: readonly Digest[]) => Promise<readonly Uint8Array[]>,
  range?: FileRange,
): AsyncGenerator<PlacedChunk, void> {
  const walk = walkRecipe(root, range)
  for (let step = walk.next([]); step.done !== true;) {
    if (step.value.kind === 'chunk') {
      yield step.value.chunk
      step = walk.next([])
    } else {
      step = walk.next(await read(step.value.nodes))
    }
  }
}

function* walkNode(node: RecipeNode, start: number, range: FileRange): RecipeWalk {
  const items = itemsWithin(node, start, range)
  if (node.level === 0) {
    for (const chunk of items) yield { kind: 'chunk', chunk }
    return
  }
  for (let from = 0; from < items.length; from += batchCount) {
    const batch = items.slice(from, from + batchCount)
    const bytes = yield { kind: 'need', nodes: batch.map(({ digest }) => digest) }
    for (const [index, item] of batch.entries()) {
      const child = openNode(item, bytes[index], node.level - 1)
      yield* walkNode(child, item.start, range)
    }
  }
}

function itemsWithin(node: RecipeNode, nodeStart: number, range: FileRange): PlacedItem[] {
  const items: PlacedItem[] = []
  let start = nodeStart
  for (const item of node.items) {
    const end = start + item.sizeBytes
    if (start < range.end && end > range.start) items.push({ ...item, start })
    start = end
  }
  return items
}

/** Decodes a node after checking that it is the one its parent names. */
function openNode(item: RecipeItem, bytes: Uint8Array | undefined, level?: number): RecipeNode {
  const where = `recipe node ${item.digest}`
  if (bytes === undefined) throw invalidArgument(`${where} was asked for and not given`)
  const actual = digestOf(bytes)
  if (actual !== item.digest) throw digestMismatch(where, item.digest, actual)
  const node = decodeRecipeNode(bytes, where)
  if (level !== undefined && node.level !== level) {
    throw corrupt(where, `it has level ${node.level} where ${level} belongs`)
  }
  const covered = coveredBytes(node.items)
  if (covered !== item.sizeBytes) {
    throw corrupt(where, `it covers ${covered} bytes where ${item.sizeBytes} belong`)
  }
  return node
}
