/**
 * Proof that versions are on a remote, now and not by what was learned once.
 *
 * The log is read to its end, so that every sweep is known; then each pack that a version needs
 * must be live in it, must be there, and must end as a pack of its length does. A pack is asked
 * for once, whatever the number of versions that need it.
 */

import type { VersionRow } from '../../catalog/version-row.ts'
import type { Digest } from '../../core/digest.ts'
import { packTrailerBytes } from '../../core/pack/format.ts'
import { readTrailer } from '../../core/pack/footer-reader.ts'
import { packKey } from '../../core/remote-layout.ts'
import { isMlstoreError, throwIfAborted } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import { catchUp } from '../sync/catch-up.ts'
import { transferConcurrency } from '../sync/transfer-limits.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import { type RemoteSession, withRemote } from '../sync/session.ts'

/** Why a version could not be proved to be anywhere: the last remote's answer, in words. */
export type Proof = {
  readonly proved: ReadonlySet<Digest>
  readonly reasons: ReadonlyMap<Digest, string>
}

/** Asks every remote that may have some of the versions. */
export async function provePresent(
  parts: StoreParts,
  versions: readonly VersionRow[],
  signal: AbortSignal | undefined,
): Promise<Proof> {
  const proved = new Set<Digest>()
  const reasons = new Map<Digest, string>()
  for (const { name } of parts.config().remotes()) {
    const open = versions.filter(({ id }) => !proved.has(id) && isSaidToBeOn(parts, name, id))
    if (open.length === 0) continue
    const absent = await proveOn(parts, name, open, signal)
    for (const { id } of open) {
      const reason = absent.get(id)
      if (reason === undefined) proved.add(id)
      else reasons.set(id, reason)
    }
  }
  return { proved, reasons }
}

function isSaidToBeOn({ catalog }: StoreParts, name: string, version: Digest): boolean {
  const repoId = catalog.remotes.byName(name)?.repoId
  return repoId !== undefined && catalog.remoteVersions.find(repoId, version) !== undefined
}

/** Returns why not, for those that are not there. A remote out of reach proves nothing. */
async function proveOn(
  parts: StoreParts,
  name: string,
  versions: readonly VersionRow[],
  signal: AbortSignal | undefined,
): Promise<Map<Digest, string>> {
  try {
    return await withRemote(parts, name, async (session) => {
      const caughtUp = await catchUp(parts, session, { forWriting: false, signal })
      const repoId = caughtUp?.head.repoId
      if (repoId === undefined) return allBecause(versions, `${name} is empty now`)
      return proveAtHead(parts, session, repoId, { versions, signal })
    })
  } catch (error) {
    if (!isMlstoreError(error) || error.code === 'INTERRUPTED') throw error
    return allBecause(versions, `${name} could not be asked: ${error.message}`)
  }
}

function allBecause(versions: readonly VersionRow[], reason: string): Map<Digest, string> {
  return new Map(versions.map(({ id }) => [id, reason]))
}

type Claim = { readonly versions: readonly VersionRow[]; readonly signal: AbortSignal | undefined }

async function proveAtHead(
  { catalog, config }: StoreParts,
  { remote, name }: RemoteSession,
  repoId: string,
  { versions, signal }: Claim,
): Promise<Map<Digest, string>> {
  const reasons = new Map<Digest, string>()
  const needs = new Map<Digest, readonly string[]>()
  for (const { id } of versions) {
    const location = catalog.remoteVersions.find(repoId, id)
    const packs = location && catalog.remotePacks.needsOf(repoId, location)
    if (packs?.every((pack) => catalog.remotePacks.liveSeq(repoId, pack) !== undefined) === true) {
      needs.set(id, packs)
    } else reasons.set(id, `${name} has swept something it needs`)
  }
  const packs = [...new Set([...needs.values()].flat())]
  const looks = mapOrdered(packs, transferConcurrency({ config }), async (pack) => {
    throwIfAborted(signal)
    return { pack, isWhole: await isWholePack(remote, pack, signal) }
  })
  const damaged = new Set<string>()
  for await (const { pack, isWhole } of looks) if (!isWhole) damaged.add(pack)
  for (const [id, its] of needs) {
    const missing = its.find((pack) => damaged.has(pack))
    if (missing !== undefined) reasons.set(id, `${packKey(missing)} is not whole on ${name}`)
  }
  return reasons
}

/** The trailer holds the pack's id and its length, so a cut or foreign object is noticed. */
async function isWholePack(
  remote: RemoteSession['remote'],
  pack: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const key = packKey(pack)
  const sizeBytes = (await remote.head(key, { signal }))?.sizeBytes
  if (sizeBytes === undefined || sizeBytes < packTrailerBytes) return false
  try {
    const range = { start: sizeBytes - packTrailerBytes, end: sizeBytes }
    const trailer = await remote.get(key, { range, signal })
    if (trailer === undefined) return false
    readTrailer(trailer, pack, sizeBytes)
    return true
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) return false
    throw error
  }
}
