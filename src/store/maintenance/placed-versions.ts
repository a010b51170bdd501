/** Which versions there are, and whether their bytes are anywhere else than here. */

import type { VersionRow } from '../../catalog/version-row.ts'
import type { Digest } from '../../core/digest.ts'
import type { StoreParts } from '../parts.ts'

export type PlacedVersion = {
  readonly row: VersionRow
  /** This store made it. */
  readonly isOwn: boolean
  /** Some remote has it, by what was fetched of its log. */
  readonly isOnRemote: boolean
}

/** Every version that is not removed, artifact by artifact, newest first. */
export function placedVersions({ catalog }: Pick<StoreParts, 'catalog'>): PlacedVersion[] {
  const own = ownVersions(catalog)
  return catalog.versions.artifacts().flatMap(({ artifact }) =>
    catalog.versions.list(artifact).map((row) => ({
      row,
      isOwn: own.has(row.id),
      isOnRemote: catalog.remoteVersions.remotesOf(row.id).length > 0,
    })),
  )
}

/** Versions this store made, that are on no remote and were removed: `restore` may want them. */
export function removedOnlyHere({ catalog }: Pick<StoreParts, 'catalog'>): VersionRow[] {
  return [...ownVersions(catalog)].flatMap((id) => {
    const row = catalog.versions.get(id)
    const isOnRemote = catalog.remoteVersions.remotesOf(id).length > 0
    return row === undefined || !row.isRemoved || isOnRemote ? [] : [row]
  })
}

/** To no remote, everything own is unpushed. */
function ownVersions(catalog: StoreParts['catalog']): Set<Digest> {
  return new Set(catalog.outgoing.versions(undefined))
}
