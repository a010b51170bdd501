/**
 * What a push may send: events that a remote lacks, a window at a time.
 *
 * Runs can have more data than there is memory, so their events come in windows of bounded size, in
 * the order in which they came to be known. Everything else (versions, names, experiments, numbers)
 * is little, and its changes depend on each other: each window has all of it that is left.
 */

import { type Digest, parseDigest } from '../core/digest.ts'
import type { Event } from '../core/events/event.ts'
import type { Named } from '../core/log/event-scope.ts'
import { idOfBlob } from './blobs.ts'
import type { Database, Query } from './database.ts'
import { type EventRow, eventState, type EventTable } from './event-table.ts'
import { noRemote, type RemoteTable } from './remote-table.ts'

export type EventWindow = {
  /** In the order in which they came to be known. */
  readonly events: readonly Event[]
  /** Where the next window begins; `undefined`: this was the last. */
  readonly next: number | undefined
}

/** Where the first window begins. */
export const firstWindow = 0

/** Data of runs in one window, at most, and one event more. */
const windowBytesMaxDefault = 32 * 1024 * 1024

/** Events of runs and tags of runs; numbers are names, and what is removed concerns all windows. */
const isRunData = `(
  (body ->> '$.type' LIKE 'run.%' AND body ->> '$.type' NOT IN ('run.remove', 'run.restore'))
  OR (body ->> '$.type' = 'tag.set' AND body ->> '$.target' LIKE 'run:%'))`

const own = `FROM pending JOIN event ON event.key = pending.event WHERE pending.remote = @remote`

const idsIn = (list: string): string => `(SELECT unhex(value) FROM json_each(${list}))`
const versions = idsIn('@versions')

/**
 * Events about versions, their artifacts' tags, and the aliases that ever pointed at them; about
 * runs and experiments; numbers; and edges that begin or end at one of the versions.
 */
const aboutNamed = `
  SELECT event FROM version WHERE digest IN ${versions}
  UNION SELECT event FROM label_claim WHERE version IN ${versions}
  UNION SELECT event FROM removal WHERE version IN ${versions}
  UNION SELECT event FROM restoration WHERE version IN ${versions}
  UNION SELECT event FROM tag_set WHERE kind = 2 AND target IN ${versions}
  UNION SELECT event FROM tag_set
    WHERE kind = 1 AND target IN (SELECT CAST(value AS BLOB) FROM json_each(@artifacts))
  UNION SELECT event FROM alias_move WHERE (artifact, alias) IN
    (SELECT artifact, alias FROM alias_move WHERE target IN ${versions})
  UNION SELECT run_event.event FROM run JOIN run_event ON run_event.run = run.key
    WHERE run.id IN ${idsIn('@runs')}
  UNION SELECT about.event FROM experiment JOIN experiment_event AS about
    ON about.experiment = experiment.key WHERE experiment.id IN ${idsIn('@experiments')}
  UNION SELECT event FROM number_claim WHERE kind = 2 AND subject IN ${versions}
  UNION SELECT event FROM lineage_edge WHERE input IN ${versions}
  UNION SELECT event FROM lineage_edge WHERE output IN ${versions}`

/** Those of them that the remote lacks; what lost elsewhere is left out. */
const lacking = `FROM event
  WHERE key IN (${aboutNamed})
    AND NOT EXISTS (SELECT 1 FROM event_on_remote WHERE event = key AND remote = @remote)
    AND (EXISTS (SELECT 1 FROM pending WHERE remote = ${noRemote} AND event = key)
      OR EXISTS (SELECT 1 FROM event_on_remote
                 WHERE event = key AND state <> ${eventState.refused}))`

export class OutgoingEvents {
  readonly #events: EventTable
  readonly #remotes: RemoteTable
  /** Smaller in tests. */
  readonly #windowBytesMax: number
  readonly #own: Selection
  readonly #lacking: Selection
  readonly #versions
  readonly #experiments

  constructor(
    db: Database,
    tables: { readonly events: EventTable; readonly remotes: RemoteTable },
    windowBytesMax: number = windowBytesMaxDefault,
  ) {
    this.#events = tables.events
    this.#remotes = tables.remotes
    this.#windowBytesMax = windowBytesMax
    this.#own = selectionOf(db, own)
    this.#lacking = selectionOf(db, lacking)
    this.#versions = db.query<{ version: string }>(
      `SELECT body ->> '$.version' AS version ${own} AND body ->> '$.type' = 'version.add'
       ORDER BY event.key`,
    )
    this.#experiments = db.query<{ id: Buffer }>(
      `SELECT DISTINCT experiment.id FROM run JOIN experiment ON experiment.key = own_experiment
       WHERE run.id IN ${idsIn('?')}`,
    )
  }

  /** Own events that a remote lacks. @param after `firstWindow`, or `next` of the one before. */
  own(repoId: string, after: number): EventWindow {
    return this.#window(this.#own, { remote: this.#keyOf(repoId), after })
  }

  /** The same without the data of runs, in one piece. */
  names(repoId: string): Event[] {
    const rows = this.#own.names.all({ remote: this.#keyOf(repoId) })
    return rows.map((row) => this.#events.eventOf(row))
  }

  /**
   * Events that a remote lacks and that say something about these things, wherever they came from.
   *
   * Of an alias that ever pointed at one of the versions all moves are there; `eventsAbout` in
   * core/log/event-scope.ts decides whether they are wanted. What lost elsewhere is left out.
   */
  about(repoId: string, named: Named, after: number): EventWindow {
    const parameters = {
      remote: this.#keyOf(repoId),
      after,
      versions: JSON.stringify([...named.versions]),
      artifacts: JSON.stringify([...named.artifacts]),
      runs: JSON.stringify([...named.runs]),
      experiments: JSON.stringify([...named.experiments]),
    }
    return this.#window(this.#lacking, parameters)
  }

  /** Own versions whose adding a remote lacks, in the order in which they were added. */
  versions(repoId: string | undefined): Digest[] {
    const rows = this.#versions.all({ remote: this.#keyOf(repoId) })
    return rows.map(({ version }) => parseDigest(version))
  }

  /** Ids of the experiments that the starts of these runs name. */
  experimentsOf(runs: Iterable<string>): string[] {
    const rows = this.#experiments.all(JSON.stringify([...runs]))
    return rows.map(({ id }) => idOfBlob(id))
  }

  #window(selection: Selection, parameters: Parameters): EventWindow {
    const chosen = selection.names.all(parameters).map((row) => this.#read(row))
    let bytes = 0
    let next: number | undefined
    let last = parameters.after
    for (const row of selection.data.iterate(parameters)) {
      if (bytes >= this.#windowBytesMax) {
        next = last
        break
      }
      const read = this.#read(row)
      chosen.push(read)
      bytes += read.bytes
      last = row.key
    }
    chosen.sort((a, b) => a.key - b.key)
    return { events: chosen.map(({ event }) => event), next }
  }

  #read(row: EventRow): ReadEvent {
    const event = this.#events.eventOf(row)
    return { key: row.key, event, bytes: row.body.length + pointBytesOf(event) }
  }

  #keyOf(repoId: string | undefined): number {
    return (repoId && this.#remotes.keyOf(repoId)) || noRemote
  }
}

type ReadEvent = { readonly key: number; readonly event: Event; readonly bytes: number }

/** Points are kept apart from the body of the event they came in. */
function pointBytesOf(event: Event): number {
  if (event.type !== 'run.metrics') return 0
  return event.series.reduce((sum, { points }) => sum + points.length, 0)
}

type Parameters = Readonly<Record<string, string | number>> & { readonly after: number }

type Selection = { readonly names: Query<EventRow>; readonly data: Query<EventRow> }

function selectionOf(db: Database, from: string): Selection {
  const rows = `SELECT event.key, body ${from}`
  return {
    names: db.query(`${rows} AND NOT ${isRunData} ORDER BY event.key`),
    data: db.query(`${rows} AND event.key > @after AND ${isRunData} ORDER BY event.key`),
  }
}
