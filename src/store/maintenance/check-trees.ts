/**
 * Checks what versions are made of: tree nodes, files, recipes, chunks.
 *
 * Every node and every file is looked at once, whatever the number of versions that share it.
 * Versions that exist nowhere else come first, then files of runs that are in no version: of those
 * all must be here. What another version lacks can be fetched, so it is no problem, unless the
 * store says that it has it and does not: a recipe whose chunks are gone would keep the file from
 * ever being fetched.
 */

import type { VersionRow } from '../../catalog/version-row.ts'
import { recipeChunks } from '../../core/chunking/recipe-walk.ts'
import { DigestSet } from '../../core/digest-set.ts'
import { type Digest, emptyDigest } from '../../core/digest.ts'
import { decodeNode, type FileEntry } from '../../core/tree/node.ts'
import {
  isReference,
  type NodePointer,
  pointerAt,
  type ReachedNode,
  readPointer,
} from '../../core/tree/pointer.ts'
import { readSync } from '../../core/tree/reading.ts'
import { isMlstoreError, type MlstoreError, throwIfAborted } from '../../errors.ts'
import type { IndexedFile } from '../../ports/object-index.ts'
import type { Finding } from './findings.ts'
import type { LocalCheck } from './local-check.ts'
import { type PlacedVersion, placedVersions } from './placed-versions.ts'
import { sentences } from './sentences.ts'

/** A node to look at, and where it stands: the version, and a folder in it. */
type NodeItem = { readonly pointer: NodePointer; readonly where: string }

export class TreeCheck {
  readonly #check: LocalCheck
  readonly #seen = new DigestSet()
  /** Why all of what is looked at must be here; `undefined`: only what the store says it has. */
  #whyNeeded: string | undefined

  constructor(check: LocalCheck) {
    this.#check = check
  }

  /** Looks at every version that is not removed, and at files of runs that are in none yet. */
  async run(): Promise<void> {
    const versions = placedVersions(this.#check.parts)
    const [own, others] = [versions.filter(isOnlyHere), versions.filter((one) => !isOnlyHere(one))]
    this.#whyNeeded = 'this version is on no remote: add the file again'
    for (const { row } of own) await this.#checkVersion(row)
    this.#whyNeeded = 'it is in no version yet: log the file again'
    for (const { run, path, digest, sizeBytes } of this.#check.parts.catalog.runFiles.unsealed()) {
      await this.#visitFile({ digest, size: sizeBytes }, `run/${run}:${path}`)
    }
    this.#whyNeeded = undefined
    for (const { row } of others) await this.#checkVersion(row)
  }

  async #checkVersion(row: VersionRow): Promise<void> {
    if (!this.#seen.add(row.root)) return
    const label = this.#check.parts.catalog.labels.of(row.id) ?? row.id.slice(0, 12)
    const where = `${row.artifact}@${label}:`
    const waiting: NodeItem[] = [{ pointer: { digest: row.root, size: row.sizeBytes }, where }]
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
      throwIfAborted(this.#check.signal)
      waiting.push(...(await this.#visitNode(item)))
    }
  }

  /** Returns the nodes below. */
  async #visitNode({ pointer, where }: NodeItem): Promise<NodeItem[]> {
    const reached = this.#readNode(pointer, where)
    if (reached === undefined) return []
    const children: NodeItem[] = []
    for (const [index, entry] of reached.node.entries.entries()) {
      if (entry.kind === 'file') await this.#visitFile(entry, where + entry.name)
      else if (isReference(entry) && this.#seen.add(entry.digest)) {
        const below = entry.kind === 'directory' ? `${where}${entry.name}/` : where
        children.push({ pointer: pointerAt(reached, index), where: below })
      }
    }
    return children
  }

  #readNode(pointer: NodePointer, where: string): ReachedNode | undefined {
    const { digest } = pointer
    const bytes = this.#read(digest, where, 'tree node')
    if (bytes === undefined) return undefined
    try {
      const node = decodeNode(bytes, `tree node ${digest}`)
      return readSync(readPointer(pointer), { node: () => node })
    } catch (error) {
      if (!isMlstoreError(error, 'CORRUPT')) throw error
      this.#report({ where, what: sentences(error.message) })
      return undefined
    }
  }

  /** The bytes of a node; `undefined` where they are not here, or not readable. */
  #read(digest: Digest, where: string, what: string): Uint8Array | undefined {
    // Reported with its pack, and a gone pack's objects look as if they had never been here.
    if (this.#check.unreadable.has(digest)) return undefined
    try {
      return this.#check.parts.objects.readObject(digest)
    } catch (error) {
      if (isMlstoreError(error, 'OBJECT_MISSING')) this.#reportMissing(digest, where, what)
      else if (isDamage(error)) this.#reportDamaged(digest, where, error)
      else throw error
      return undefined
    }
  }

  async #visitFile(entry: Pick<FileEntry, 'digest' | 'size'>, where: string): Promise<void> {
    const { digest, size } = entry
    if (digest === emptyDigest || !this.#seen.add(digest)) return
    const { catalog, objects } = this.#check.parts
    const location = catalog.objects.find(digest)
    const recipe = location === undefined ? catalog.objects.findRecipe(digest) : undefined
    const packed = location ?? recipe
    const sizeBytes = packed?.sizeBytes ?? objects.loose.statOf(digest)?.sizeBytes
    if (sizeBytes === undefined) this.#reportMissing(digest, where, 'content')
    else if (sizeBytes === size) {
      if (recipe !== undefined) await this.#visitRecipe(recipe, where)
    } else {
      const what = `its content ${digest} has ${sizeBytes} bytes, and the tree says ${size}.`
      if (packed !== undefined) this.#report({ where, what })
      else this.#reportOnce({ where, what, mend: { kind: 'loose', digest } })
    }
  }

  async #visitRecipe(file: IndexedFile, where: string): Promise<void> {
    const { catalog } = this.#check.parts
    let isComplete = true
    for (const chunk of this.#chunksOf(file, where)) {
      if (chunk === 'unreadable' || this.#check.unreadable.has(chunk)) isComplete = false
      else if (catalog.objects.find(chunk) === undefined) {
        isComplete = false
        if (this.#seen.add(chunk)) this.#reportGap(chunk, where)
      }
    }
    if (isComplete && this.#check.sample.takes(file.file)) await this.#hashFile(file, where)
  }

  /** The chunks; ends with `unreadable` where a node of the recipe cannot be read. */
  *#chunksOf(file: IndexedFile, where: string): Generator<Digest | 'unreadable'> {
    const { objects } = this.#check.parts
    let reading: Digest | undefined
    const read = (nodes: readonly Digest[]): Uint8Array[] =>
      nodes.map((node) => {
        reading = node
        const bytes = objects.readObject(node)
        reading = undefined
        return bytes
      })
    try {
      const root = { digest: file.recipe, sizeBytes: file.sizeBytes }
      for (const chunk of recipeChunks(root, read)) yield chunk.digest
    } catch (error) {
      if (!isMlstoreError(error)) throw error
      this.#reportRecipe(reading, where, error)
      yield 'unreadable'
    }
  }

  /** @param reading The node that could not be read; `undefined`: one that makes no sense. */
  #reportRecipe(reading: Digest | undefined, where: string, error: MlstoreError): void {
    if (reading === undefined) this.#report({ where, what: sentences(error.message) })
    else if (!this.#check.unreadable.has(reading) && this.#seen.add(reading)) {
      if (error.code === 'OBJECT_MISSING') this.#reportGap(reading, where)
      else this.#reportDamaged(reading, where, error)
    }
  }

  /** Reads the file as whoever gets it would: every chunk and the whole are hashed. */
  async #hashFile({ file, sizeBytes }: IndexedFile, where: string): Promise<void> {
    try {
      let read = 0
      for await (const piece of this.#check.parts.objects.readFile(file, {
        signal: this.#check.signal,
      })) {
        read += piece.length
      }
      if (read !== sizeBytes) this.#report({ where, what: `its recipe makes ${read} bytes.` })
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#report({ where, what: sentences(error.message) })
    }
  }

  /** Something that is not here, which only matters if it is nowhere else. */
  #reportMissing(digest: Digest, where: string, what: string): void {
    if (this.#whyNeeded === undefined || this.#check.unreadable.has(digest)) return
    this.#report({
      where,
      what: `its ${what} ${digest} is gone, and ${this.#whyNeeded}.`,
      mend: { kind: 'object', digest },
    })
  }

  /** A part of a file that the store says it has. */
  #reportGap(digest: Digest, where: string): void {
    this.#report({
      where,
      what: `a part of it, ${digest}, is gone: \`--repair\` fetches it, if a remote has it.`,
      mend: { kind: 'object', digest },
    })
  }

  #reportDamaged(digest: Digest, where: string, error: MlstoreError): void {
    this.#check.unreadable.add(digest)
    this.#report({ where, what: sentences(error.message), mend: { kind: 'object', digest } })
  }

  /** For what another part of the check may have seen in another way. */
  #reportOnce(finding: Finding): void {
    if (!this.#check.findings.has(finding)) this.#report(finding)
  }

  #report(finding: Finding): void {
    this.#check.findings.report(finding)
  }
}

/** Made here and on no remote: if its bytes are lost here, they are lost. */
function isOnlyHere({ isOwn, isOnRemote }: PlacedVersion): boolean {
  return isOwn && !isOnRemote
}

function isDamage(error: unknown): error is MlstoreError {
  return isMlstoreError(error, 'CORRUPT') || isMlstoreError(error, 'DIGEST_MISMATCH')
}
