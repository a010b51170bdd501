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
}

export type RunFileTotals = { readonly count: number; readonly sizeBytes: number }

type FileColumns = {
  readonly path: string
  readonly digest: Buffer
  readonly size_bytes: number
  readonly exec: number
}

/** Logged here, and after the last version of the run's files was made. */
const unsealed = `
  SELECT run.id, path, run_file.digest, run_file.size_bytes, exec
  FROM run_file JOIN run ON run.key = run_file.run JOIN event ON event.key = run_file.event
  WHERE run_file.digest IS NOT NULL
    AND EXISTS (SELECT 1 FROM pending
      WHERE pending.remote = ${noRemote} AND pending.event = run_file.event)
    AND NOT EXISTS (SELECT 1 FROM artifact JOIN version ON version.artifact = artifact.key
      WHERE artifact.name = 'run/' || lower(hex(run.id)) AND version.removed = 0
        AND (version.lamport, version.event_id) > (event.lamport, event.id))
  ORDER BY run.id, path`

const ofRun = 'FROM run_file WHERE run = (SELECT key FROM run WHERE id = ?) AND digest IS NOT NULL'

export class RunFileTable {
  readonly #of
  readonly #get
  readonly #totals
  readonly #unsealed
  readonly #upsert

  constructor(db: Database) {
    this.#of = db.query<FileColumns>(`SELECT path, digest, size_bytes, exec ${ofRun} ORDER BY path`)
    this.#get = db.query<FileColumns>(`SELECT path, digest, size_bytes, exec ${ofRun} AND path = ?`)
    // A sum of doubles cannot overflow, and foreign events may say anything.
    this.#totals = db.query<{ count: number; size_bytes: number }>(
      `SELECT count(*) AS count, total(size_bytes) AS size_bytes ${ofRun}`,
    )
    this.#unsealed = db.query<FileColumns & { readonly id: Buffer }>(unsealed)
    this.#upsert = db.query(
      `INSERT INTO run_file (run, path, digest, size_bytes, exec, event) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (run, path) DO UPDATE SET digest = excluded.digest,
         size_bytes = excluded.size_bytes, exec = excluded.exec, event = excluded.event
       WHERE excluded.event = event OR ${comesLater('excluded.event', 'run_file.event')}`,
    )
  }

  /** The files of the draft, by the bytes of their paths. */
  of(run: string): RunFileRow[] {
    return this.#of.all(idBlob(run)).map(fileRow)
  }

  get(run: string, path: string): RunFileRow | undefined {
    const columns = this.#get.get(idBlob(run), path)
    return columns && fileRow(columns)
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
    for (const { path, digest, size, exec = false } of files) {
      this.#upsert.run(run, path, digest && digestBlob(digest), size, Number(exec), event)
    }
  }
}

function fileRow({ path, digest, size_bytes, exec }: FileColumns): RunFileRow {
  return { path, digest: digestOfBlob(digest), sizeBytes: size_bytes, isExecutable: exec === 1 }
}
