/**
 * The journal's files: what happened, in order, never rewritten (docs/format.md, "journal").
 *
 * Reading needs no lock. A reader may meet an append that is being written and takes it for the
 * torn tail it would be after a crash: it stops before it, and finds it whole the next time. Only
 * the holder of the writer lock cuts a tail.
 */

import { join } from 'node:path'

import { corrupt, isMlstoreError, MlstoreError } from '../errors.ts'
import type { FileSystem, OpenFile } from '../ports/file-system.ts'
import { type DurableParts, durableWrite } from './durable-write.ts'
import { isFollowedByLaterAppend, type JournalRecord, recordAt } from './journal-frame.ts'

/** A place between two records. Files count from 1. */
export type JournalPosition = { readonly file: number; readonly offset: number }

/** Where a journal begins: what to read from to read all of it. */
export const journalStart: JournalPosition = { file: 1, offset: 0 }

export type JournalEntry = {
  /** Canonical JSON. */
  readonly payload: string
  /** Where the record begins: names it in messages. */
  readonly position: JournalPosition
  /** Where the one after it will begin: what to read from next time. */
  readonly next: JournalPosition
}

/** What a crash left unfinished and `repairTail` cut off. */
export type CutTail = JournalPosition & { readonly cutBytes: number }

/** "MLJRNL", 0, version. */
export const journalHeader: Buffer = Buffer.from('MLJRNL\0\u0001', 'latin1')

const namePattern = /^(\d{10})\.jnl$/

/** Path of a journal file. */
export function journalPath(directory: string, file: number): string {
  return join(directory, `${String(file).padStart(10, '0')}.jnl`)
}

/** Number of the newest journal file; 0 if there is none yet. */
export function lastJournalFile(fs: FileSystem, directory: string): number {
  if (fs.lstat(directory) === undefined) return 0
  const numbers = fs.readDirectory(directory).map(({ name }) => namePattern.exec(name)?.[1])
  return Math.max(0, ...numbers.map((number) => Number(number ?? 0)))
}

/**
 * Yields every record from a position on, oldest first; a torn tail is not there.
 *
 * @param from `next` of the last record that was read, or `journalStart`.
 * @throws {MlstoreError} `CORRUPT`, with file and offset in `details`, at damage, and where `from`
 *   lies behind the end: then the reader knows more than the journal and must begin again.
 */
export function* readJournal(
  fs: FileSystem,
  directory: string,
  from: JournalPosition = journalStart,
): Generator<JournalEntry> {
  const last = lastJournalFile(fs, directory)
  const isStart = from.file === journalStart.file && from.offset === journalStart.offset
  if (from.file > last && !isStart) throw beyondEnd(directory, from)
  for (let file = from.file; file <= last; file++) {
    const start = file === from.file ? from.offset : 0
    yield* readJournalFile(fs, directory, { file, offset: start }, file === last)
  }
}

/**
 * Cuts what a crash left unfinished at the end of the journal. The caller holds the writer lock.
 *
 * @param from A place known to lie between two records, such as where the catalog has got to: what
 *   is before it is not read again. Default: the start of the newest file.
 * @returns What was cut; `undefined` if the journal ends with a whole record.
 * @throws {MlstoreError} `CORRUPT` at damage. Nothing is changed.
 */
export function repairTail(
  parts: DurableParts,
  directory: string,
  from: JournalPosition = journalStart,
): CutTail | undefined {
  const file = lastJournalFile(parts.fs, directory)
  if (file === 0) return undefined
  const path = journalPath(directory, file)
  const offset = file === from.file ? from.offset : 0
  let end = { file, offset: Math.max(offset, journalHeader.length) }
  for (const entry of readJournalFile(parts.fs, directory, { file, offset }, true)) end = entry.next
  const cutBytes = (parts.fs.lstat(path)?.sizeBytes ?? 0) - end.offset
  if (cutBytes <= 0) return undefined
  keepOnly(parts, path, end.offset)
  return { ...end, cutBytes }
}

/**
 * Puts a fresh file with the first bytes of the old one in its place.
 *
 * A fresh one, because what is cut may look whole in the kernel's cache and never reach the disk.
 */
export function keepOnly(parts: DurableParts, path: string, sizeBytes: number): void {
  durableWrite(parts, path, parts.fs.readFile(path).subarray(0, sizeBytes))
}

function* readJournalFile(
  fs: FileSystem,
  directory: string,
  from: JournalPosition,
  isLast: boolean,
): Generator<JournalEntry> {
  const { file } = from
  const path = journalPath(directory, file)
  const base = Math.max(from.offset, journalHeader.length)
  const bytes = readSnapshot(fs, path, base)
  if (bytes === undefined) throw beyondEnd(directory, from)
  let offset = base
  while (offset - base < bytes.length) {
    const record: JournalRecord | undefined = recordAt(bytes, base, offset)
    if (record === undefined) {
      if (isLast && !isFollowedByLaterAppend(bytes, base, offset)) return
      throw damaged(path, { file, offset })
    }
    const position = { file, offset }
    offset = record.end
    yield { payload: record.payload, position, next: { file, offset } }
  }
}

/**
 * Everything from `offset` to where the file ended when it was opened; `undefined` beyond its end.
 *
 * Bytes below a size that was seen are all written, so an append in progress shows as a prefix.
 */
function readSnapshot(fs: FileSystem, path: string, offset: number): Buffer | undefined {
  const file = openJournalFile(fs, path)
  try {
    const header = Buffer.alloc(journalHeader.length)
    file.read(header, 0)
    if (!header.equals(journalHeader)) throw badHeader(path, header)
    const sizeBytes = file.stat().sizeBytes
    if (sizeBytes < offset) return undefined
    const bytes = Buffer.allocUnsafe(sizeBytes - offset)
    return bytes.subarray(0, file.read(bytes, offset))
  } finally {
    file.close()
  }
}

function openJournalFile(fs: FileSystem, path: string): OpenFile {
  try {
    return fs.open(path, 'read')
  } catch (error) {
    if (isMlstoreError(error, 'NOT_FOUND')) throw corrupt(path, 'the file is gone', error)
    throw error
  }
}

function badHeader(path: string, header: Buffer): MlstoreError {
  const version = header.at(-1) ?? 0
  const isJournal = header.subarray(0, -1).equals(journalHeader.subarray(0, -1))
  if (!isJournal || version === 0) return corrupt(path, 'it does not begin as a journal does')
  return new MlstoreError('FORMAT_UNSUPPORTED', `${path} has journal format ${version}.`, {
    hint: 'Use the mlstore that wrote it, or a newer one.',
  })
}

function damaged(path: string, position: JournalPosition): MlstoreError {
  const { message, hint } = corrupt(path, `the record at byte ${position.offset} is not whole`)
  return new MlstoreError('CORRUPT', message, { hint, details: { path, ...position } })
}

function beyondEnd(directory: string, from: JournalPosition): MlstoreError {
  const path = journalPath(directory, from.file)
  return new MlstoreError('CORRUPT', `${path} ends before byte ${from.offset}.`, {
    hint: 'Was an older copy of the store put back? Run `mlstore reindex`.',
    details: { path, ...from },
  })
}
