/**
 * The `version_input` and `lineage_edge` tables: which version was made from which.
 *
 * The first holds what versions said when they were made, the second what was added later, also
 * edges that are left out as they would close a cycle. `LineageView` reads them.
 */

import type { RunEventOf } from '../core/events/event.ts'
import type { VersionInput } from '../core/version-record.ts'
import { digestBlob } from './blobs.ts'
import type { Database } from './database.ts'

export class LineageTable {
  readonly #insert
  readonly #insertAdded

  constructor(db: Database) {
    this.#insert = db.query('INSERT INTO version_input VALUES (?, ?, ?, ?)')
    this.#insertAdded = db.query(
      'INSERT INTO lineage_edge (event, input, output, role) VALUES (?, ?, ?, ?)',
    )
  }

  insert(version: number, inputs: readonly VersionInput[]): void {
    for (const [ordinal, { role, version: input }] of inputs.entries()) {
      this.#insert.run(version, ordinal, role, digestBlob(input))
    }
  }

  insertAdded(event: number, { from, to, role }: RunEventOf<'lineage.add'>): void {
    this.#insertAdded.run(event, digestBlob(from), digestBlob(to), role)
  }
}
