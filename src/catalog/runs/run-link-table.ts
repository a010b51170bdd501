/**
 * The `run_link` table: versions that runs said they read or made.
 *
 * A version whose record names a run was made by it, too: `versions.byRun` has those.
 */

import type { Digest } from '../../core/digest.ts'
import type { RunEventOf } from '../../core/events/event.ts'
import { digestBlob, digestOfBlob, idBlob, idOfBlob } from '../blobs.ts'
import type { Database } from '../database.ts'
import { wantedRuns } from './wanted-runs.ts'

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

type InputColumns = { readonly place: number; readonly version: Buffer }

export class RunLinkTable {
  readonly #of
  readonly #runsOf
  readonly #inputsOfRuns
  readonly #inputsOfExperiment
  readonly #insert

  constructor(db: Database) {
    this.#of = db.query<LinkColumns>(`${links} WHERE run.id = ? ${inOrder}`)
    this.#runsOf = db.query<LinkColumns>(`${links} WHERE version = ? ${inOrder}`)
    this.#inputsOfRuns = db.query<InputColumns>(
      `SELECT wanted.key AS place, run_link.version FROM ${wantedRuns}
       CROSS JOIN run_link ON run_link.run = run.key AND direction = 'input'
       JOIN event ON event.key = run_link.event ${inOrder}`,
    )
    this.#inputsOfExperiment = db.query<Pick<InputColumns, 'version'>>(
      `SELECT DISTINCT run_link.version FROM run
       CROSS JOIN run_link ON run_link.run = run.key AND direction = 'input'
       WHERE run.experiment = (SELECT canonical FROM experiment WHERE id = ?)`,
    )
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

  /** What each of many runs read, in one query; a run that read nothing is not in the map. */
  inputsOfRuns(runs: readonly string[]): Map<string, Digest[]> {
    const found = new Map<string, Digest[]>()
    for (const { place, version } of this.#inputsOfRuns.all(JSON.stringify(runs))) {
      const run = runs[place] ?? ''
      const digest = digestOfBlob(version)
      const known = found.get(run)
      if (known === undefined) found.set(run, [digest])
      else if (!known.includes(digest)) known.push(digest)
    }
    return found
  }

  /** What any run of an experiment read, in no order. */
  inputsOfExperiment(id: string): Digest[] {
    return this.#inputsOfExperiment.all(idBlob(id)).map(({ version }) => digestOfBlob(version))
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
