/** From a reference to the version that it means on one remote, which need not be the default one. */

import { parseReference } from '../core/reference.ts'
import type { StoreParts } from './parts.ts'
import { resolveReference } from './resolve.ts'
import type { VersionSummary } from './results.ts'
import { summaryOf } from './summary.ts'

/** An alias is where it is on that remote; everything else, and what it lacks, as here. */
export function resolveOn(parts: StoreParts, remote: string, text: string): VersionSummary {
  const { catalog } = parts
  const reference = parseReference(text)
  const { artifact, selector = '' } = reference
  const repoId = catalog.remotes.byName(parts.config().remote(remote).name)?.repoId
  const head =
    repoId === undefined ? undefined : catalog.remoteView(repoId).aliasHead(artifact, selector)
  const there = head?.to ?? undefined
  const version = there === undefined ? undefined : catalog.versions.get(there)
  const isThere = version !== undefined && !version.isRemoved
  return summaryOf(parts, isThere ? version : resolveReference(parts, reference))
}
