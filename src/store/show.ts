/** `show`: everything about one version. */

import { parseReference } from '../core/reference.ts'
import { everyPath } from '../worktree/path-selection.ts'
import { attachmentsOf } from './attachments.ts'
import { isComplete, remotesWith } from './ensure-local.ts'
import type { StoreParts } from './parts.ts'
import { provenanceOf } from './provenance.ts'
import { resolveAnyVersion } from './resolve.ts'
import type { ShowResult } from './results.ts'
import { summaryOf } from './summary.ts'

/** Also of a version that was deleted. */
export function show(parts: StoreParts, text: string): ShowResult {
  const version = resolveAnyVersion(parts, parseReference(text))
  const { meta = {} } = version.record
  const isHere = isComplete(parts, version, everyPath)
  return {
    ...summaryOf(parts, version),
    shape: version.shape,
    meta,
    ...provenanceOf(parts, version),
    attachments: attachmentsOf(parts, parts.catalog.attachments.about(version.id)),
    removed: version.isRemoved,
    locations: [...(isHere ? ['local'] : []), ...remotesWith(parts, version)],
  }
}
