/**
 * `reindex`: builds `index.sqlite` again from journal and packs.
 *
 * Done in place and under the writer lock, so that other processes keep their connections. A
 * crash in the middle leaves a catalog that is behind the journal, which whoever opens it next
 * brings up to date like any other. A file that is too damaged for that is deleted and made anew.
 * The journal is read to its end before anything is forgotten: a catalog that knows what a damaged
 * journal has lost is not given up.
 */

import { decodeJournalPayload } from '../../core/events/journal-record.ts'
import { corrupt, isMlstoreError, type MlstoreError } from '../../errors.ts'
import {
  journalPath,
  type JournalPosition,
  journalStart,
  readJournal,
} from '../../objects/journal.ts'
import { PackFiles } from '../../objects/pack-file.ts'
import { indexPack } from '../../objects/pack-publisher.ts'
import { catchUpCatalog } from '../catch-up-catalog.ts'
import type { StoreParts } from '../parts.ts'
import type { ReindexResult } from '../results.ts'
import { footerOf } from './pack-listing.ts'

type ReindexParts = Pick<StoreParts, 'fs' | 'layout' | 'catalog' | 'discardCatalog' | 'withLock'>

/**
 * Builds the catalog again.
 *
 * Packs whose footers cannot be read are left out; `fsck` names them.
 *
 * @throws {MlstoreError} `CORRUPT` if the journal is damaged; then the catalog is as it was.
 */
export function reindex(parts: ReindexParts): Promise<ReindexResult> {
  return parts.withLock(parts.layout.writerLock, async () => {
    requireWholeJournal(parts)
    emptyCatalog(parts)
    return fillCatalog(parts)
  })
}

/** Whether the error says that the catalog's file is of no use, and nothing of the journal. */
export function isAboutCatalog(error: unknown): error is MlstoreError {
  return isMlstoreError(error, 'FORMAT_UNSUPPORTED') || isDamagedDatabase(error)
}

/** Whether SQLite says that it cannot make sense of its file; a full disk or a lock is no damage. */
export function isDamagedDatabase(error: unknown): error is MlstoreError {
  const isDamage = isMlstoreError(error, 'CORRUPT') || isMlstoreError(error, 'IO_ERROR')
  return isDamage && error.details?.['sqliteCode'] !== undefined
}

function requireWholeJournal(parts: ReindexParts): void {
  const { fs, layout } = parts
  let end = journalStart
  for (const { payload, position, next } of readJournal(fs, layout.journal)) {
    const path = journalPath(layout.journal, position.file)
    decodeJournalPayload(payload, `${path} at byte ${position.offset}`)
    end = next
  }
  const applied = appliedPosition(parts)
  const isBehind =
    end.file < applied.file || (end.file === applied.file && end.offset < applied.offset)
  if (!isBehind) return
  const path = journalPath(layout.journal, applied.file)
  throw corrupt(
    path,
    `it ends at byte ${end.offset}, and byte ${applied.offset} was applied before`,
  )
}

/** How far the catalog has come; one that cannot be read knows nothing that could be lost. */
function appliedPosition(parts: ReindexParts): JournalPosition {
  try {
    return parts.catalog.position
  } catch (error) {
    if (isAboutCatalog(error)) return journalStart
    throw error
  }
}

/** Makes the catalog forget everything, durably. The caller holds the writer lock. */
export function emptyCatalog(parts: ReindexParts): void {
  try {
    parts.catalog.reset()
  } catch (error) {
    if (!isAboutCatalog(error)) throw error
    parts.discardCatalog()
  }
}

/** Fills an empty catalog from journal and packs. The caller holds the writer lock. */
export function fillCatalog(parts: ReindexParts): ReindexResult {
  const { fs, layout, catalog } = parts
  catchUpCatalog({ fs, catalog, journal: layout.journal })
  indexPacks(parts)
  const artifacts = catalog.versions.artifacts()
  return {
    versions: artifacts.reduce((sum, { versions }) => sum + versions, 0),
    runs: catalog.runs.count(),
    events: catalog.events.count(),
  }
}

function indexPacks({ fs, layout, catalog }: ReindexParts): void {
  const packs = new PackFiles(fs, layout.packs)
  try {
    for (const packId of packs.ids().sort()) {
      const footer = footerOf(packs, packId)
      if (footer !== undefined) indexPack(catalog.objects, footer, packs.sizeBytesOf(packId) ?? 0)
    }
  } finally {
    packs.closeAll()
  }
}
