/** `push --dry-run`: what a push would send and be refused, without writing anything anywhere. */

import { rebase } from '../../core/log/rebase.ts'
import type { StoreParts } from '../parts.ts'
import type { PushRequest } from '../requests.ts'
import type { PushResult } from '../results.ts'
import { versionTitle } from '../version-title.ts'
import { catchUpWith } from './catch-up.ts'
import { conflictsInWords, locatedNowhere } from './conflicts.ts'
import { plannedMoves } from './force-aliases.ts'
import type { IdentifiedRepository } from './identify.ts'
import { choosePush } from './push-choice.ts'
import { countRuns } from './push-commit.ts'
import { plannedRenumberings } from './renumber.ts'
import { knownHead, type RemoteSession } from './session.ts'

/** Stands for the repository that the first push will make. */
const noRepository = '00000000000000000000000000000000'

/** Plans a push; the remote's log is fetched for it. */
export async function planPush(
  parts: StoreParts,
  session: RemoteSession,
  found: IdentifiedRepository | undefined,
  request: PushRequest,
): Promise<PushResult> {
  const { signal, references = [], forceAliases = [] } = request
  if (found !== undefined) {
    const isHeadProven = found.isNew && knownHead(parts, found.repoId).seq === 0
    await catchUpWith(parts, session, found.repoId, { signal, forWriting: false, isHeadProven })
  }
  const repoId = found?.repoId ?? noRepository
  const choice = choosePush(parts, { repoId, references })
  const events = [...choice.events, ...plannedMoves(parts, repoId, forceAliases)]
  const versions = choice.versions.map(({ id }) => locatedNowhere(id))
  const rebased = rebase({ events, packs: [], versions }, parts.catalog.remoteView(repoId))
  const { requests } = session.stats()
  return {
    remote: session.name,
    seq: parts.catalog.remotes.head(repoId)?.seq ?? 0,
    versions: choice.versions.map((version) => versionTitle(parts, version)),
    runs: countRuns(rebased),
    events: rebased.events.length,
    bytesSent: 0,
    bytesDeduped: 0,
    packs: 0,
    requests,
    conflicts: conflictsInWords(parts, session.name, rebased.conflicts),
    renumbered: plannedRenumberings(rebased.taken),
  }
}
