/**
 * What a push is about: which versions bring their bytes, and which events come with them.
 */

import type { VersionRow } from '../../catalog/version-row.ts'
import type { Digest } from '../../core/digest.ts'
import type { Event } from '../../core/events/event.ts'
import { eventsAbout } from '../../core/log/event-scope.ts'
import type { StoreParts } from '../parts.ts'
import { resolveVersion } from '../resolve.ts'

export type PushChoice = {
  readonly versions: readonly VersionRow[]
  readonly events: readonly Event[]
}

/**
 * Chooses for a push.
 *
 * Without references: everything this store made and the remote lacks. With them: those versions,
 * wherever they came from, with their labels, tags and aliases and nothing about any other.
 *
 * @param repoId Of a repository that may never have been seen: it lacks everything.
 */
export function choosePush(
  parts: StoreParts,
  repoId: string,
  references: readonly string[],
): PushChoice {
  return references.length === 0 ? chooseOwn(parts, repoId) : chooseNamed(parts, repoId, references)
}

function chooseOwn(parts: StoreParts, repoId: string): PushChoice {
  const events = parts.catalog.events.unpushed(repoId)
  const added = events.flatMap((event) => (event.type === 'version.add' ? [event.version] : []))
  return { versions: present(parts, added), events }
}

function chooseNamed(parts: StoreParts, repoId: string, references: readonly string[]): PushChoice {
  const { events, remoteVersions } = parts.catalog
  const named = references.map((reference) => resolveVersion(parts, reference))
  const ids = new Set(named.map((version) => version.id))
  const artifacts = new Set(named.map((version) => version.artifact))
  const lacking = events.lackingAbout(repoId, ids, artifacts)
  const absent = [...ids].filter((id) => !remoteVersions.has(repoId, id))
  return { versions: present(parts, absent), events: eventsAbout(ids, artifacts, lacking) }
}

/** Versions that were not removed again before anyone else saw them. */
function present(parts: StoreParts, ids: readonly Digest[]): VersionRow[] {
  return [...new Set(ids)].flatMap((id) => {
    const row = parts.catalog.versions.get(id)
    return row === undefined || row.isRemoved ? [] : [row]
  })
}
