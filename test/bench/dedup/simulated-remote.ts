/**
 * What a remote would hold after pushes, made with the product's own packs, footers, recipes,
 * locators and trees, for any cutter. The bench holds it against real pushes where the cutter is
 * the product's.
 */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { RecipeBuilder } from '../../../src/core/chunking/recipe.ts'
import { type Digest, digestFromBytes, digestOf, emptyDigest } from '../../../src/core/digest.ts'
import { packEncoding, packKind } from '../../../src/core/pack/format.ts'
import { type LocatorEntry, type LocatorForm, locatorForm } from '../../../src/core/pack/locator.ts'
import { buildTree } from '../../../src/core/tree/build.ts'
import { decodeNode, type NodeEntry } from '../../../src/core/tree/node.ts'
import type { Codec } from '../../../src/ports/codec.ts'
import type { RemoteObjectRow } from '../../../src/ports/remote-index.ts'
import { PackMemory } from '../../../src/store/sync/pack-memory.ts'
import { locatorEntryOf, RemotePackBuilder } from '../../../src/store/sync/remote-pack.ts'
import { filesBelow, type FoundFile } from './files.ts'
import type { Cutter } from './parameter-cutter.ts'

/** What one push added to the remote. */
export type Pushed = {
  /** Packs and their indexes. */
  readonly bytes: number
  /** The part of them that is content: frames of chunks and small files. */
  readonly contentBytes: number
  readonly chunks: number
  /** Content of those chunks before compression. */
  readonly chunkBytes: number
}

/** As in the product's upload. */
const packBytesMax = 32 * 1024 * 1024

// Of recipe nodes (docs/format.md).
const recipeHeaderBytes = 12
const recipeItemBytes = 40

export class SimulatedRemote {
  readonly #cut: Cutter
  readonly #codec: Codec
  readonly #digests: FileDigests
  readonly #rows = new Map<Digest, RemoteObjectRow>()
  /** Files of several chunks: roots of their recipes. */
  readonly #recipes = new Map<Digest, Digest>()

  constructor(cut: Cutter, codec: Codec, digests: FileDigests) {
    this.#cut = cut
    this.#codec = codec
    this.#digests = digests
  }

  push(folder: string): Pushed {
    const push = new Push()
    const files = filesBelow(folder)
    const recipeNodes: { readonly digest: Digest; readonly bytes: Uint8Array }[] = []
    for (const file of files) recipeNodes.push(...this.#pushContent(push, file))
    for (const node of recipeNodes) {
      const children = this.#recipeChildren(node.bytes)
      this.#addNode(push, { kind: packKind.recipeNode, ...node }, children)
    }
    this.#pushTree(push, files)
    return push.end()
  }

  /** @returns The nodes of its recipe that are new. */
  #pushContent(push: Push, file: FoundFile): { digest: Digest; bytes: Uint8Array }[] {
    const fileDigest = this.#digests.of(file)
    if (this.#isKnown(fileDigest)) return []
    const builder = new RecipeBuilder()
    const nodes: { digest: Digest; bytes: Uint8Array }[] = []
    for (const chunk of this.#cut(readFileSync(file.path))) {
      const digest = digestOf(chunk)
      nodes.push(...builder.add({ digest, sizeBytes: chunk.length }))
      if (this.#rows.has(digest)) continue
      const compressed = this.#codec.compress(chunk)
      const encoding = compressed === undefined ? packEncoding.raw : packEncoding.zstd
      const frame = { digest, encoding, stored: compressed ?? chunk, sizeBytes: chunk.length }
      this.#rows.set(digest, push.addBlob(frame))
    }
    const { root, nodes: lastNodes } = builder.end()
    if (root === undefined) return []
    this.#recipes.set(fileDigest, root)
    push.tree.addFile({ file: fileDigest, recipe: root, sizeBytes: file.sizeBytes })
    return [...nodes, ...lastNodes].filter(({ digest }) => !this.#rows.has(digest))
  }

  #pushTree(push: Push, files: readonly FoundFile[]): void {
    const items = files.map((file) => ({
      kind: 'file' as const,
      path: file.name,
      digest: this.#digests.of(file),
      size: file.sizeBytes,
      exec: file.isExecutable,
    }))
    buildTree(items, (digest, bytes) => {
      if (this.#rows.has(digest)) return
      const children = decodeNode(bytes, 'a node').entries.map((entry) => this.#child(entry))
      this.#addNode(push, { kind: packKind.treeNode, digest, bytes }, children)
    })
  }

  #addNode(
    push: Push,
    node: Parameters<RemotePackBuilder['addNode']>[0],
    children: readonly (LocatorEntry | undefined)[],
  ): void {
    if (this.#rows.has(node.digest)) return
    this.#rows.set(node.digest, push.tree.addNode(node, children, this.#codec))
  }

  /** Not by `decodeRecipeNode`: it refuses chunks above the format's maximum. */
  #recipeChildren(node: Uint8Array): (LocatorEntry | undefined)[] {
    const form = node[5] === 0 ? locatorForm.chunk : locatorForm.recipeNode
    const children: (LocatorEntry | undefined)[] = []
    for (let at = recipeHeaderBytes; at < node.length; at += recipeItemBytes) {
      children.push(this.#locate(digestFromBytes(node, at), form))
    }
    return children
  }

  #child(entry: NodeEntry): LocatorEntry | undefined {
    if (entry.kind === 'link') return undefined
    if (entry.kind !== 'file') return this.#locate(entry.digest, locatorForm.treeNode)
    const recipe = this.#recipes.get(entry.digest)
    if (recipe === undefined) return this.#locate(entry.digest, locatorForm.wholeFile)
    const root = this.#locate(recipe, locatorForm.recipeRoot)
    return root && { ...root, recipe }
  }

  #locate(digest: Digest, form: LocatorForm): LocatorEntry | undefined {
    const row = this.#rows.get(digest)
    return row && locatorEntryOf(row, form)
  }

  #isKnown(file: Digest): boolean {
    return file === emptyDigest || this.#rows.has(file) || this.#recipes.has(file)
  }
}

/** The packs of one push: data packs one after the other, and one of trees and recipes. */
class Push {
  readonly tree: RemotePackBuilder = newPack('tree')
  #data = newPack('data')
  #bytes = 0
  #contentBytes = 0
  #chunks = 0
  #chunkBytes = 0

  addBlob(frame: Parameters<RemotePackBuilder['addBlob']>[0]): RemoteObjectRow {
    const isFull = this.#data.storedBytes + frame.stored.length > packBytesMax
    if (isFull && !this.#data.isEmpty) {
      this.#close(this.#data)
      this.#data = newPack('data')
    }
    this.#contentBytes += frame.stored.length
    this.#chunks += 1
    this.#chunkBytes += frame.sizeBytes
    return this.#data.addBlob(frame)
  }

  end(): Pushed {
    for (const pack of [this.#data, this.tree]) if (!pack.isEmpty) this.#close(pack)
    return {
      bytes: this.#bytes,
      contentBytes: this.#contentBytes,
      chunks: this.#chunks,
      chunkBytes: this.#chunkBytes,
    }
  }

  #close(pack: RemotePackBuilder): void {
    const { bytes, index } = pack.finish()
    this.#bytes += bytes.length + index.length
    pack.release()
  }
}

const memory = new PackMemory(packBytesMax)

function newPack(purpose: 'data' | 'tree'): RemotePackBuilder {
  return new RemotePackBuilder(randomBytes(16).toString('hex'), purpose, memory)
}

/** Digests of files that do not change, each computed once. */
export class FileDigests {
  readonly #known = new Map<string, Digest>()

  of({ path }: FoundFile): Digest {
    const known = this.#known.get(path) ?? digestOf(readFileSync(path))
    this.#known.set(path, known)
    return known
  }
}
