/**
 * Learning what a remote has from the indexes of its packs.
 *
 * Each index is read once: which ones are known is noted next to what they said, and both are
 * caches that may be lost together.
 */

import type { Digest } from '../../core/digest.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import type { Remote, RequestOptions } from '../../ports/remote.ts'
import type { StoreParts } from '../parts.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import { readRemoteFooter } from './pack-index.ts'
import { rowsOfFooter } from './pack-rows.ts'

export type LearnRequest = {
  readonly remote: Remote
  readonly repoId: string
  readonly concurrency: number
  readonly options: RequestOptions
}

/** A push reads at most so many indexes to learn what it need not send. */
const indexesMax = 256

/** Below it, sending is cheaper than finding out. */
const versionBytesMin = 1024 * 1024

/**
 * Reads the indexes of these packs, as far as they are live and not known yet.
 *
 * @returns Whether all of them are known now.
 */
export async function learnPacks(
  { catalog }: Pick<StoreParts, 'catalog'>,
  { remote, repoId, concurrency, options }: LearnRequest,
  packs: readonly string[],
): Promise<boolean> {
  const unknown = packs.filter(
    (packId) =>
      catalog.meta.get(indexNote(repoId, packId)) === undefined &&
      catalog.remotePacks.liveSeq(repoId, packId) !== undefined,
  )
  let isComplete = true
  const read = mapOrdered(unknown, concurrency, async (packId) => ({
    packId,
    footer: await readRemoteFooter(remote, packId, options),
  }))
  for await (const { packId, footer } of read) {
    if (footer === undefined) {
      isComplete = false
      continue
    }
    const { rows, files } = rowsOfFooter(footer)
    catalog.remoteObjects.put(repoId, rows, files)
    catalog.meta.set(indexNote(repoId, packId), '')
  }
  return isComplete
}

/**
 * Before an upload: makes known what the remote's newest versions of the same artifacts hold, so
 * that what they share with the new ones is not sent again.
 *
 * Costs nothing where this store pushed or pulled those versions itself.
 */
export async function learnBases(
  parts: Pick<StoreParts, 'catalog'>,
  request: LearnRequest,
  versions: readonly VersionRow[],
): Promise<void> {
  const { catalog } = parts
  const { repoId } = request
  const large = versions.filter(({ sizeBytes }) => sizeBytes >= versionBytesMin)
  for (const artifact of new Set(large.map((version) => version.artifact))) {
    const base = catalog.versions
      .list(artifact)
      .find(({ id }) => catalog.remoteVersions.find(repoId, id) !== undefined)
    if (base === undefined || isLearned(parts, repoId, base.id)) continue
    const location = catalog.remoteVersions.find(repoId, base.id)
    const packs = location === undefined ? [] : catalog.remotePacks.needsOf(repoId, location)
    // Newest first: what was pushed last is likeliest to be shared.
    const isComplete = await learnPacks(parts, request, packs.toReversed().slice(0, indexesMax))
    if (isComplete && packs.length <= indexesMax) noteLearned(parts, repoId, base.id)
  }
}

/** Takes note that where everything of a version lies on that remote is known. */
export function noteLearned(
  { catalog }: Pick<StoreParts, 'catalog'>,
  repoId: string,
  version: Digest,
): void {
  catalog.meta.set(versionNote(repoId, version), '')
}

function isLearned(
  { catalog }: Pick<StoreParts, 'catalog'>,
  repoId: string,
  version: Digest,
): boolean {
  return catalog.meta.get(versionNote(repoId, version)) !== undefined
}

function versionNote(repoId: string, version: Digest): string {
  return `learned ${repoId} ${version}`
}

function indexNote(repoId: string, packId: string): string {
  return `index ${repoId} ${packId}`
}
