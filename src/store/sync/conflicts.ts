/** Conflicts as people read them: both values, who made the other one, and what to do. */

import type { Digest } from '../../core/digest.ts'
import type { VersionLocation } from '../../core/log/entry.ts'
import { type Conflict as CoreConflict, rebase } from '../../core/log/rebase.ts'
import { locatorForm } from '../../core/pack/locator.ts'
import type { StoreParts } from '../parts.ts'
import type { Conflict } from '../results.ts'
import { presentVersions } from './push-choice.ts'

/** What the result of a push says of its conflicts. */
export function conflictsInWords(
  parts: StoreParts,
  remote: string,
  conflicts: readonly CoreConflict[],
): Conflict[] {
  return conflicts.map((conflict) => {
    const { kind, artifact, name, ours, theirs } = conflict
    const event = parts.catalog.events.get(conflict.theirEvent)
    const theirsBy = event === undefined ? null : `${event.by} at ${event.at}`
    return { kind, remote, artifact, name, ours, theirs, theirsBy, hint: hintFor(conflict) }
  })
}

/** What a push would be refused, judged against the remote as last fetched. */
export function conflictsWith(parts: StoreParts, name: string): Conflict[] {
  const repoId = parts.catalog.remotes.byName(name)?.repoId
  if (repoId === undefined) return []
  return conflictsInWords(parts, name, judgeOffline(parts, repoId))
}

/** A version as if it had been uploaded, for judging what a push would come to. */
export function locatedNowhere(version: Digest): VersionLocation {
  const root = {
    packId: '00000000000000000000000000000000',
    offset: 0,
    storedBytes: 0,
    locatorBytes: 0,
    form: locatorForm.treeNode,
    isCompressed: false,
    isLocatorCompressed: false,
  }
  return { version, root, uses: [] }
}

/** Rebases a plain push as if its versions had been uploaded. */
function judgeOffline(parts: StoreParts, repoId: string): readonly CoreConflict[] {
  const { outgoing } = parts.catalog
  const events = outgoing.names(repoId)
  const located = presentVersions(parts, outgoing.versions(repoId)).map(({ id }) =>
    locatedNowhere(id),
  )
  const view = parts.catalog.remoteView(repoId)
  return rebase({ events, packs: [], versions: located }, view).conflicts
}

function hintFor({ kind, artifact, name, ours }: CoreConflict): string {
  switch (kind) {
    case 'label':
      return `The label ${name} is taken: \`mlstore relabel ${artifact}@${ours?.slice(0, 12) ?? name} NEW\` gives yours another, then push.`
    case 'removed':
      return `The version was deleted there: \`mlstore restore ${artifact}@${ours?.slice(0, 12) ?? name}\`, then push; or \`mlstore alias reset ${artifact} ${name}\`.`
    default:
      return `Keep theirs with \`mlstore alias reset ${artifact} ${name}\`, or take yours with \`mlstore push --force-alias ${artifact}@${name}\`.`
  }
}
