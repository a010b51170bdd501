/**
 * Tracking: what a server logs through, into many runs at once.
 *
 * Unlike `Run`, which gathers what one program logs and writes it once a second, every call here is
 * durable when it resolves; calls that come together are written together. Nothing is kept in
 * memory, so another process may log into the same runs.
 */

import type { EventFields } from '../../core/events/event.ts'
import { parseKey } from '../../core/names.ts'
import { parseQuery } from '../../core/query/parse.ts'
import { MetricBuffer } from '../../core/runs/metric-buffer.ts'
import { paramFields } from '../../core/runs/param-fields.ts'
import { generateRunName } from '../../core/runs/run-name.ts'
import { invalidArgument, MlstoreError, notFound } from '../../errors.ts'
import { isEnded } from '../../core/runs/run-status.ts'
import { pageLimit } from '../page-limit.ts'
import type { StoreParts } from '../parts.ts'
import type { ListRunsRequest } from '../runs/requests.ts'
import { sealFiles } from '../runs/seal-files.ts'
import { CommitQueue } from './commit-queue.ts'
import { TrackedDataSets } from './data-sets.ts'
import type {
  LoggedValues,
  NewExperiment,
  NewTrackedRun,
  RunChange,
  TrackedExperiment,
  TrackedMetric,
  TrackedRun,
  TrackedRunPage,
} from './results.ts'
import { LoggedModels } from './logged-models.ts'
import { ModelRegistry } from './model-registry.ts'
import { tagFields } from './tag-fields.ts'
import { TrackedFiles } from './tracked-files.ts'
import { trackedExperiment, trackedRuns } from './tracked-runs.ts'
import { VersionFiles } from './version-files.ts'

const experimentsSubject = 'experiments'

export class Tracking {
  /** Files of runs. */
  readonly files: TrackedFiles
  /** What runs say they read. */
  readonly dataSets: TrackedDataSets
  /** Registered models and their versions. */
  readonly registry: ModelRegistry
  readonly loggedModels: LoggedModels
  /** Files of versions. */
  readonly versionFiles: VersionFiles
  readonly #parts: StoreParts
  readonly #queue: CommitQueue

  /** @internal Use `Store.tracking`. */
  constructor(parts: StoreParts) {
    this.#parts = parts
    this.#queue = new CommitQueue(parts)
    this.files = new TrackedFiles(parts, this.#queue)
    this.registry = new ModelRegistry(parts, this.#queue)
    this.loggedModels = new LoggedModels(parts, this.#queue)
    this.versionFiles = new VersionFiles(parts)
    this.dataSets = new TrackedDataSets(parts, this.#queue)
  }

  /** How many calls wait to be written. */
  get waiting(): number {
    return this.#queue.waiting
  }

  // --- experiments ----------------------------------------------------------------------------

  /** All of them, removed ones too, the newest first. */
  experiments(): TrackedExperiment[] {
    this.#parts.catchUp()
    const rows = this.#parts.catalog.experiments.all('all')
    return rows
      .map((row) => trackedExperiment(this.#parts, row))
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1))
  }

  /** By its id, removed or not. */
  experiment(id: string): TrackedExperiment | undefined {
    this.#parts.catchUp()
    const row = this.#parts.catalog.experiments.get(id)
    return row && trackedExperiment(this.#parts, row)
  }

  /** One that is not removed rather than one that is. */
  experimentByName(name: string): TrackedExperiment | undefined {
    this.#parts.catchUp()
    const { experiments } = this.#parts.catalog
    const row = experiments.byName(name) ?? experiments.byName(name, 'removed')
    return row && trackedExperiment(this.#parts, row)
  }

  /**
   * Makes an experiment.
   *
   * @returns Its id.
   * @throws {MlstoreError} `LABEL_TAKEN` if there is one of that name, removed or not.
   */
  async createExperiment({ name, tags = new Map(), id }: NewExperiment): Promise<string> {
    parseKey('experiment', name)
    const { experiments } = this.#parts.catalog
    const experiment = id ?? this.#parts.ids.id()
    await this.#queue.commit(experimentsSubject, () => {
      const known = experiments.byName(name) ?? experiments.byName(name, 'removed')
      if (known !== undefined) throw experimentTaken(name)
      const target = `experiment:${experiment}`
      return [{ type: 'experiment.create', experiment, name }, ...tagFields(target, tags)]
    })
    return experiment
  }

  /** @throws {MlstoreError} `LABEL_TAKEN` if another one has the name. */
  async renameExperiment(id: string, name: string): Promise<void> {
    parseKey('experiment', name)
    const { experiments } = this.#parts.catalog
    await this.#queue.commit(experimentsSubject, () => {
      const named = experiments.byName(name) ?? experiments.byName(name, 'removed')
      if (named !== undefined && named.id !== experiments.get(id)?.id) throw experimentTaken(name)
      return experiments
        .members(id)
        .map((experiment) => ({ type: 'experiment.rename', experiment, name }))
    })
  }

  async removeExperiment(id: string): Promise<void> {
    await this.#queue.commit(experimentsSubject, () =>
      this.#parts.catalog.experiments
        .members(id)
        .map((experiment) => ({ type: 'experiment.remove', experiment })),
    )
  }

  async restoreExperiment(id: string): Promise<void> {
    await this.#queue.commit(experimentsSubject, () =>
      this.#parts.catalog.experiments
        .removals(id)
        .map(({ experiment, event }) => ({ type: 'experiment.restore', experiment, over: event })),
    )
  }

  /** @param value `null` takes the tag away. */
  async tagExperiment(id: string, key: string, value: string | null): Promise<void> {
    parseKey('tag', key)
    await this.#queue.commit(`experiment:${id}`, () => [
      { type: 'tag.set', target: `experiment:${id}`, key, value },
    ])
  }

  // --- runs -----------------------------------------------------------------------------------

  /** By its id, removed or not. */
  run(id: string): TrackedRun | undefined {
    this.#parts.catchUp()
    const row = this.#parts.catalog.runs.get(id)
    return row && trackedRuns(this.#parts, [row])[0]
  }

  /** As `Store.searchRuns`, with experiments by id; ids that are unknown have no runs. */
  searchRuns({
    query = '',
    experiments = [],
    view,
    pageToken,
    limit,
  }: ListRunsRequest): TrackedRunPage {
    this.#parts.catchUp()
    const page = this.#parts.catalog.searchRuns(parseQuery(query), {
      experiments,
      view: view ?? 'active',
      limit: pageLimit(limit) ?? 1000,
      after: pageToken,
    })
    return { runs: trackedRuns(this.#parts, page.rows), nextPageToken: page.next }
  }

  /** All points of a metric by (step, time, order of logging); none if it was never logged. */
  metricHistory(run: string, key: string): TrackedMetric[] {
    this.#parts.catchUp()
    const { values, steps, times } = this.#parts.catalog.metrics.history(run, key)
    return Array.from(values, (value, i) => {
      return { key, value, step: steps[i] ?? 0, timeMs: times[i] ?? 0 }
    })
  }

  /**
   * Starts a run that goes on until it is said to have ended.
   *
   * @throws {MlstoreError} `NOT_FOUND` if there is no such experiment.
   */
  async startRun(wanted: NewTrackedRun): Promise<TrackedRun> {
    const { clock, ids, identity, catalog } = this.#parts
    const run = ids.id()
    const name = wanted.name ?? generateRunName(() => ids.random())
    parseKey('run', name)
    const startedAt = new Date(wanted.startedAtMs ?? clock.now().getTime()).toISOString()
    const { source, parent } = wanted
    const tags = new Map([...nameTags(wanted.nameTag, name), ...(wanted.tags ?? [])])
    await this.#queue.commit(`run:${run}`, () => {
      const experiment = catalog.experiments.get(wanted.experimentId)
      if (experiment === undefined) throw noExperiment(wanted.experimentId)
      const start: EventFields = {
        type: 'run.start',
        run,
        experiment: experiment.id,
        name,
        startedAt,
        ...(parent !== undefined && { parent }),
        context: {
          ...(source !== undefined && { source: { kind: 'script', name: source } }),
          process: { host: identity.host },
        },
      }
      return [start, ...tagFields(`run:${run}`, tags)]
    })
    return this.#require(run)
  }

  /** A run that is said to have ended has its files sealed first, so that a push brings them. */
  async changeRun(
    run: string,
    { status, endedAtMs, name, nameTag }: RunChange,
  ): Promise<TrackedRun> {
    if (name !== undefined) parseKey('run', name)
    const endedAt = endedAtMs === undefined ? undefined : new Date(endedAtMs).toISOString()
    if (status !== undefined && isEnded(status)) await sealFiles(this.#parts, run)
    await this.#queue.commit(`run:${run}`, () => [
      {
        type: 'run.update',
        run,
        ...(status !== undefined && { status }),
        ...(endedAt !== undefined && { endedAt }),
        ...(name !== undefined && { name }),
      },
      ...tagFields(`run:${run}`, nameTags(nameTag, name)),
    ])
    return this.#require(run)
  }

  async removeRun(run: string): Promise<void> {
    await this.#queue.commit(`run:${run}`, () =>
      this.#parts.catalog.runs.removals(run).length > 0 ? [] : [{ type: 'run.remove', run }],
    )
  }

  async restoreRun(run: string): Promise<void> {
    await this.#queue.commit(`run:${run}`, () =>
      this.#parts.catalog.runs.removals(run).map((over) => ({ type: 'run.restore', run, over })),
    )
  }

  /**
   * Logs all of the values or none of them.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` if a param has another value already, with `key`,
   * `was` and `now` in `details`; or a key cannot be used.
   */
  async log(run: string, { params, metrics = [], tags }: LoggedValues): Promise<void> {
    const points = new MetricBuffer()
    for (const { key, value, step, timeMs } of metrics) {
      points.add({ [key]: value }, { step, time: timeMs })
    }
    const series = points.take()
    for (const key of [...(params?.keys() ?? []), ...(tags?.keys() ?? [])]) parseKey('key', key)
    await this.#queue.commit(`run:${run}`, () => [
      ...paramFields(run, this.#newParams(run, params)),
      ...series.map((each): EventFields => ({ type: 'run.metrics', run, series: each })),
      ...tagFields(`run:${run}`, tags ?? new Map()),
    ])
  }

  #newParams(run: string, params: ReadonlyMap<string, string> = new Map()): Map<string, string> {
    const known = params.size === 0 ? new Map<string, string>() : this.#parts.catalog.params.of(run)
    const added = new Map<string, string>()
    for (const [key, now] of params) {
      const was = known.get(key)
      if (was !== undefined && was !== now) throw paramChanged(key, was, now)
      if (was === undefined) added.set(key, now)
    }
    return added
  }

  #require(id: string): TrackedRun {
    const run = this.run(id)
    if (run === undefined) throw notFound(`There is no run ${id} here.`)
    return run
  }
}

function nameTags(tag: string | undefined, name: string | undefined): Map<string, string> {
  return new Map(tag === undefined || name === undefined ? [] : [[tag, name]])
}

function experimentTaken(name: string): MlstoreError {
  return new MlstoreError(
    'LABEL_TAKEN',
    `There is an experiment ${JSON.stringify(name)} already, or it was removed.`,
    { hint: 'Choose another name, or restore the one that was removed.' },
  )
}

function noExperiment(id: string): MlstoreError {
  return notFound(`There is no experiment ${id} here.`)
}

function paramChanged(key: string, was: string, now: string): MlstoreError {
  const error = invalidArgument(`param ${JSON.stringify(key)} has another value already`)
  return new MlstoreError(error.code, error.message, { details: { key, was, now } })
}
