/**
 * The `removal` and `restoration` tables: tombstones and what was taken back.
 *
 * A version is removed as long as some removal of it was not taken back. That needs no order, so
 * it comes out the same whichever way the events arrived.
 */

import type { Digest } from '../core/digest.ts'
import { digestBlob, idBlob, idOfBlob } from './blobs.ts'
import type { Database } from './database.ts'

type IdRow = { readonly id: Buffer }

const onRemote = (event: string): string =>
  `EXISTS (SELECT 1 FROM event_on_remote o WHERE o.event = ${event} AND o.remote = @remote)`

export class RemovalTable {
  readonly #insert
  readonly #insertRestoration
  readonly #of
  readonly #onRemote
  readonly #restored

  constructor(db: Database) {
    this.#insert = db.query('INSERT INTO removal (version, event, id) VALUES (?, ?, ?)')
    this.#insertRestoration = db.query(
      'INSERT INTO restoration (version, removal, event) VALUES (?, ?, ?)',
    )
    const takenBack = 'SELECT 1 FROM restoration s WHERE s.version = r.version AND s.removal = r.id'
    this.#of = db.query<IdRow>(
      `SELECT id FROM removal r WHERE version = ? AND NOT EXISTS (${takenBack}) ORDER BY event`,
    )
    this.#onRemote = db.query<IdRow>(
      `SELECT id FROM removal r WHERE version = @version AND ${onRemote('r.event')}
       AND NOT EXISTS (${takenBack} AND ${onRemote('s.event')}) ORDER BY event`,
    )
    this.#restored = db.query<{ event: number }>(
      `SELECT event FROM restoration s
       WHERE version = @version AND removal = @removal AND ${onRemote('s.event')}`,
    )
  }

  /** Ids of the removals that keep a version removed; none: it is not. */
  of(version: Digest): string[] {
    return this.#of.all(digestBlob(version)).map(({ id }) => idOfBlob(id))
  }

  /** The same as the log of one remote has it. */
  on(remote: number, version: Digest): string[] {
    const rows = this.#onRemote.all({ remote, version: digestBlob(version) })
    return rows.map(({ id }) => idOfBlob(id))
  }

  isRestoredOn(remote: number, version: Digest, removal: string): boolean {
    const parameters = { remote, version: digestBlob(version), removal: idBlob(removal) }
    return this.#restored.get(parameters) !== undefined
  }

  insert(event: number, version: Digest, id: string): void {
    this.#insert.run(digestBlob(version), event, idBlob(id))
  }

  insertRestoration(event: number, version: Digest, removal: string): void {
    this.#insertRestoration.run(digestBlob(version), idBlob(removal), event)
  }
}
