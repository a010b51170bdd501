/** What an event about experiments, runs, lineage or numbers changes, once for everybody. */

import type { RunEvent, TagSet } from '../../core/events/event.ts'
import { parseTagTarget, type TagTarget } from '../../core/events/tag-target.ts'
import type { CatalogTables } from '../catalog-tables.ts'

/** @param key Of the event, which is in its table already. */
export function insertRunEvent(tables: CatalogTables, key: number, event: RunEvent): void {
  switch (event.type) {
    case 'experiment.create':
    case 'experiment.rename':
    case 'experiment.remove':
    case 'experiment.restore':
      return insertExperimentEvent(tables, key, event)
    case 'lineage.add':
      return tables.lineage.insertAdded(key, event)
    case 'number.claim':
      tables.numbers.insert(key, event)
      return noteSubject(tables, key, parseTagTarget(event.subject))
    default:
      return insertEventOfRun(tables, key, event)
  }
}

/** A tag of a run or an experiment is an event about it. */
export function noteTag(tables: CatalogTables, key: number, event: TagSet): void {
  noteSubject(tables, key, parseTagTarget(event.target))
}

type ExperimentEvent = Extract<RunEvent, { readonly experiment: string; readonly run?: never }>
type EventOfRun = Extract<RunEvent, { readonly run: string }>

function insertExperimentEvent(tables: CatalogTables, key: number, event: ExperimentEvent): void {
  const { experiments, runs, runRemovals } = tables
  const id = event.experiment
  experiments.note(experiments.ensure(id), key)
  switch (event.type) {
    case 'experiment.create':
      return experiments.create(key, event)
    case 'experiment.rename':
      return experiments.rename(key, event)
    case 'experiment.remove':
      runRemovals.insert(key, 'experiment', id, event.id)
      break
    default:
      runRemovals.insertRestoration(key, 'experiment', id, event.over)
  }
  experiments.refreshRemoved(id)
  runs.refreshRemovedOf(experiments.ensure(id))
}

function insertEventOfRun(tables: CatalogTables, key: number, event: EventOfRun): void {
  const { experiments, runs, runRemovals } = tables
  const run = runs.ensure(event.run)
  runs.note(run, key)
  switch (event.type) {
    case 'run.start':
      return runs.start(key, run, experiments.ensure(event.experiment), event)
    case 'run.update':
      return runs.update(key, run, event)
    case 'run.params':
      return tables.params.insert(key, run, event)
    case 'run.metrics':
      return tables.metrics.insert(key, run, event)
    case 'run.files':
      return tables.runFiles.insert(key, run, event)
    case 'run.link':
      return tables.runLinks.insert(key, run, event)
    case 'run.remove':
      runRemovals.insert(key, 'run', event.run, event.id)
      return runs.refreshRemoved(run)
    default:
      runRemovals.insertRestoration(key, 'run', event.run, event.over)
      return runs.refreshRemoved(run)
  }
}

function noteSubject({ runs, experiments }: CatalogTables, key: number, target: TagTarget): void {
  if (target.kind === 'run') runs.note(runs.ensure(target.run), key)
  if (target.kind !== 'experiment') return
  experiments.note(experiments.ensure(target.experiment), key)
}
