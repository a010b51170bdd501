/**
 * Which experiments and runs a remote's log has heard of: what a push may talk about there.
 *
 * Made of `event_on_remote` and of what is known about each event; nothing of it is stored.
 */

import { idBlob } from '../blobs.ts'
import type { Database } from '../database.ts'

type FoundRow = { readonly event: number }

/** The first maker is on the remote nearly always, so the others are only looked for without it. */
function madeOn(table: 'run' | 'experiment', made: string, type: string): string {
  const there = (event: string): string =>
    `JOIN event_on_remote AS o ON o.event = ${event} AND o.remote = @remote`
  return `
    SELECT o.event FROM ${table} AS it ${there(`it.${made}`)} WHERE it.id = @id
    UNION ALL
    SELECT o.event FROM ${table} AS it JOIN ${table}_event AS about ON about.${table} = it.key
      ${there('about.event')} JOIN event ON event.key = about.event
    WHERE it.id = @id AND event.body ->> '$.type' = '${type}'
    LIMIT 1`
}

export class RunsOnRemote {
  readonly #run
  readonly #experiment

  constructor(db: Database) {
    this.#run = db.query<FoundRow>(madeOn('run', 'started', 'run.start'))
    this.#experiment = db.query<FoundRow>(madeOn('experiment', 'created', 'experiment.create'))
  }

  /** Whether the remote's log holds the start of the run. */
  hasRun(remote: number, run: string): boolean {
    return this.#run.get({ remote, id: idBlob(run) }) !== undefined
  }

  /** Whether the remote's log holds the making of the experiment. */
  hasExperiment(remote: number, experiment: string): boolean {
    return this.#experiment.get({ remote, id: idBlob(experiment) }) !== undefined
  }
}
