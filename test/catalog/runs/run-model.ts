/**
 * What events make of runs, worked out in the plainest way: all of them sorted, one after the other.
 *
 * The catalog must say the same whatever the order it met them in.
 */

import type { Catalog } from '../../../src/catalog/catalog.ts'
import { compareEvents, type Event, type RunEventOf } from '../../../src/core/events/event.ts'
import type { RunEventFields } from '../../../src/core/events/run-event.ts'
import { decodePoints } from '../../../src/core/runs/metric-points.ts'
import { pointsOf } from '../../core/runs/any-points.ts'

export type Names = {
  readonly runs: readonly string[]
  readonly experiments: readonly string[]
  readonly keys: readonly string[]
}

/** Everything that can be asked about these runs and experiments. */
export type State = {
  readonly runs: readonly unknown[]
  readonly experiments: readonly unknown[]
}

/** What the catalog answers. */
export function stateOf(catalog: Catalog, names: Names): State {
  const { runs, params, metrics, runFiles, runLinks, experiments } = catalog
  return {
    runs: names.runs.map((id) => {
      const row = runs.get(id)
      return {
        ...(row && { ...row, experimentName: undefined }),
        context: runs.context(id),
        params: Object.fromEntries(params.of(id)),
        others: params.others(id).map(({ key, value }) => [key, value]),
        metrics: names.keys.map((key) => pointsOf(metrics.history(id, key))),
        totals: Object.fromEntries(metrics.of(id)),
        files: runFiles.of(id).map(({ path, digest }) => [path, digest]),
        links: runLinks.of(id).map(({ direction, role }) => [direction, role]),
      }
    }),
    experiments: names.experiments.map((id) => {
      const row = experiments.get(id)
      return row && { ...row, createdAt: undefined, members: experiments.members(id).toSorted() }
    }),
  }
}

/** What the catalog should answer. */
export function modelOf(events: readonly Event[], names: Names): State {
  const sorted = events.toSorted(compareEvents)
  const experiments = new Experiments(sorted)
  return {
    runs: names.runs.map((id) => modelOfRun(id, sorted, experiments)),
    experiments: names.experiments.map((id) => experiments.rowOf(id)),
  }
}

type Type = RunEventFields['type']

function ofType<Wanted extends Type>(
  events: readonly Event[],
  type: Wanted,
): readonly RunEventOf<Wanted>[] {
  const isWanted = (event: Event): event is RunEventOf<Wanted> => event.type === type
  return events.filter(isWanted)
}

function isRemoved(
  removals: readonly { readonly id: string }[],
  restorations: readonly { readonly over: string }[],
): boolean {
  const lifted = new Set(restorations.map(({ over }) => over))
  return removals.some(({ id }) => !lifted.has(id))
}

class Experiments {
  readonly #events: readonly Event[]

  constructor(events: readonly Event[]) {
    this.#events = events
  }

  rowOf(id: string): unknown {
    if (!this.#isCreated(id)) return undefined
    const canonical = this.canonicalOf(id)
    const members = this.#created().filter((other) => this.canonicalOf(other) === canonical)
    return {
      id: canonical,
      name: this.#nameOf(canonical),
      createdAt: undefined,
      removed: this.isRemoved(id),
      members: members.toSorted(),
    }
  }

  canonicalOf(id: string): string {
    if (!this.#isCreated(id)) return id
    const isOfGroup = (other: string): boolean =>
      this.#nameOf(other) === this.#nameOf(id) && this.isRemoved(other) === this.isRemoved(id)
    return this.#created().find(isOfGroup) ?? id
  }

  isRemoved(id: string): boolean {
    const about = this.#about(id)
    return isRemoved(ofType(about, 'experiment.remove'), ofType(about, 'experiment.restore'))
  }

  /** In the order in which they were created. */
  #created(): string[] {
    return [...new Set(ofType(this.#events, 'experiment.create').map((e) => e.experiment))]
  }

  #isCreated(id: string): boolean {
    return this.#created().includes(id)
  }

  #nameOf(id: string): string | undefined {
    const named = this.#about(id).flatMap((event) =>
      event.type === 'experiment.create' || event.type === 'experiment.rename' ? [event.name] : [],
    )
    return named.at(-1)
  }

  #about(id: string): Event[] {
    return this.#events.filter((event) => 'experiment' in event && event.experiment === id)
  }
}

function modelOfRun(id: string, sorted: readonly Event[], experiments: Experiments): unknown {
  const about = sorted.filter((event) => 'run' in event && event.run === id)
  return {
    ...rowOf(id, about, experiments),
    context: Object.assign({}, ...settings(about).map(({ context }) => context ?? {})),
    ...paramsOf(ofType(about, 'run.params')),
    ...metricsOf(ofType(about, 'run.metrics')),
    files: filesOf(ofType(about, 'run.files')),
    links: linksOf(ofType(about, 'run.link')),
  }
}

type Setting = RunEventOf<'run.start'> | RunEventOf<'run.update'>

function settings(about: readonly Event[]): Setting[] {
  return about.flatMap((event) =>
    event.type === 'run.start' || event.type === 'run.update' ? [event] : [],
  )
}

function rowOf(id: string, about: readonly Event[], experiments: Experiments): object {
  const [start] = ofType(about, 'run.start')
  if (start === undefined) return {}
  const removals = ofType(about, 'run.remove')
  const last: { name?: string; status?: string; endedAt?: string | null; exitCode?: number } =
    Object.assign({}, ...settings(about).map(({ json }) => json))
  const startedAt = settings(about)
    .flatMap((event) => event.startedAt ?? [])
    .at(-1)
  return {
    id,
    name: last.name,
    experiment: experiments.canonicalOf(start.experiment),
    experimentName: undefined,
    status: last.status ?? 'RUNNING',
    startedAt,
    endedAt: last.endedAt ?? null,
    by: start.by,
    parent: start.parent ?? null,
    exitCode: last.exitCode ?? null,
    removed:
      isRemoved(removals, ofType(about, 'run.restore')) || experiments.isRemoved(start.experiment),
  }
}

function paramsOf(events: readonly RunEventOf<'run.params'>[]): object {
  const said = events.flatMap(({ params }) => Object.entries(params))
  const first = new Map(said.toReversed())
  const others = said.filter(([key, value]) => first.get(key) !== value)
  return {
    params: Object.fromEntries(first),
    others: others.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))),
  }
}

function metricsOf(events: readonly RunEventOf<'run.metrics'>[]): object {
  const keys = [...new Set(events.flatMap(({ series }) => series.map(({ key }) => key)))]
  const history = (wanted: string): ReturnType<typeof pointsOf> =>
    events
      .flatMap(({ series }) => series.filter(({ key }) => key === wanted))
      .flatMap(({ points }) => pointsOf(decodePoints(Buffer.from(points, 'base64'), 'points')))
      .toSorted((a, b) => a.step - b.step || a.time - b.time)
  const totals = keys.flatMap((key) => {
    const points = history(key)
    const last = points.at(-1)
    if (last === undefined) return []
    const numbers = points.map(({ value }) => value).filter((value) => !Number.isNaN(value))
    const extremes =
      numbers.length === 0
        ? { min: Number.NaN, max: Number.NaN }
        : { min: Math.min(...numbers), max: Math.max(...numbers) }
    const { value, step, time } = last
    return [
      [
        key,
        { count: points.length, last: value, lastStep: step, lastTime: time, ...extremes },
      ] as const,
    ]
  })
  return { metrics: modelKeys.map(history), totals: Object.fromEntries(totals) }
}

/** Keys that tests log. */
export const modelKeys: readonly string[] = ['acc', 'loss']

function filesOf(events: readonly RunEventOf<'run.files'>[]): unknown[] {
  const last = new Map(
    events.flatMap(({ files }) => files.map(({ path, digest }) => [path, digest])),
  )
  const there = [...last].filter(([, digest]) => digest !== null)
  return there.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

function linksOf(events: readonly RunEventOf<'run.link'>[]): unknown[] {
  const links = new Map(
    events.map(({ direction, version, role }) => [
      JSON.stringify([direction, version, role]),
      [direction, role],
    ]),
  )
  return [...links.values()]
}
