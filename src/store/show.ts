/** `show`: everything about one version. */

import { parseReference } from '../core/reference.ts'
import { everyPath } from '../worktree/path-selection.ts'
import { isComplete, remotesWith } from './ensure-local.ts'
import type { StoreParts } from './parts.ts'
import { resolveAnyVersion } from './resolve.ts'
import type { ShowResult } from './results.ts'
import { summaryOf } from './summary.ts'
import { versionTitle } from './version-title.ts'

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
