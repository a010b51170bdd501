/**
 * Which events a push may send: what is not pushed is not talked about either. Pure.
 *
 * A name is information. Events about versions, runs and experiments that stay home stay home with
 * them, so a push of one says nothing of the others.
 */

import type { Digest } from '../digest.ts'
import type { Event, RunEvent, RunEventOf } from '../events/event.ts'
import { parseTagTarget, type TagTarget } from '../events/tag-target.ts'
import { groupChanges } from './change-group.ts'
import type { RemoteView } from './remote-view.ts'

/** What a push is about to bring. */
export type Arriving = {
  readonly versions: ReadonlySet<Digest>
  readonly artifacts: ReadonlySet<string>
  /** Made in it and not removed again in it. */
  readonly experiments: ReadonlySet<string>
  /** The same, nor their experiments. */
  readonly runs: ReadonlySet<string>
}

/** What a push talks about. */
export type Subject = TagTarget

/** What a push was asked to send, with what belongs to it. */
export type Named = {
  readonly versions: ReadonlySet<Digest>
  readonly artifacts: ReadonlySet<string>
  readonly runs: ReadonlySet<string>
  readonly experiments: ReadonlySet<string>
}

/** What comes with these events and the bytes of these versions. */
export function arrivingOf(events: readonly Event[], versions: Iterable<Digest>): Arriving {
  const arriving = new Set(versions)
  const artifacts = new Set<string>()
  const removed = removedIn(events)
  const experiments = new Set<string>()
  const runs = new Set<string>()
  for (const event of events) {
    if (event.type === 'version.add' && arriving.has(event.version)) {
      artifacts.add(event.record.artifact)
    }
    if (event.type === 'experiment.create' && !removed.has(event.experiment)) {
      experiments.add(event.experiment)
    }
    if (event.type === 'run.start' && !removed.has(event.run) && !removed.has(event.experiment)) {
      runs.add(event.run)
    }
  }
  return { versions: arriving, artifacts, experiments, runs }
}

/** Ids of runs and experiments with a removal among the events that none of them takes back. */
function removedIn(events: readonly Event[]): Set<string> {
  const removals = new Map<string, string>()
  const restored = new Set<string>()
  for (const event of events) {
    if (event.type === 'run.remove') removals.set(event.id, event.run)
    if (event.type === 'experiment.remove') removals.set(event.id, event.experiment)
    if (event.type === 'run.restore' || event.type === 'experiment.restore')
      restored.add(event.over)
  }
  return new Set([...removals].flatMap(([id, subject]) => (restored.has(id) ? [] : [subject])))
}

/**
 * Whether what the event is about is on the remote, or comes with this push.
 *
 * Claims and moves to a version are left to `judge`, which asks the same. Runs and experiments go
 * unless they were removed before anybody saw them.
 */
export function isInScope(event: Event, view: RemoteView, arriving: Arriving): boolean {
  switch (event.type) {
    case 'label.claim':
    case 'gc.sweep':
      return true
    case 'alias.move':
      return event.to !== null || view.aliasHead(event.artifact, event.alias) !== undefined
    case 'experiment.create':
      return arriving.experiments.has(event.experiment) || view.hasExperiment(event.experiment)
    case 'run.start':
      return arriving.runs.has(event.run) || view.hasRun(event.run)
    default:
      return subjectsOf(event).some((subject) => isSubjectInScope(subject, view, arriving))
  }
}

function isSubjectInScope(subject: Subject, view: RemoteView, arriving: Arriving): boolean {
  switch (subject.kind) {
    case 'artifact':
      return arriving.artifacts.has(subject.artifact) || view.hasArtifact(subject.artifact)
    case 'version':
      return (
        arriving.versions.has(subject.version) || view.artifactOf(subject.version) !== undefined
      )
    case 'run':
      return view.hasRun(subject.run)
    default:
      return view.hasExperiment(subject.experiment)
  }
}

/**
 * The events that a push of just these things sends: records, labels, tags, removals, the aliases
 * that point at one of the versions now, numbers, everything about the runs, added lineage.
 *
 * @param events Events in the order they were made.
 */
export function eventsAbout(named: Named, events: readonly Event[]): Event[] {
  const wanted = new Set<Event>()
  for (const group of groupChanges(events)) {
    const isWanted = subjectsOf(group.last).some((subject) => isNamed(subject, named))
    if (isWanted) for (const event of group.events) wanted.add(event)
  }
  return events.filter((event) => wanted.has(event))
}

function isNamed(subject: Subject, named: Named): boolean {
  switch (subject.kind) {
    case 'version':
      return named.versions.has(subject.version)
    case 'artifact':
      return named.artifacts.has(subject.artifact)
    case 'run':
      return named.runs.has(subject.run)
    default:
      return named.experiments.has(subject.experiment)
  }
}

/**
 * What an event says something about: one thing, or either end of an edge, which says no more of
 * the other than its id.
 */
export function subjectsOf(event: Event): readonly Subject[] {
  switch (event.type) {
    case 'version.add':
    case 'label.claim':
    case 'version.remove':
    case 'version.restore':
      return [{ kind: 'version', version: event.version }]
    case 'alias.move':
      return event.to === null ? [] : [{ kind: 'version', version: event.to }]
    case 'tag.set':
      return [parseTagTarget(event.target)]
    case 'number.claim':
      return [parseTagTarget(event.subject)]
    case 'lineage.add':
      return [
        { kind: 'version', version: event.from },
        { kind: 'version', version: event.to },
      ]
    case 'gc.sweep':
    case 'unknown':
      return []
    default:
      return [runSubjectOf(event)]
  }
}

function runSubjectOf(
  event: Exclude<RunEvent, RunEventOf<'lineage.add' | 'number.claim'>>,
): Subject {
  return 'run' in event
    ? { kind: 'run', run: event.run }
    : { kind: 'experiment', experiment: event.experiment }
}
