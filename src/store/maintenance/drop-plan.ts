/**
 * What may go when some versions need not be here any more.
 *
 * Only file content goes, with the recipes of files that lose any of it; tree nodes stay, so that
 * `ls` and `diff` go on working. Whatever a version that stays needs, stays, and so do files of
 * runs that are in no version yet. Where it cannot be told what a version that stays needs,
 * nothing is dropped at all.
 */

import type { VersionRow } from '../../catalog/version-row.ts'
import { recipeChunks } from '../../core/chunking/recipe-walk.ts'
import { DigestSet } from '../../core/digest-set.ts'
import { type Digest, emptyDigest } from '../../core/digest.ts'
import { packKind } from '../../core/pack/format.ts'
import { decodeNode } from '../../core/tree/node.ts'
import { isReference } from '../../core/tree/pointer.ts'
import { corrupt, isMlstoreError } from '../../errors.ts'
import type { IndexedFile, IndexedObject } from '../../ports/object-index.ts'
import type { StoreParts } from '../parts.ts'

type PlanParts = Pick<StoreParts, 'objects' | 'catalog'>

export type StayingVersion = {
  readonly row: VersionRow
  /** Some of it may not be here, because it can be had elsewhere or was removed. */
  readonly mayLack: boolean
}

export class DropPlan {
  readonly #parts: PlanParts
  readonly #stayingFiles = new DigestSet()
  /** Content of files that may go, unless a file that stays needs it too. */
  readonly #going = new DigestSet()
  readonly #goingFiles = new DigestSet()
  readonly #needed = new DigestSet()

  constructor(parts: PlanParts, going: readonly VersionRow[], staying: readonly StayingVersion[]) {
    this.#parts = parts
    const seen = new DigestSet()
    // Those that must be whole first: what one may lack, another may not.
    for (const { row, mayLack } of staying.toSorted(byMayLack)) {
      for (const file of this.#filesOf(row, seen, mayLack)) this.#stayingFiles.add(file)
    }
    for (const { digest } of parts.catalog.runFiles.unsealed()) this.#stayingFiles.add(digest)
    const seenGoing = new DigestSet()
    for (const row of going) {
      for (const file of this.#filesOf(row, seenGoing, true)) this.#leave(file)
    }
    for (const file of this.#stayingFiles) this.#need(file)
  }

  /** Loose files that go. */
  *looseFiles(): Generator<Digest> {
    for (const file of this.#goingFiles) {
      if (this.#parts.objects.loose.statOf(file) !== undefined) yield file
    }
  }

  /** Whether a frame of a pack goes. */
  drops({ digest, kind }: IndexedObject): boolean {
    return kind !== packKind.treeNode && this.#isGoing(digest)
  }

  /** Whether the row that says how a file is made goes: the file, or some of it, is not here then. */
  dropsFile(file: IndexedFile): boolean {
    if (this.#goingFiles.has(file.file)) return true
    if (this.#stayingFiles.has(file.file)) return false
    for (const part of this.#partsOf(file, true)) if (this.#isGoing(part)) return true
    return false
  }

  #isGoing(digest: Digest): boolean {
    return this.#going.has(digest) && !this.#needed.has(digest)
  }

  #leave(file: Digest): void {
    if (this.#stayingFiles.has(file) || !this.#goingFiles.add(file)) return
    this.#going.add(file)
    const row = this.#parts.catalog.objects.findRecipe(file)
    if (row === undefined) return
    for (const part of this.#partsOf(row, true)) this.#going.add(part)
  }

  /** Takes back what a file that stays is made of. */
  #need(file: Digest): void {
    if (this.#going.has(file)) this.#needed.add(file)
    const row = this.#parts.catalog.objects.findRecipe(file)
    if (row === undefined) return
    for (const part of this.#partsOf(row, false)) if (this.#going.has(part)) this.#needed.add(part)
  }

  /** Nodes and chunks of a recipe. @param mayLack Ends quietly where a node is not here. */
  *#partsOf(file: IndexedFile, mayLack: boolean): Generator<Digest> {
    const { objects } = this.#parts
    const nodes: Digest[] = []
    const read = (digests: readonly Digest[]): Uint8Array[] => {
      nodes.push(...digests)
      return digests.map((digest) => objects.readObject(digest))
    }
    try {
      const root = { digest: file.recipe, sizeBytes: file.sizeBytes }
      for (const chunk of recipeChunks(root, read)) {
        yield* nodes.splice(0)
        yield chunk.digest
      }
    } catch (error) {
      if (!mayLack || !isMlstoreError(error, 'OBJECT_MISSING')) throw error
    }
  }

  /** Content of the files of a version's tree. @param mayLack Passes over nodes that are not here. */
  *#filesOf(row: VersionRow, seen: DigestSet, mayLack: boolean): Generator<Digest> {
    const waiting = [row.root]
    for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
      if (!seen.add(digest)) continue
      const bytes = this.#readNode(digest, mayLack)
      if (bytes === undefined) continue
      for (const entry of decodeNode(bytes, `tree node ${digest}`).entries) {
        if (isReference(entry)) waiting.push(entry.digest)
        else if (entry.kind === 'file' && entry.digest !== emptyDigest) yield entry.digest
      }
    }
  }

  #readNode(digest: Digest, mayLack: boolean): Uint8Array | undefined {
    try {
      return this.#parts.objects.readObject(digest)
    } catch (error) {
      if (!isMlstoreError(error, 'OBJECT_MISSING')) throw error
      if (mayLack) return undefined
      throw corrupt(
        `tree node ${digest}`,
        'it is gone, and a version that is nowhere else needs it',
      )
    }
  }
}

function byMayLack(a: StayingVersion, b: StayingVersion): number {
  return Number(a.mayLack) - Number(b.mayLack)
}
