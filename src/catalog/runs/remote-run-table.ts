/** The `remote_run` table: runs and experiments that a remote's log has from their beginning. */

import { idBlob } from '../blobs.ts'
import type { Database } from '../database.ts'
import { tagKind } from '../tag-table.ts'

export class RemoteRunTable {
  readonly #insert
  readonly #select

  constructor(db: Database) {
    this.#insert = db.query('INSERT OR IGNORE INTO remote_run (remote, kind, id) VALUES (?, ?, ?)')
    this.#select = db.query<{ remote: number }>(
      'SELECT remote FROM remote_run WHERE remote = ? AND kind = ? AND id = ?',
    )
  }

  /** Whether the log holds the start of the run. */
  hasRun(remote: number, run: string): boolean {
    return this.#select.get(remote, tagKind.run, idBlob(run)) !== undefined
  }

  /** Whether the log holds the making of the experiment. */
  hasExperiment(remote: number, experiment: string): boolean {
    return this.#select.get(remote, tagKind.experiment, idBlob(experiment)) !== undefined
  }

  addRun(remote: number, run: string): void {
    this.#insert.run(remote, tagKind.run, idBlob(run))
  }

  addExperiment(remote: number, experiment: string): void {
    this.#insert.run(remote, tagKind.experiment, idBlob(experiment))
  }
}
