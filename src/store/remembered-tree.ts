/**
 * The tree a folder of the user had when it was last looked at, under the fingerprint of its scan.
 *
 * It spares an unchanged folder everything but the scan. Like the stat cache it is no truth: a hit
 * says which tree the folder has, not that its objects are here.
 */

import { type Digest, isDigest } from '../core/digest.ts'
import type { ScanEntry } from '../worktree/scan.ts'
import { ScanFingerprint } from '../worktree/scan-fingerprint.ts'
import type { StoreParts } from './parts.ts'
import { type LookOptions, lookIntoFolder, type UserPath } from './user-path.ts'

/**
 * The root of the folder's tree, if nothing in it changed since that was remembered.
 *
 * A folder of which nothing is remembered is not scanned.
 */
export async function recallTree(
  parts: StoreParts,
  folder: string,
  options: LookOptions = {},
): Promise<Digest | undefined> {
  const known = read(parts, folder)
  if (known === undefined) return undefined
  const { entries, timeNs } = lookIntoFolder(parts, folder, options)
  const fingerprint = new ScanFingerprint(timeNs)
  for await (const batch of entries) fingerprint.add(batch)
  return fingerprint.end() === known.fingerprint ? known.root : undefined
}

/** A scan that is watched while someone goes through it, so that its tree can be remembered. */
export class WatchedScan {
  readonly #parts: Pick<StoreParts, 'catalog'>
  readonly #place: UserPath
  readonly #fingerprint: ScanFingerprint

  constructor(parts: Pick<StoreParts, 'catalog'>, place: UserPath) {
    this.#parts = parts
    this.#place = place
    this.#fingerprint = new ScanFingerprint(place.timeNs)
  }

  /** What is there, to be gone through once. */
  async *entries(): AsyncGenerator<readonly ScanEntry[]> {
    for await (const batch of this.#place.entries) {
      this.#fingerprint.add(batch)
      yield batch
    }
  }

  /** Says which tree the folder has; called when all of it was gone through. */
  remember(root: Digest): void {
    const { meta } = this.#parts.catalog
    const fingerprint = this.#fingerprint.end()
    const name = nameOf(this.#place.folder)
    if (fingerprint === undefined) meta.delete(name)
    else meta.set(name, `${fingerprint} ${root}`)
  }
}

function read(
  { catalog }: StoreParts,
  folder: string,
): { readonly fingerprint: Digest; readonly root: Digest } | undefined {
  const [fingerprint = '', root = ''] = catalog.meta.get(nameOf(folder))?.split(' ') ?? []
  return isDigest(fingerprint) && isDigest(root) ? { fingerprint, root } : undefined
}

function nameOf(folder: string): string {
  return `tree of ${folder}`
}
