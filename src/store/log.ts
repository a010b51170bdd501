/** `log` and `show`: versions of an artifact, and everything about one. */

import { parseReference } from '../core/reference.ts'
import { everyPath } from '../worktree/path-selection.ts'
import { isComplete, remotesWith } from './ensure-local.ts'
import type { StoreParts } from './parts.ts'
import { resolveAnyVersion, resolveReference } from './resolve.ts'
import type { ShowResult, VersionSummary } from './results.ts'
import { summariesOf, summaryOf } from './summary.ts'
import { versionTitle } from './version-title.ts'

/**
 * Versions of an artifact, newest first; with `@X`, from that version on.
 *
 * @param options.limit Default: all.
 */
export function log(
  parts: StoreParts,
  text: string,
  { limit }: { readonly limit?: number | undefined } = {},
): VersionSummary[] {
  const reference = parseReference(text)
  const from = resolveReference(parts, reference).id
  return summariesOf(parts, parts.catalog.versions.list(reference.artifact, { from, limit }))
}

/** Also of a version that was deleted. */
export function show(parts: StoreParts, text: string): ShowResult {
  const version = resolveAnyVersion(parts, parseReference(text))
  const { meta = {}, inputs = [] } = version.record
  const isHere = isComplete(parts, version, everyPath)
  return {
    ...summaryOf(parts, version),
    shape: version.shape,
    meta,
    inputs: inputs.map(({ version: id, role }) => {
      const input = parts.catalog.versions.get(id)
      return { version: id, role, name: input === undefined ? null : versionTitle(parts, input) }
    }),
    removed: version.isRemoved,
    locations: [...(isHere ? ['local'] : []), ...remotesWith(parts, version)],
  }
}
