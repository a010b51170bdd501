/**
 * The `version_input` and `lineage_edge` tables: which version was made from which.
 *
 * The first holds what versions said when they were made, the second what was added later, also
 * edges that are left out as they would close a cycle.
 */

import type { Digest } from '../core/digest.ts'
import type { RunEventOf } from '../core/events/event.ts'
import type { VersionInput } from '../core/version-record.ts'
import { digestBlob, digestOfBlob } from './blobs.ts'
import type { Database } from './database.ts'

/** `to` was made from `from`. */
export type LineageEdge = {
  readonly from: Digest
  readonly to: Digest
  readonly role: string
}

type EdgeRow = { readonly input: Buffer; readonly digest: Buffer; readonly role: string }

export class LineageTable {
  readonly #insert
  readonly #up
  readonly #down
  readonly #insertAdded
  readonly #added

  constructor(db: Database) {
    this.#insert = db.query('INSERT INTO version_input VALUES (?, ?, ?, ?)')
    const select = `SELECT input, digest, role FROM version_input
      JOIN version ON version.key = version_input.version`
    this.#up = db.query<EdgeRow>(`${select} WHERE digest = ? ORDER BY ordinal`)
    this.#down = db.query<EdgeRow>(`${select} WHERE input = ? ORDER BY version.key, ordinal`)
    this.#insertAdded = db.query(
      'INSERT INTO lineage_edge (event, input, output, role) VALUES (?, ?, ?, ?)',
    )
    this.#added = db.query<EdgeRow>(
      `SELECT input, output AS digest, role FROM lineage_edge
       JOIN event ON event.key = lineage_edge.event ORDER BY lamport, id`,
    )
  }

  /** What a version was made from; the inputs need not be known here. */
  inputsOf(version: Digest): LineageEdge[] {
    return this.#up.all(digestBlob(version)).map(edgeOf)
  }

  /** What was made from a version. */
  outputsOf(version: Digest): LineageEdge[] {
    return this.#down.all(digestBlob(version)).map(edgeOf)
  }

  /** Every edge that was added later, in the order of events: which of them count is to be judged. */
  added(): LineageEdge[] {
    return this.#added.all().map(edgeOf)
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

function edgeOf({ input, digest, role }: EdgeRow): LineageEdge {
  return { from: digestOfBlob(input), to: digestOfBlob(digest), role }
}
