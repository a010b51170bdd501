/** The `version_input` table: which version was made from which. */

import type { Digest } from '../core/digest.ts'
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

  constructor(db: Database) {
    this.#insert = db.query('INSERT INTO version_input VALUES (?, ?, ?, ?)')
    const select = `SELECT input, digest, role FROM version_input
      JOIN version ON version.key = version_input.version`
    this.#up = db.query<EdgeRow>(`${select} WHERE digest = ? ORDER BY ordinal`)
    this.#down = db.query<EdgeRow>(`${select} WHERE input = ? ORDER BY version.key, ordinal`)
  }

  /** What a version was made from; the inputs need not be known here. */
  inputsOf(version: Digest): LineageEdge[] {
    return this.#up.all(digestBlob(version)).map(edgeOf)
  }

  /** What was made from a version. */
  outputsOf(version: Digest): LineageEdge[] {
    return this.#down.all(digestBlob(version)).map(edgeOf)
  }

  insert(version: number, inputs: readonly VersionInput[]): void {
    for (const [ordinal, { role, version: input }] of inputs.entries()) {
      this.#insert.run(version, ordinal, role, digestBlob(input))
    }
  }
}

function edgeOf({ input, digest, role }: EdgeRow): LineageEdge {
  return { from: digestOfBlob(input), to: digestOfBlob(digest), role }
}
