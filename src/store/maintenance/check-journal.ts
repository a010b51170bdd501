/**
 * Checks every record of the journal: framing, checksum, meaning.
 *
 * Damage ends a file, since nothing tells where the next record begins; the check goes on with the
 * next file. What a crash left unfinished at the end is no damage: the next writer cuts it.
 */

import { decodeJournalPayload } from '../../core/events/journal-record.ts'
import { decodeEntry } from '../../core/log/entry.ts'
import { isMlstoreError, throwIfAborted } from '../../errors.ts'
import {
  type JournalEntry,
  journalPath,
  journalStart,
  lastJournalFile,
  readJournal,
} from '../../objects/journal.ts'
import type { LocalCheck } from './local-check.ts'

/** Returns whether everything could be read, so that the catalog can be compared with it. */
export function checkJournal(check: LocalCheck): boolean {
  const { fs, layout } = check.parts
  if (fs.lstat(layout.journal) === undefined) {
    check.findings.report({ where: 'journal', what: `the folder is gone. ${lost}` })
    return false
  }
  let isWhole = true
  const last = lastJournalFile(fs, layout.journal)
  for (let file = journalStart.file; file <= last; file++) {
    throwIfAborted(check.signal)
    isWhole = checkFile(check, file) && isWhole
  }
  return isWhole && isAppliedWithin(check)
}

const lost =
  'What it said of versions, aliases and tags that were pushed is on the remotes: ' +
  'clone anew beside this store, or put the file back from a backup.'

function checkFile(check: LocalCheck, file: number): boolean {
  const { fs, layout } = check.parts
  const where = nameOf(file)
  try {
    for (const entry of readJournal(fs, layout.journal, { file, offset: 0 })) {
      // The reader goes on into later files; those have a turn of their own.
      if (entry.position.file > file) break
      checkRecord(check, entry)
    }
    return true
  } catch (error) {
    const isDamage = isMlstoreError(error, 'CORRUPT') || isMlstoreError(error, 'FORMAT_UNSUPPORTED')
    if (!isDamage) throw error
    // A later file may be the one that is damaged.
    const damaged = error.details?.['file'] ?? file
    if (damaged !== file) return true
    const offset = error.details?.['offset']
    const place = typeof offset === 'number' ? ` at byte ${offset}` : ''
    check.findings.report({ where: where + place, what: `${error.message} ${lost}` })
    return false
  }
}

function checkRecord(check: LocalCheck, { payload, position }: JournalEntry): void {
  const where = `${nameOf(position.file)} at byte ${position.offset}`
  check.findings.count(1, payload.length)
  try {
    const record = decodeJournalPayload(payload, where)
    if (record.kind === 'entry') decodeEntry(Buffer.from(record.bytes, 'utf8'), where)
  } catch (error) {
    if (!isMlstoreError(error)) throw error
    check.findings.report({ where, what: `${error.message} ${lost}` })
  }
}

/** A journal that ends before what was applied of it has lost its end. */
function isAppliedWithin({ parts, findings }: LocalCheck): boolean {
  const { fs, layout, catalog } = parts
  try {
    const [next] = readJournal(fs, layout.journal, catalog.position)
    return next === undefined || next.position.file >= catalog.position.file
  } catch (error) {
    if (!isMlstoreError(error, 'CORRUPT')) throw error
    const where = nameOf(catalog.position.file)
    findings.report({ where, what: `${error.message} The catalog knows more than it. ${lost}` })
    return false
  }
}

function nameOf(file: number): string {
  return journalPath('journal', file)
}
