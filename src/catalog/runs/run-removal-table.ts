/**
 * The `run_removal` and `run_restoration` tables: tombstones of runs and experiments, and what was
 * taken back.
 *
 * As with versions, one is removed as long as some removal of it was not taken back, whatever the
 * order the events came in.
 */

import { idBlob, idOfBlob } from '../blobs.ts'
import type { Database } from '../database.ts'
import { tagKind } from '../tag-table.ts'

export type RemovableKind = 'run' | 'experiment'

/** Whether something is removed, in SQL: the subject's id is `id`. */
export function isRemovedSql(kind: RemovableKind, id: string): string {
  return `EXISTS (${removalsSql('1', kind, id)})`
}

function removalsSql(columns: string, kind: RemovableKind, id: string): string {
  return `SELECT ${columns} FROM run_removal AS removal
    WHERE removal.kind = ${tagKind[kind]} AND removal.subject = ${id} AND NOT EXISTS (
      SELECT 1 FROM run_restoration AS restoration
      WHERE restoration.kind = removal.kind AND restoration.subject = removal.subject
        AND restoration.removal = removal.id)`
}

export class RunRemovalTable {
  readonly #insert
  readonly #insertRestoration
  readonly #of

  constructor(db: Database) {
    this.#insert = db.query(
      'INSERT INTO run_removal (kind, subject, event, id) VALUES (?, ?, ?, ?)',
    )
    this.#insertRestoration = db.query(
      'INSERT INTO run_restoration (kind, subject, removal, event) VALUES (?, ?, ?, ?)',
    )
    const select = (kind: RemovableKind): string => `${removalsSql('id', kind, '?')} ORDER BY event`
    this.#of = {
      run: db.query<{ id: Buffer }>(select('run')),
      experiment: db.query<{ id: Buffer }>(select('experiment')),
    }
  }

  /** Ids of the removals that keep it removed; none: it is not. */
  of(kind: RemovableKind, id: string): string[] {
    return this.#of[kind].all(idBlob(id)).map((row) => idOfBlob(row.id))
  }

  insert(event: number, kind: RemovableKind, subject: string, id: string): void {
    this.#insert.run(tagKind[kind], idBlob(subject), event, idBlob(id))
  }

  insertRestoration(event: number, kind: RemovableKind, subject: string, removal: string): void {
    this.#insertRestoration.run(tagKind[kind], idBlob(subject), idBlob(removal), event)
  }
}
