/** Recipes name the chunks of a file in order, change little with it, and trust no bytes. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Digest, digestOf } from '../../../src/core/digest.ts'
import {
  type Recipe,
  type RecipeItem,
  type RecipeNode,
  RecipeBuilder,
  buildRecipe,
  coveredBytes,
  decodeRecipeNode,
} from '../../../src/core/chunking/recipe.ts'
import {
  type PlacedChunk,
  recipeChunks,
  recipeChunksAsync,
} from '../../../src/core/chunking/recipe-walk.ts'
import {
  anyDamageOf,
  assertCorrupt,
  assertSafe,
  beginnings,
  bitFlips,
} from '../../support/damage.ts'

const chunk = (name: number | string, sizeBytes = 65_536): RecipeItem => ({
  digest: digestOf(Buffer.from(String(name))),
  sizeBytes,
})
const chunks = (count: number): RecipeItem[] =>
  Array.from({ length: count }, (_, index) => chunk(index, 1 + ((index * 7919) % 262_144)))

type Store = Map<Digest, Uint8Array>
const storeOf = ({ nodes }: Recipe): Store =>
  new Map(nodes.map(({ digest, bytes }) => [digest, bytes]))
const reader =
  (store: Store) =>
  (nodes: readonly Digest[]): Uint8Array[] =>
    nodes.map((digest) => store.get(digest) ?? assert.fail(`no node ${digest}`))

const hexOf = (bytes: Uint8Array = Buffer.of()): string => Buffer.from(bytes).toString('hex')

function rootOf(recipe: Recipe, items: readonly RecipeItem[]): RecipeItem {
  assert.ok(recipe.root)
  return { digest: recipe.root, sizeBytes: coveredBytes(items) }
}

function walked(
  items: readonly RecipeItem[],
  range?: { start: number; end: number },
): PlacedChunk[] {
  const recipe = buildRecipe(items)
  return [...recipeChunks(rootOf(recipe, items), reader(storeOf(recipe)), range)]
}

function placed(items: readonly RecipeItem[]): PlacedChunk[] {
  let end = 0
  return items.map((item) => ({ ...item, start: (end += item.sizeBytes) - item.sizeBytes }))
}

/** Levels written out as docs/format.md has them: split a whole level, then the one above. */
function referenceNodes(items: readonly RecipeItem[]): RecipeNode[] {
  const all: RecipeNode[] = []
  let below = items
  for (let level = 0; ; level++) {
    const nodes = splitLevel(below).map((items) => ({ level, items }))
    all.push(...nodes)
    if (nodes.length === 1) return all
    below = nodes.map((node) => ({
      digest: digestOf(referenceBytes(node)),
      sizeBytes: coveredBytes(node.items),
    }))
  }
}

function splitLevel(items: readonly RecipeItem[]): RecipeItem[][] {
  const nodes: RecipeItem[][] = [[]]
  for (const [index, item] of items.entries()) {
    const node = nodes.at(-1) ?? []
    node.push(item)
    const isBoundary = Buffer.from(item.digest, 'hex').readUInt32BE(0) % 512 === 0
    const isEnd = node.length === 4096 || (node.length >= 2 && isBoundary)
    if (isEnd && index < items.length - 1) nodes.push([])
  }
  return nodes
}

function referenceBytes({ level, items }: RecipeNode): Buffer {
  const header = Buffer.alloc(12)
  header.write('MLRC')
  header[4] = 1
  header[5] = level
  header.writeUInt32LE(items.length, 8)
  const encoded = items.map(({ digest, sizeBytes }) => {
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(BigInt(sizeBytes))
    return Buffer.concat([Buffer.from(digest, 'hex'), size])
  })
  return Buffer.concat([header, ...encoded])
}

test('a file of no chunk or of one needs no recipe', () => {
  assert.deepEqual(buildRecipe([]), { root: undefined, nodes: [] })
  assert.deepEqual(buildRecipe([chunk('only')]), { root: undefined, nodes: [] })
})

test('a few chunks make one node', () => {
  const { root, nodes } = buildRecipe([chunk('a', 100), chunk('b', 20)])
  assert.equal(root, nodes[0]?.digest)
  const items = `${chunk('a').digest}6400000000000000${chunk('b').digest}1400000000000000`
  assert.equal(hexOf(nodes[0]?.bytes), `4d4c5243 01 00 0000 02000000 ${items}`.replaceAll(' ', ''))
})

for (const count of [2, 511, 513, 5000, 20_000]) {
  test(`builds the nodes of the format for ${count} chunks`, () => {
    const items = chunks(count)
    const expected = referenceNodes(items).map((node) => digestOf(referenceBytes(node)))
    const { root, nodes } = buildRecipe(items)
    assert.deepEqual(new Set(nodes.map(({ digest }) => digest)), new Set(expected))
    assert.equal(nodes.length, expected.length)
    assert.equal(root, expected.at(-1))
  })
}

test('a run of one chunk, which has no boundaries, still makes nodes of at most 4,096 items', () => {
  const items = Array.from({ length: 10_000 }, () => chunk('zeros'))
  const { nodes } = buildRecipe(items)
  const counts = nodes.map(({ bytes }) => decodeRecipeNode(bytes).items.length)
  assert.ok(counts.every((count) => count <= 4096))
  assert.deepEqual(walked(items), placed(items))
})

test('walking gives back every chunk in its place', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6000 }), (count) => {
      const items = chunks(count)
      assert.deepEqual(walked(items), placed(items))
    }),
    { numRuns: 10 },
  )
})

test('walking a range gives the chunks that overlap it and asks for no other nodes', () => {
  const items = chunks(6000)
  const all = placed(items)
  const recipe = buildRecipe(items)
  const store = storeOf(recipe)
  const root = rootOf(recipe, items)
  const offset = fc.noBias(fc.nat({ max: root.sizeBytes + 10 }))
  fc.assert(
    fc.property(offset, fc.nat({ max: 300_000 }), (start, length) => {
      const end = start + length
      let asked = 0
      const read = (nodes: readonly Digest[]): Uint8Array[] => {
        asked += nodes.length
        return reader(store)(nodes)
      }
      const expected = all.filter(
        (item) => item.start < end && item.start + item.sizeBytes > start && length > 0,
      )
      assert.deepEqual([...recipeChunks(root, read, { start, end })], expected)
      assert.ok(asked <= 6, `asked for ${asked} nodes`)
    }),
  )
})

test('a source may answer later', async () => {
  const items = chunks(3000)
  const recipe = buildRecipe(items)
  const read = reader(storeOf(recipe))
  const found: PlacedChunk[] = []
  const walk = recipeChunksAsync(rootOf(recipe, items), (nodes) => Promise.resolve(read(nodes)))
  for await (const chunk of walk) found.push(chunk)
  assert.deepEqual(found, placed(items))
})

test('siblings are asked for together', () => {
  const items = chunks(40_000)
  const recipe = buildRecipe(items)
  const store = storeOf(recipe)
  let requests = 0
  const read = (nodes: readonly Digest[]): Uint8Array[] => {
    requests++
    return reader(store)(nodes)
  }
  for (const _ of recipeChunks(rootOf(recipe, items), read)) continue
  assert.ok(
    requests <= 2 + recipe.nodes.length / 16,
    `${requests} for ${recipe.nodes.length} nodes`,
  )
})

test('one inserted chunk changes few nodes', () => {
  const items = chunks(20_000)
  const before = storeOf(buildRecipe(items))
  fc.assert(
    fc.property(fc.nat({ max: items.length }), fc.string(), (at, name) => {
      const edited = [...items.slice(0, at), chunk(`new ${name}`), ...items.slice(at)]
      const changed = buildRecipe(edited).nodes.filter(({ digest }) => !before.has(digest))
      assert.ok(changed.length <= 6, `${changed.length} nodes changed`)
    }),
    { numRuns: 10 },
  )
})

test('the builder holds few chunks at a time, however many come', () => {
  const builder = new RecipeBuilder()
  let sinceLast = 0
  for (let index = 0; index < 20_000; index++) {
    const nodes = builder.add(chunk(index))
    sinceLast = nodes.length > 0 ? 0 : sinceLast + 1
    assert.ok(sinceLast < 4096)
  }
})

test('a damaged node is an error, or another node', () => {
  const [node] = buildRecipe(chunks(5)).nodes
  assert.ok(node)
  const { bytes } = node
  for (const beginning of beginnings(bytes)) assertCorrupt(() => decodeRecipeNode(beginning))
  for (const flipped of bitFlips(bytes)) assertSafe(() => decodeRecipeNode(flipped))
  assertCorrupt(() => decodeRecipeNode(Buffer.concat([bytes, Buffer.of(0)])))
  fc.assert(
    fc.property(anyDamageOf(bytes), (damaged) => assertSafe(() => decodeRecipeNode(damaged))),
  )
  fc.assert(fc.property(fc.uint8Array(), (noise) => assertCorrupt(() => decodeRecipeNode(noise))))
})

test('a node whose items cannot be is refused', () => {
  const node = (level: number, ...items: RecipeItem[]): Buffer => referenceBytes({ level, items })
  assert.equal(decodeRecipeNode(node(32, chunk('a', 2 ** 40))).level, 32)
  assertCorrupt(() => decodeRecipeNode(node(0)))
  assertCorrupt(() => decodeRecipeNode(node(33, chunk('a'))))
  assertCorrupt(() => decodeRecipeNode(node(0, chunk('a', 0))))
  assertCorrupt(() => decodeRecipeNode(node(0, chunk('a', 262_145))))
  assertCorrupt(() => decodeRecipeNode(node(1, chunk('a', 2 ** 52), chunk('b', 2 ** 52))))
  assertCorrupt(() => decodeRecipeNode(node(0, ...chunks(4097))))
})

test('a walk refuses a node that is not what its parent names', () => {
  const items = chunks(4000)
  const recipe = buildRecipe(items)
  const root = rootOf(recipe, items)
  const store = storeOf(recipe)
  const leaf = recipe.nodes.find(({ digest }) => digest !== recipe.root) ?? assert.fail()
  const walk = (read: Store, from = root): PlacedChunk[] => [...recipeChunks(from, reader(read))]

  const flipped = Uint8Array.from(leaf.bytes)
  flipped[20] = (flipped[20] ?? 0) ^ 1
  const other = new Map(store).set(leaf.digest, flipped)
  assert.throws(() => walk(other), { code: 'DIGEST_MISMATCH' })
  assert.throws(() => walk(store, { ...root, sizeBytes: root.sizeBytes + 1 }), { code: 'CORRUPT' })
})

test('a walk refuses a node of the wrong level, so it cannot go in circles', () => {
  const [leaf] = buildRecipe(chunks(3)).nodes
  assert.ok(leaf)
  const sizeBytes = coveredBytes(decodeRecipeNode(leaf.bytes).items)
  const top = referenceBytes({ level: 2, items: [{ digest: leaf.digest, sizeBytes }] })
  const store: Store = new Map([
    [leaf.digest, leaf.bytes],
    [digestOf(top), top],
  ])
  const root = { digest: digestOf(top), sizeBytes }
  assert.throws(() => [...recipeChunks(root, reader(store))], { code: 'CORRUPT' })
})

test('a range that is none is refused', () => {
  assert.throws(() => walked(chunks(2), { start: 5, end: 4 }), { code: 'INVALID_ARGUMENT' })
})
