/** How messages and the lock file call a version. */

import type { Digest } from '../core/digest.ts'
import type { ArtifactName } from '../core/names.ts'
import type { StoreParts } from './parts.ts'

/** Enough of a digest to be unambiguous among any number of versions that people make. */
const shortCharacters = 12

export function shortDigest(digest: Digest): string {
  return digest.slice(0, shortCharacters)
}

/** The version's label, or the start of its digest if it has none. */
export function labelOrDigest({ catalog }: Pick<StoreParts, 'catalog'>, version: Digest): string {
  return catalog.labels.of(version) ?? shortDigest(version)
}

/** `type/name@label`. */
export function versionTitle(
  parts: Pick<StoreParts, 'catalog'>,
  version: { readonly id: Digest; readonly artifact: ArtifactName },
): string {
  return `${version.artifact}@${labelOrDigest(parts, version.id)}`
}
