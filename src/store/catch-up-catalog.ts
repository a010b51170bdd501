/**
 * Applying to the catalog what the journal holds beyond it. Readers may do so too.
 */

import type { Catalog } from '../catalog/catalog.ts'
import { type JournalEntry, journalPath, readJournal } from '../objects/journal.ts'
import type { FileSystem } from '../ports/file-system.ts'

export type CatchUpParts = {
  readonly fs: FileSystem
  /** The journal's folder. */
  readonly journal: string
  readonly catalog: Catalog
}

/** Characters of records that are applied in one transaction. */
const charactersPerBatch = 8 * 1024 * 1024

/**
 * Applies all that is new.
 *
 * @throws {MlstoreError} `CORRUPT` at damage; what came before it is applied.
 */
export function catchUpCatalog(parts: CatchUpParts): void {
  if (!hasNews(parts)) return
  const { fs, journal, catalog } = parts
  for (const batch of batchesOf(readJournal(fs, journal, catalog.position))) catalog.apply(batch)
}

/** Two looks at the journal's end, so that asking often costs nothing. */
function hasNews({ fs, journal, catalog }: CatchUpParts): boolean {
  const { file, offset } = catalog.position
  const sizeBytes = fs.lstat(journalPath(journal, file))?.sizeBytes ?? 0
  return sizeBytes !== offset || fs.lstat(journalPath(journal, file + 1)) !== undefined
}

function* batchesOf(entries: Iterable<JournalEntry>): Generator<JournalEntry[]> {
  let batch: JournalEntry[] = []
  let characters = 0
  for (const entry of entries) {
    batch.push(entry)
    characters += entry.payload.length
    if (characters < charactersPerBatch) continue
    yield batch
    batch = []
    characters = 0
  }
  if (batch.length > 0) yield batch
}
