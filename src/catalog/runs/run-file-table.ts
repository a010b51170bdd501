/** The `run_file` table: the draft of a run's files, which grows as the run goes on. */

import type { Digest } from '../../core/digest.ts'
import type { RunEventOf } from '../../core/events/event.ts'
import { digestBlob, digestOfBlob, idBlob, idOfBlob } from '../blobs.ts'
import type { Database } from '../database.ts'
import { noRemote } from '../remote-table.ts'
import { comesLater } from './event-order.ts'

export type RunFileRow = {
  readonly path: string
  readonly digest: Digest
  readonly sizeBytes: number
  readonly isExecutable: boolean
  /** Name of the computer that alone has the bytes; `null` for files that travel. */
  readonly localTo: string | null
}

/** What a run says of a path. */
export type RunPathRow =
  | (RunFileRow & { readonly kind: 'file' })
  | { readonly kind: 'gone'; readonly path: string }

export type RunFileTotals = { readonly count: number; readonly sizeBytes: number }

type FileColumns = {
  readonly path: string
  readonly digest: Buffer
  readonly size_bytes: number
  readonly exec: number
  readonly local: string | null
}

type PathColumns = Omit<FileColumns, 'digest'> & { readonly digest: Buffer | null }

/** Logged here, and after the last version of the run's files was made; local ones go their own way. */
const unsealed = `
  SELECT run.id, path, run_file.digest, run_file.size_bytes, exec, local
  FROM run_file JOIN run ON run.key = run_file.run JOIN event ON event.key = run_file.event
  WHERE run_file.digest IS NOT NULL
    AND EXISTS (SELECT 1 FROM pending
      WHERE pending.remote = ${noRemote} AND pending.event = run_file.event)
    AND NOT EXISTS (SELECT 1 FROM artifact JOIN version ON version.artifact = artifact.key
      WHERE artifact.name = iif(local IS NULL, 'run/', 'local/') || lower(hex(run.id))
        AND version.removed = 0
        AND (version.lamport, version.event_id) > (event.lamport, event.id))
  ORDER BY run.id, path`

const saidByRun = 'FROM run_file WHERE run = (SELECT key FROM run WHERE id = ?)'
const ofRun = `${saidByRun} AND digest IS NOT NULL`
const columns = 'path, digest, size_bytes, exec, local'

export class RunFileTable {
  readonly #of
  readonly #get
  readonly #below
  readonly #said
  readonly #totals
  readonly #unsealed
  readonly #upsert

  constructor(db: Database) {
    this.#of = db.query<FileColumns>(`SELECT ${columns} ${ofRun} ORDER BY path`)
    this.#get = db.query<FileColumns>(`SELECT ${columns} ${ofRun} AND path = ?`)
    // The character after the slash ends what begins with one.
    this.#below = db.query<FileColumns>(
      `SELECT ${columns} ${ofRun} AND path > ? || '/' AND path < ? || '0' ORDER BY path`,
    )
    this.#said = db.query<PathColumns>(`SELECT ${columns} ${saidByRun} ORDER BY path`)
    // A sum of doubles cannot overflow, and foreign events may say anything.
    this.#totals = db.query<{ count: number; size_bytes: number }>(
      `SELECT count(*) AS count, total(size_bytes) AS size_bytes ${ofRun}`,
    )
    this.#unsealed = db.query<FileColumns & { readonly id: Buffer }>(unsealed)
    this.#upsert = db.query(
      `INSERT INTO run_file (run, path, digest, size_bytes, exec, local, event)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (run, path) DO UPDATE SET digest = excluded.digest,
         size_bytes = excluded.size_bytes, exec = excluded.exec, local = excluded.local,
         event = excluded.event
       WHERE excluded.event = event OR ${comesLater('excluded.event', 'run_file.event')}`,
    )
  }

  /** The files of the draft, by the bytes of their paths. */
  of(run: string): RunFileRow[] {
    return this.#of.all(idBlob(run)).map(fileRow)
  }

  get(run: string, path: string): RunFileRow | undefined {
    const row = this.#get.get(idBlob(run), path)
    return row && fileRow(row)
  }

  /** The files within a folder of the draft, by the bytes of their paths. */
  below(run: string, folder: string): RunFileRow[] {
    return this.#below.all(idBlob(run), folder, folder).map(fileRow)
  }

  /** Every path the run said something of, those that are gone too. */
  said(run: string): RunPathRow[] {
    return this.#said.all(idBlob(run)).map(({ digest, ...row }) => {
      if (digest === null) return { kind: 'gone', path: row.path }
      return { kind: 'file', ...fileRow({ ...row, digest }) }
    })
  }

  totals(run: string): RunFileTotals {
    const row = this.#totals.get(idBlob(run))
    return { count: row?.count ?? 0, sizeBytes: row?.size_bytes ?? 0 }
  }

  /** Files that were logged here and are in no version yet: nothing but this store has them. */
  unsealed(): (RunFileRow & { readonly run: string })[] {
    return this.#unsealed.all().map((row) => ({ run: idOfBlob(row.id), ...fileRow(row) }))
  }

  insert(event: number, run: number, { files }: RunEventOf<'run.files'>): void {
    for (const { path, digest, size, exec = false, local = null } of files) {
      this.#upsert.run(run, path, digest && digestBlob(digest), size, Number(exec), local, event)
    }
  }
}

function fileRow({ path, digest, size_bytes, exec, local }: FileColumns): RunFileRow {
  return {
    path,
    digest: digestOfBlob(digest),
    sizeBytes: size_bytes,
    isExecutable: exec === 1,
    localTo: local,
  }
}
