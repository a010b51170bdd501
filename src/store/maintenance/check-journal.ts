/**
 * Checks every record of the journal: framing, checksum, meaning.
 *
 * Damage ends a file, since nothing tells where the next record begins; the check goes on with the
 * next file. What a crash left unfinished at the end is no damage: the next writer cuts it.
 */

import type { Event } from '../../core/events/event.ts'
import { decodeJournalPayload, type EntryRecord } from '../../core/events/journal-record.ts'
import { bodiesToFetch } from '../../core/log/bulk.ts'
import { decodeEntry } from '../../core/log/entry.ts'
import { corrupt, isMlstoreError, type MlstoreError, throwIfAborted } from '../../errors.ts'
import {
  type JournalEntry,
  journalHeader,
  journalPath,
  journalStart,
  lastJournalFile,
  readJournal,
} from '../../objects/journal.ts'
import type { LocalCheck } from './local-check.ts'
import { isDamagedDatabase } from './reindex.ts'
import { sentences } from './sentences.ts'

/** Returns whether everything could be read, so that the catalog can be compared with it. */
export function checkJournal(check: LocalCheck): boolean {
  const { fs, layout } = check.parts
  if (fs.lstat(layout.journalRepair) !== undefined) {
    const what = 'a repair of the journal was interrupted: `mlstore fsck --repair` goes on with it.'
    check.findings.report({ where: 'journal.repair', what, mend: { kind: 'journal' } })
    return false
  }
  if (fs.lstat(layout.journal) === undefined) {
    reportLost(check, 'journal', 'the folder is gone.')
    return false
  }
  let isWhole = true
  const last = lastJournalFile(fs, layout.journal)
  for (let file = journalStart.file; file <= last; file++) {
    throwIfAborted(check.signal)
    isWhole = checkFile(check, file) && isWhole
  }
  return hasAllApplied(check, last) && isWhole
}

/** Says that something of the journal is not as it was written. */
function reportLost({ findings }: LocalCheck, where: string, what: string): void {
  findings.report({ where, what, hint: wayOut, mend: { kind: 'journal' } })
}

const wayOut =
  '`mlstore fsck --repair` keeps what can be read, takes the rest from index.sqlite and the remotes, ' +
  'and says what is lost; a backup of the file may have more.'

function checkFile(check: LocalCheck, file: number): boolean {
  const { fs, layout, catalog } = check.parts
  let end = journalHeader.length
  try {
    for (const entry of readJournal(fs, layout.journal, { file, offset: 0 })) {
      // The reader goes on into later files; those have a turn of their own.
      if (entry.position.file > file) break
      checkRecord(check, entry)
      end = entry.next.offset
    }
  } catch (error) {
    return !reportDamage(check, file, error)
  }
  // What looks like the torn end of an append that failed was whole when it was applied.
  const { position } = catalog
  if (position.file !== file || position.offset <= end) return true
  const where = `${nameOf(file)} at byte ${end}`
  reportLost(check, where, 'the record there is damaged, or cut off, and was applied before.')
  return false
}

/** Returns `false` if it is a later file that is damaged. */
function reportDamage(check: LocalCheck, file: number, error: unknown): boolean {
  const isDamage = isMlstoreError(error, 'CORRUPT') || isMlstoreError(error, 'FORMAT_UNSUPPORTED')
  if (!isDamage) throw error
  const { details = {} } = error
  if ((details['file'] ?? file) !== file) return false
  const { offset } = details
  const place = typeof offset === 'number' ? ` at byte ${offset}` : ''
  reportUnreadable(check, nameOf(file) + place, error)
  return true
}

function checkRecord(check: LocalCheck, { payload, position }: JournalEntry): void {
  const where = `${nameOf(position.file)} at byte ${position.offset}`
  check.findings.count(1, payload.length)
  try {
    const record = decodeJournalPayload(payload, where)
    if (record.kind === 'entry') checkEntry(check, record, where)
  } catch (error) {
    if (!isMlstoreError(error) || isDamagedDatabase(error)) throw error
    reportUnreadable(check, where, error)
  }
}

/** What a newer mlstore wrote is no damage that this one could repair. */
function reportUnreadable(check: LocalCheck, where: string, error: MlstoreError): void {
  if (error.code !== 'FORMAT_UNSUPPORTED') return reportLost(check, where, error.message)
  check.findings.report({ where, what: sentences(error.message, error.hint) })
}

/** An entry, and the bodies of its bulk events: in the record, or in an earlier one. */
function checkEntry({ parts }: LocalCheck, { bytes, bulk = [] }: EntryRecord, where: string): void {
  const { events } = decodeEntry(Buffer.from(bytes, 'utf8'), where)
  const brought = new Map(bulk.map((event) => [event.id, event]))
  const known = (id: string): Event | undefined => brought.get(id) ?? parts.catalog.events.get(id)
  const [lacking] = bodiesToFetch(events, known)
  if (lacking !== undefined) throw corrupt(where, `the body of event ${lacking.id} is not in it`)
}

/** The catalog may know of files that are gone. */
function hasAllApplied(check: LocalCheck, last: number): boolean {
  const { file, offset } = check.parts.catalog.position
  if (file <= last || offset === 0) return true
  reportLost(check, nameOf(file), 'the file is gone, and was applied before.')
  return false
}

function nameOf(file: number): string {
  return journalPath('journal', file)
}
