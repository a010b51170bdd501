/**
 * Which events a push may send: what is not pushed is not talked about either. Pure.
 *
 * A name is information. Events about versions that stay home stay home with them, so a push of
 * one version says nothing of the others.
 */

import type { Digest } from '../digest.ts'
import type { Event } from '../events/event.ts'
import { parseTagTarget, type TagTarget } from '../events/tag-target.ts'
import { groupChanges } from './change-group.ts'
import type { RemoteView } from './remote-view.ts'

/** What a push is about to bring. */
export type Arriving = {
  readonly versions: ReadonlySet<Digest>
  readonly artifacts: ReadonlySet<string>
}

/** Versions of which a push brings the bytes, and their artifacts as far as it adds them. */
export function arrivingOf(events: readonly Event[], versions: Iterable<Digest>): Arriving {
  const arriving = new Set(versions)
  const artifacts = new Set<string>()
  for (const event of events) {
    if (event.type === 'version.add' && arriving.has(event.version)) {
      artifacts.add(event.record.artifact)
    }
  }
  return { versions: arriving, artifacts }
}

/**
 * Whether what the event is about is on the remote, or comes with this push.
 *
 * Claims and moves to a version are left to `judge`, which asks the same.
 */
export function isInScope(event: Event, view: RemoteView, arriving: Arriving): boolean {
  switch (event.type) {
    case 'label.claim':
    case 'gc.sweep':
      return true
    case 'alias.move':
      return event.to !== null || view.aliasHead(event.artifact, event.alias) !== undefined
    default:
      return isSubjectInScope(subjectOf(event), view, arriving)
  }
}

function isSubjectInScope(
  subject: TagTarget | undefined,
  view: RemoteView,
  arriving: Arriving,
): boolean {
  switch (subject?.kind) {
    case 'artifact':
      return arriving.artifacts.has(subject.artifact) || view.hasArtifact(subject.artifact)
    case 'version':
      return (
        arriving.versions.has(subject.version) || view.artifactOf(subject.version) !== undefined
      )
    default:
      return false
  }
}

/**
 * The events that a push of just these versions sends: their records, labels, tags, removals, the
 * aliases that point at one of them now, and the tags of their artifacts.
 *
 * @param events Events in the order they were made.
 */
export function eventsAbout(
  versions: ReadonlySet<Digest>,
  artifacts: ReadonlySet<string>,
  events: readonly Event[],
): Event[] {
  const wanted = new Set<Event>()
  for (const group of groupChanges(events)) {
    const subject = subjectOf(group.last)
    const isWanted =
      (subject?.kind === 'version' && versions.has(subject.version)) ||
      (subject?.kind === 'artifact' && artifacts.has(subject.artifact))
    if (isWanted) for (const event of group.events) wanted.add(event)
  }
  return events.filter((event) => wanted.has(event))
}

/** What an event says something about; `undefined` where there is no one thing. */
export function subjectOf(event: Event): TagTarget | undefined {
  switch (event.type) {
    case 'version.add':
    case 'label.claim':
    case 'version.remove':
    case 'version.restore':
      return { kind: 'version', version: event.version }
    case 'alias.move':
      return event.to === null ? undefined : { kind: 'version', version: event.to }
    case 'tag.set':
      return parseTagTarget(event.target)
    default:
      return undefined
  }
}
