/**
 * The `run_link` table: versions that runs said they read or made.
 *
 * A version whose record names a run was made by it, too: `versions.byRun` has those.
 */

import type { Digest } from '../../core/digest.ts'
import type { RunEventOf } from '../../core/events/event.ts'
import { digestBlob, digestOfBlob, idBlob, idOfBlob } from '../blobs.ts'
import type { Database } from '../database.ts'

export type RunLinkRow = {
  readonly run: string
  readonly direction: 'input' | 'output'
  readonly version: Digest
  readonly role: string
}

type LinkColumns = {
  readonly id: Buffer
  readonly direction: string
  readonly version: Buffer
  readonly role: string
}

const links = `
  SELECT run.id, direction, version, role FROM run_link
  JOIN run ON run.key = run_link.run JOIN event ON event.key = run_link.event`
const inOrder = 'ORDER BY lamport, event.id'

export class RunLinkTable {
  readonly #of
  readonly #runsOf
  readonly #insert

  constructor(db: Database) {
    this.#of = db.query<LinkColumns>(`${links} WHERE run.id = ? ${inOrder}`)
    this.#runsOf = db.query<LinkColumns>(`${links} WHERE version = ? ${inOrder}`)
    this.#insert = db.query(
      'INSERT INTO run_link (run, event, direction, version, role) VALUES (?, ?, ?, ?, ?)',
    )
  }

  /** What a run read and made, in the order of events; the versions need not be known here. */
  of(run: string): RunLinkRow[] {
    return distinct(this.#of.all(idBlob(run)).map(linkRow))
  }

  /** The runs that read or made a version, in the order of events. */
  runsOf(version: Digest): RunLinkRow[] {
    return distinct(this.#runsOf.all(digestBlob(version)).map(linkRow))
  }

  insert(event: number, run: number, link: RunEventOf<'run.link'>): void {
    const { direction, version, role } = link
    this.#insert.run(run, event, direction, digestBlob(version), role)
  }
}

/** What was said several times stands where it was said first. */
function distinct(rows: readonly RunLinkRow[]): RunLinkRow[] {
  const seen = new Set<string>()
  return rows.filter(({ run, direction, version, role }) => {
    const link = JSON.stringify([run, direction, version, role])
    return !seen.has(link) && seen.add(link)
  })
}

function linkRow({ id, direction, version, role }: LinkColumns): RunLinkRow {
  return {
    run: idOfBlob(id),
    direction: direction === 'input' ? 'input' : 'output',
    version: digestOfBlob(version),
    role,
  }
}
