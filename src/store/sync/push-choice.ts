/**
 * What a push is about: which versions bring their bytes, and which events come with them.
 */

import { firstWindow } from '../../catalog/outgoing-events.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import type { Digest } from '../../core/digest.ts'
import { isLocalArtifact } from '../../core/local-files.ts'
import type { Event } from '../../core/events/event.ts'
import { eventsAbout, type Named } from '../../core/log/event-scope.ts'
import type { StoreParts } from '../parts.ts'
import { resolveNamed } from './push-scope.ts'
import { runOfArtifact } from './run-reference.ts'

export type PushChoice = {
  readonly versions: readonly VersionRow[]
  readonly events: readonly Event[]
  /** Where the next window of events begins; `undefined`: this is the last. */
  readonly next: number | undefined
}

export type ChoiceRequest = {
  /** Of a repository that may never have been seen: it lacks everything. */
  readonly repoId: string
  readonly references: readonly string[]
  /** Where this window begins. Default: at the start. */
  readonly after?: number
}

/**
 * Chooses for a push.
 *
 * Without references: everything this store made and the remote lacks. With them: those versions
 * and runs, wherever they came from, with what belongs to them and nothing about any other.
 */
export function choosePush(parts: StoreParts, request: ChoiceRequest): PushChoice {
  return request.references.length === 0 ? chooseOwn(parts, request) : chooseNamed(parts, request)
}

function chooseOwn(parts: StoreParts, { repoId, after = firstWindow }: ChoiceRequest): PushChoice {
  const { events, next } = parts.catalog.outgoing.own(repoId, after)
  const added = events.flatMap((event) =>
    event.type === 'version.add' && !isOfRemovedRun(parts, event.record.artifact)
      ? [event.version]
      : [],
  )
  const experiments = experimentsOf(parts, repoId, events)
  return { versions: presentVersions(parts, added), events: [...experiments, ...events], next }
}

/** The files of a run that is removed stay home until it is taken back. */
function isOfRemovedRun({ catalog }: StoreParts, artifact: string): boolean {
  const run = runOfArtifact(artifact)
  return run !== undefined && catalog.runs.get(run)?.removed === true
}

/** An own run goes with the name of its experiment, which somebody else may have made. */
function experimentsOf(parts: StoreParts, repoId: string, events: readonly Event[]): Event[] {
  const experiments = new Set<string>()
  for (const event of events) if (event.type === 'run.start') experiments.add(event.experiment)
  if (experiments.size === 0) return []
  const known = new Set(events.map(({ id }) => id))
  const lacking = parts.catalog.outgoing.about(repoId, { ...nothing, experiments }, firstWindow)
  return lacking.events.filter(
    ({ id, type }) =>
      !known.has(id) && (type === 'experiment.create' || type === 'experiment.rename'),
  )
}

const nothing: Named = {
  versions: new Set(),
  artifacts: new Set(),
  runs: new Set(),
  experiments: new Set(),
}

function chooseNamed(
  parts: StoreParts,
  { repoId, references, after = firstWindow }: ChoiceRequest,
): PushChoice {
  const { outgoing, remoteVersions } = parts.catalog
  const named = resolveNamed(parts, references)
  const lacking = outgoing.about(repoId, named, after)
  const absent = [...named.versions].filter((id) => !remoteVersions.has(repoId, id))
  return {
    versions: presentVersions(parts, absent),
    events: eventsAbout(named, lacking.events),
    next: lacking.next,
  }
}

/** Versions that were not removed again before anyone else saw them, and that may leave at all. */
export function presentVersions(parts: StoreParts, ids: readonly Digest[]): VersionRow[] {
  return [...new Set(ids)].flatMap((id) => {
    const row = parts.catalog.versions.get(id)
    return row === undefined || row.isRemoved || isLocalArtifact(row.artifact) ? [] : [row]
  })
}
