/**
 * Checks the packs of the local store: their bytes, and that the index says what they say.
 *
 * Others may write meanwhile: a pack that seems to be unknown to the index, or to be gone, is
 * looked at again at the end, when whoever brought or removed it has finished.
 */

import type { PackFooter } from '../../core/pack/footer-reader.ts'
import { isMlstoreError } from '../../errors.ts'
import type { PackCheck } from '../../objects/pack-check.ts'
import { packFileName, PackFiles } from '../../objects/pack-file.ts'
import type { IndexedFile, IndexedObject, ObjectIndex } from '../../ports/object-index.ts'
import type { LocalCheck } from './local-check.ts'
import { footerOf, listPack, readGoodFrame } from './pack-listing.ts'
import { sentences } from './sentences.ts'

export async function checkPacks(check: LocalCheck): Promise<void> {
  const { parts } = check
  const packs = new PackFiles(parts.fs, parts.layout.packs)
  try {
    await new PacksCheck(check, packs).run()
  } finally {
    packs.closeAll()
  }
}

class PacksCheck {
  readonly #check: LocalCheck
  readonly #packs: PackFiles
  readonly #index: ObjectIndex

  constructor(check: LocalCheck, packs: PackFiles) {
    this.#check = check
    this.#packs = packs
    this.#index = check.parts.catalog.objects
  }

  async run(): Promise<void> {
    const { task } = this.#check
    const indexed = [...this.#index.packs()].map(({ id }) => id)
    const ids = [...new Set([...indexed, ...this.#packs.ids()])].sort()
    const sizes = ids.map((id) => this.#packs.sizeBytesOf(id) ?? 0)
    task.addTotal({ bytes: sizes.reduce((sum, size) => sum + size, 0) })
    const unsettled: string[] = []
    for (const [at, packId] of ids.entries()) {
      const isSettled = await this.#checkOne(packId)
      if (!isSettled) unsettled.push(packId)
      task.advance({ bytes: sizes[at] ?? 0 })
    }
    for (const packId of unsettled) this.#lookAgain(packId)
  }

  /** Returns `false` for a pack that is only on disk or only in the index. */
  async #checkOne(packId: string): Promise<boolean> {
    if (this.#packs.sizeBytesOf(packId) === undefined) return false
    const footer = footerOf(this.#packs, packId)
    if (footer === undefined || this.#check.sample.takes(packId)) {
      const result = await this.#verify(packId)
      if (result === undefined) return false
      if (result.problems.length > 0) {
        this.#reportDamage(packId, result.problems)
        return true
      }
    }
    if (!this.#index.hasPack(packId)) return false
    if (footer !== undefined) this.#compare(packId, footer)
    return true
  }

  /** Reads all of it; `undefined` if it was removed in the middle. */
  async #verify(packId: string): Promise<PackCheck | undefined> {
    const { parts, findings, signal } = this.#check
    const result = await parts.objects.verifyPack(packId, signal)
    if (result.problems.some(({ error }) => isMlstoreError(error, 'NOT_FOUND'))) return undefined
    findings.count(result.objects, result.bytes)
    return result
  }

  #reportDamage(packId: string, problems: PackCheck['problems']): void {
    const { parts, findings, damagedPacks, unreadable } = this.#check
    const listing = listPack(parts, this.#packs, packId)
    const lost = (listing?.objects ?? []).filter(
      (object) => readGoodFrame(parts, this.#packs, packId, object) === undefined,
    )
    damagedPacks.set(packId, { listing, lost })
    for (const { digest } of lost) unreadable.add(digest)
    const where = whereOf(packId)
    for (const { digest, error } of problems) {
      if (digest === undefined) {
        const what = sentences(error.message, lossOf(listing?.objects.length, lost.length))
        findings.report({ where, what, mend: { kind: 'pack', packId } })
      } else {
        const how = error.code === 'DIGEST_MISMATCH' ? 'its bytes have changed' : error.message
        const what = sentences(`object ${digest} is damaged: ${how}`)
        findings.report({ where, what, mend: { kind: 'object', digest } })
      }
    }
  }

  #compare(packId: string, footer: PackFooter): void {
    const isSame =
      sameObjects(footer.entries(), this.#index.objectsOf(packId)) &&
      sameFiles([...footer.files()], [...this.#index.filesOf(packId)])
    // Removed between the two readings: nothing to say.
    if (isSame || !this.#index.hasPack(packId)) return
    this.#reportIndex(packId)
  }

  #lookAgain(packId: string): void {
    const isOnDisk = this.#packs.sizeBytesOf(packId) !== undefined
    const isIndexed = this.#index.hasPack(packId)
    if (isOnDisk && !isIndexed) this.#noteUnindexed(packId)
    else if (isIndexed && !isOnDisk) this.#reportGone(packId)
  }

  /** The pack is whole, or it would have been reported: it only waits for the next writer. */
  #noteUnindexed(packId: string): void {
    const { parts, findings, unreadable } = this.#check
    const listing = listPack(parts, this.#packs, packId)
    for (const { digest } of listing?.objects ?? []) unreadable.add(digest)
    for (const { file } of listing?.files ?? []) unreadable.add(file)
    findings.report({
      where: whereOf(packId),
      what: 'it is whole and not in index.sqlite yet, as after a crash: the next command that writes takes it in.',
      mend: { kind: 'index', packId },
      isNote: true,
    })
  }

  #reportIndex(packId: string): void {
    this.#check.findings.report({
      where: whereOf(packId),
      what: 'index.sqlite does not say what this pack says that it holds.',
      hint: '`mlstore reindex`, or `--repair`, puts that right.',
      mend: { kind: 'index', packId },
    })
  }

  #reportGone(packId: string): void {
    const { parts, findings, damagedPacks, unreadable } = this.#check
    const listing = listPack(parts, this.#packs, packId)
    const lost = listing?.objects ?? []
    damagedPacks.set(packId, { listing, lost })
    for (const { digest } of lost) unreadable.add(digest)
    const what = `the pack is gone. ${lossOf(lost.length, lost.length)}`
    findings.report({ where: whereOf(packId), what, mend: { kind: 'pack', packId } })
  }
}

function whereOf(packId: string): string {
  return `packs/${packFileName(packId)}`
}

function lossOf(count: number | undefined, lost: number): string {
  if (count === undefined) return 'Nothing tells any more what it held.'
  return `It gives ${count - lost} of its ${count} objects.`
}

function sameObjects(a: Iterable<IndexedObject>, b: Iterable<IndexedObject>): boolean {
  const rest = b[Symbol.iterator]()
  for (const object of a) {
    const other = rest.next()
    if (other.done === true || !isSameObject(object, other.value)) return false
  }
  return rest.next().done === true
}

function isSameObject(a: IndexedObject, b: IndexedObject): boolean {
  return (
    a.digest === b.digest &&
    a.kind === b.kind &&
    a.encoding === b.encoding &&
    a.offset === b.offset &&
    a.storedBytes === b.storedBytes &&
    a.sizeBytes === b.sizeBytes
  )
}

/** A footer may name a file twice; the index does so once. */
function sameFiles(a: readonly IndexedFile[], b: readonly IndexedFile[]): boolean {
  const names = (files: readonly IndexedFile[]): Set<string> =>
    new Set(files.map(({ file, recipe, sizeBytes }) => `${file} ${recipe} ${sizeBytes}`))
  const [inFooter, inIndex] = [names(a), names(b)]
  return inFooter.size === inIndex.size && [...inFooter].every((name) => inIndex.has(name))
}
