/**
 * `drop`: frees the local bytes of versions that a remote is proved to have.
 *
 * First the remotes are asked, without any lock; then, under the writer lock, it is decided what
 * must stay, and packs are deleted or written anew without what goes. At no time does the store
 * say that it has a file of which a part is gone: what says how files are made goes first. After a
 * crash, the next `drop` frees the rest.
 */

import type { VersionRow } from '../../catalog/version-row.ts'
import { corrupt, invalidArgument, throwIfAborted } from '../../errors.ts'
import { PackFiles } from '../../objects/pack-file.ts'
import type { IndexedObject } from '../../ports/object-index.ts'
import type { StoreParts } from '../parts.ts'
import type { DropRequest, WorkOptions } from '../requests.ts'
import type { DropResult } from '../results.ts'
import { DropPlan, type StayingVersion } from './drop-plan.ts'
import { type DropSelection, selectForDrop } from './drop-selection.ts'
import { moveFrames } from './move-frames.ts'
import type { PackListing } from './pack-listing.ts'
import { placedVersions, removedOnlyHere } from './placed-versions.ts'
import { provePresent } from './prove-present.ts'

/** Frees what can be had again; see `Store.drop`. */
export async function drop(parts: StoreParts, request: DropRequest): Promise<DropResult> {
  const { keepLast = 0, signal, dryRun } = request
  if (!Number.isSafeInteger(keepLast) || keepLast < 0) {
    throw invalidArgument(`--keep-last takes a count of versions, not ${keepLast}.`)
  }
  await parts.codec.open()
  const selection = selectForDrop(parts, request)
  const { proved, reasons } = await provePresent(parts, selection.candidates, signal)
  const going = selection.candidates.filter(({ id }) => proved.has(id))
  const unproved = selection.candidates.filter(({ id }) => !proved.has(id))
  const kept = new Map([
    ...selection.kept,
    ...unproved.map((row) => [row, reasons.get(row.id) ?? 'no remote was asked'] as const),
  ])
  const work = (): Promise<Freed> => new Dropping(parts, going, { dryRun, signal }).run()
  const freed =
    dryRun === true || going.length === 0 ? await work() : await parts.write(work, signal)
  return { ...freed, ...namesOf(parts, kept) }
}

function namesOf(
  { catalog }: StoreParts,
  kept: DropSelection['kept'],
): Pick<DropResult, 'kept' | 'reasons'> {
  const named = [...kept].map(([{ id, artifact }, reason]) => {
    return [`${artifact}@${catalog.labels.of(id) ?? id.slice(0, 12)}`, reason] as const
  })
  return { kept: named.map(([name]) => name), reasons: Object.fromEntries(named) }
}

type Freed = { readonly objects: number; readonly bytes: number }

/** What stays of a pack that holds something that goes. */
type AffectedPack = PackListing & { readonly hadFiles: boolean }

type DropOptions = WorkOptions & { readonly dryRun?: boolean | undefined }

/** Packs written anew before the old ones are deleted: bounds the room this takes. */
const packsPerStep = 8

class Dropping {
  readonly #parts: StoreParts
  readonly #options: DropOptions
  readonly #plan: DropPlan
  #objects = 0
  #bytes = 0

  constructor(parts: StoreParts, going: readonly VersionRow[], options: DropOptions) {
    this.#parts = parts
    this.#options = options
    this.#plan = new DropPlan(parts, going, stayingBeside(parts, going))
  }

  async run(): Promise<Freed> {
    const affected = this.#affectedPacks()
    const loose = [...this.#plan.looseFiles()]
    for (const digest of loose) this.#count(this.#parts.objects.loose.statOf(digest)?.sizeBytes)
    if (this.#options.dryRun !== true) {
      for (const digest of loose) this.#parts.objects.loose.remove(digest)
      await this.#dropFrom(affected)
    }
    return { objects: this.#objects, bytes: this.#bytes }
  }

  /**
   * In the order in which they may go: those that say how files are made first, and of these the
   * newest first, since a file's recipe is in the same pack as what names it, or in an older one.
   */
  #affectedPacks(): AffectedPack[] {
    const { objects: index } = this.#parts.catalog
    const affected: AffectedPack[] = []
    for (const { id: packId } of [...index.packs()].reverse()) {
      throwIfAborted(this.#options.signal)
      const { objects, dropped } = this.#sort(packId)
      const all = [...index.filesOf(packId)]
      const files = all.filter((file) => !this.#plan.dropsFile(file))
      if (dropped === 0 && files.length === all.length) continue
      affected.push({ packId, objects, files, hadFiles: all.length > 0 })
    }
    return affected.sort((a, b) => Number(b.hadFiles) - Number(a.hadFiles))
  }

  /** What of a pack stays, and how much goes. */
  #sort(packId: string): { readonly objects: IndexedObject[]; readonly dropped: number } {
    const objects: IndexedObject[] = []
    let dropped = 0
    for (const object of this.#parts.catalog.objects.objectsOf(packId)) {
      if (!this.#plan.drops(object)) objects.push(object)
      else {
        dropped += 1
        this.#count(object.storedBytes)
      }
    }
    return { objects, dropped }
  }

  #count(bytes = 0): void {
    this.#objects += 1
    this.#bytes += bytes
  }

  async #dropFrom(affected: readonly AffectedPack[]): Promise<void> {
    const task = this.#parts.progress.start('drop', { files: affected.length })
    const packs = new PackFiles(this.#parts.fs, this.#parts.layout.packs)
    try {
      const leaving = new Set(affected.map(({ packId }) => packId))
      for (const step of stepsOf(affected)) {
        await this.#rewrite(packs, step, leaving)
        for (const pack of step) this.#remove(packs, pack)
        task.advance({ files: step.length })
      }
    } finally {
      packs.closeAll()
      task.end()
    }
  }

  /** A later deletion must not reach the disk before an earlier one does. */
  #remove(packs: PackFiles, { packId, hadFiles }: AffectedPack): void {
    const { fs, layout, objects } = this.#parts
    packs.close(packId)
    objects.removePack(packId)
    if (hadFiles) fs.syncDirectory(layout.packs)
  }

  /** Writes what stays of some packs into new ones, which are part of the store afterwards. */
  async #rewrite(
    packs: PackFiles,
    step: readonly AffectedPack[],
    leaving: ReadonlySet<string>,
  ): Promise<void> {
    const writer = this.#parts.objects.startWrite({ leaving })
    try {
      for (const listing of step) {
        const move = { packs, writer, listing, isWanted: () => true, signal: this.#options.signal }
        const [unreadable] = await moveFrames(this.#parts, move)
        if (unreadable !== undefined) {
          const where = `object ${unreadable.digest} in pack ${listing.packId}`
          throw corrupt(where, 'it has to be moved and cannot be read')
        }
      }
      for (const { files } of step) for (const file of files) writer.addFileRow(file)
      await writer.seal()
      if (writer.publish().missing.length > 0) throw corrupt('packs/', 'a pack vanished meanwhile')
    } catch (error) {
      await writer.abort()
      throw error
    }
  }
}

/** Packs that go together; never some that say how files are made with some that do not. */
function* stepsOf(affected: readonly AffectedPack[]): Generator<readonly AffectedPack[]> {
  for (const hadFiles of [true, false]) {
    const group = affected.filter((pack) => pack.hadFiles === hadFiles)
    for (let from = 0; from < group.length; from += packsPerStep) {
      yield group.slice(from, from + packsPerStep)
    }
  }
}

/** Everything else there is, whatever it is kept for. */
function stayingBeside(parts: StoreParts, going: readonly VersionRow[]): StayingVersion[] {
  const isGoing = new Set(going.map(({ id }) => id))
  const placed = placedVersions(parts).filter(({ row }) => !isGoing.has(row.id))
  const removed = removedOnlyHere(parts).map((row) => ({ row, mayLack: true }))
  return [
    ...placed.map(({ row, isOwn, isOnRemote }) => ({ row, mayLack: isOnRemote || !isOwn })),
    ...removed,
  ]
}
