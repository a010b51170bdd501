/** `log` and `show`: versions of an artifact, and everything about one. */

import { parseReference } from '../core/reference.ts'
import { notFound } from '../errors.ts'
import { remotesWith, isComplete } from './ensure-local.ts'
import type { StoreParts } from './parts.ts'
import { resolveReference, resolveVersion } from './resolve.ts'
import type { ShowResult, VersionSummary } from './results.ts'
import { summariesOf, summaryOf } from './summary.ts'
import { everyPath } from '../worktree/path-selection.ts'

/**
 * Versions of an artifact, newest first; with `@X`, from that version on.
 *
 * @param options.limit Default: all.
 */
export function log(
  parts: StoreParts,
  text: string,
  options: { readonly limit?: number | undefined } = {},
): VersionSummary[] {
  const reference = parseReference(text)
  const { limit } = options
  const first = resolveReference(parts, reference)
  const older = limit === undefined ? undefined : limit - 1
  const rest = { before: first.id, limit: older }
  const rows = limit === 0 ? [] : [first, ...parts.catalog.versions.list(reference.artifact, rest)]
  return summariesOf(parts, rows)
}

export function show(parts: StoreParts, text: string): ShowResult {
  const version = resolveVersion(parts, text)
  const { record } = version
  const isHere = isComplete(parts, version, everyPath)
  return {
    ...summaryOf(parts, version),
    shape: record.shape,
    meta: record.meta ?? {},
    inputs: (record.inputs ?? []).map(({ version: id, role }) => {
      const input = parts.catalog.versions.get(id)
      return { version: id, role, name: input?.record.artifact ?? null }
    }),
    removed: version.removedBy !== undefined,
    locations: [...(isHere ? ['local'] : []), ...remotesWith(parts, version)],
  }
}

/** The artifact must exist. */
export function requireArtifact(parts: Pick<StoreParts, 'catalog'>, artifact: string): void {
  if (parts.catalog.versions.newest(artifact) !== undefined) return
  throw notFound(`There is no ${artifact} here.`, '`mlstore ls` lists the artifacts.')
}
