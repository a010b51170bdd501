/**
 * Reading a damaged journal: every record that is whole, and where something is not.
 *
 * Where a record is damaged its length says nothing, so the next one is looked for byte by byte. A
 * record cannot be forged by the text of another (`journal-frame.ts`), so what is found was written
 * as a record.
 */

import type { FileSystem } from '../ports/file-system.ts'
import { recordAt } from './journal-frame.ts'
import { journalHeader, journalPath, type JournalPosition, lastJournalFile } from './journal.ts'

export type SalvagedPiece =
  | { readonly kind: 'record'; readonly payload: string; readonly position: JournalPosition }
  | {
      readonly kind: 'gap'
      readonly position: JournalPosition
      /** 0 where a file is gone. */
      readonly sizeBytes: number
      /** It reaches the journal's end, as what a crash leaves unfinished does. */
      readonly isAtEnd: boolean
    }

/** Yields what can be read and what cannot, in order. Holds one journal file in memory. */
export function* salvageJournal(fs: FileSystem, directory: string): Generator<SalvagedPiece> {
  const last = lastJournalFile(fs, directory)
  for (let file = 1; file <= last; file++) {
    const path = journalPath(directory, file)
    const isPresent = fs.lstat(path)?.kind === 'file'
    if (isPresent) yield* salvageFile(fs.readFile(path), file, file === last)
    else yield { kind: 'gap', position: { file, offset: 0 }, sizeBytes: 0, isAtEnd: false }
  }
}

function* salvageFile(bytes: Buffer, file: number, isLast: boolean): Generator<SalvagedPiece> {
  const start = journalHeader.length
  if (!bytes.subarray(0, start).equals(journalHeader)) {
    const sizeBytes = Math.min(start, bytes.length)
    yield { kind: 'gap', position: { file, offset: 0 }, sizeBytes, isAtEnd: false }
  }
  for (let offset = start; offset < bytes.length;) {
    const position = { file, offset }
    const record = recordAt(bytes, 0, offset)
    if (record !== undefined) {
      yield { kind: 'record', payload: record.payload, position }
      offset = record.end
    } else {
      const next = nextRecord(bytes, offset + 1)
      const isAtEnd = isLast && next === bytes.length
      yield { kind: 'gap', position, sizeBytes: next - offset, isAtEnd }
      offset = next
    }
  }
}

/** Where the next whole record begins; the end of the file if there is none. */
function nextRecord(bytes: Buffer, from: number): number {
  let offset = from
  while (offset < bytes.length && recordAt(bytes, 0, offset) === undefined) offset += 1
  return offset
}
