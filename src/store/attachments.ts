/**
 * Checks, profiles and comparisons: what says something about a version or a run, found again by
 * its type.
 *
 * An attachment is a version like any other, of the artifact `TYPE/NAME`, so it travels, is read
 * and is deleted like any other. What it is about stands in its record: the version as an input
 * with the role `about`, the run as the one that made it, which links it under its type.
 */

import type { VersionRow } from '../catalog/version-row.ts'
import type { Digest } from '../core/digest.ts'
import { type NodeId, runNode, versionNode } from '../core/lineage/graph.ts'
import type { StoreParts } from './parts.ts'
import { resolveVersion } from './resolve.ts'
import type { Attachment } from './results.ts'
import { resolveRun } from './runs/resolve-run.ts'
import { summariesOf } from './summary.ts'
import { shortDigest } from './version-title.ts'

type CatalogPart = Pick<StoreParts, 'catalog'>

/** What an attachment is about. */
export type AttachmentTarget =
  | { readonly kind: 'version'; readonly version: Digest; readonly artifact: string }
  | { readonly kind: 'run'; readonly run: string }

/**
 * What was attached to a version or a run and not removed, newest first.
 *
 * @param options.type Only of this type: `data-profile`.
 */
export function attachments(
  parts: CatalogPart,
  target: string,
  { type }: { readonly type?: string | undefined } = {},
): Attachment[] {
  const known = parts.catalog.attachments
  const about = attachmentTarget(parts, target)
  const rows = about.kind === 'run' ? known.attachedTo(about.run) : known.about(about.version)
  return attachmentsOf(parts, rows).filter(
    (attachment) => type === undefined || attachment.type === type,
  )
}

/** Versions as attachments, in the order given. */
export function attachmentsOf(parts: CatalogPart, rows: readonly VersionRow[]): Attachment[] {
  return summariesOf(parts, rows).map((summary) => {
    const { artifact, label, digest, createdAt, by, files, sizeBytes, tags } = summary
    const type = artifact.slice(0, artifact.indexOf('/'))
    const name = `${artifact}@${label ?? shortDigest(digest)}`
    return { type, name, version: digest, createdAt, by, files, sizeBytes, tags }
  })
}

/** @throws {MlstoreError} `NOT_FOUND`, `AMBIGUOUS_REFERENCE`, `INVALID_ARGUMENT`. */
export function attachmentTarget(parts: CatalogPart, text: string): AttachmentTarget {
  if (text.startsWith('run:')) {
    return { kind: 'run', run: resolveRun(parts, text.slice('run:'.length)).id }
  }
  const { id, artifact } = resolveVersion(parts, text)
  return { kind: 'version', version: id, artifact }
}

export function nodeOfTarget(target: AttachmentTarget): NodeId {
  return target.kind === 'run' ? runNode(target.run) : versionNode(target.version)
}
