/** Which repository a remote is: the remembered one, else what its `format.json` says. */

import { digestOf } from '../../core/digest.ts'
import { decodeRemoteFormat, requireFeatures } from '../../core/remote-format.ts'
import { remoteFormatKey } from '../../core/remote-layout.ts'
import type { StoreParts } from '../parts.ts'
import type { RemoteSession } from './session.ts'

export type IdentifiedRepository = {
  readonly repoId: string
  /** `format.json` was read just now, so the start of the log needs no further proof. */
  readonly isNew: boolean
}

/**
 * Finds out which repository the remote is, and remembers it.
 *
 * @returns `undefined` when the remote holds none yet.
 */
export async function identify(
  parts: StoreParts,
  session: RemoteSession,
  signal: AbortSignal | undefined,
): Promise<IdentifiedRepository | undefined> {
  const { remote, name } = session
  const known = parts.catalog.remotes.byName(name)
  if (known?.url === remote.url) return { repoId: known.repoId, isNew: false }
  const bytes = await remote.get(remoteFormatKey, { signal })
  if (bytes === undefined) return undefined
  return { repoId: await learnRepository(parts, session, bytes, signal), isNew: true }
}

/**
 * Remembers that the remote is the repository with this `format.json`; returns its id.
 *
 * @throws {MlstoreError} `FORMAT_UNSUPPORTED` if this mlstore cannot read it.
 */
export async function learnRepository(
  parts: StoreParts,
  { remote, name }: RemoteSession,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<string> {
  const where = `${remote.url}/${remoteFormatKey}`
  const format = decodeRemoteFormat(bytes, where)
  requireFeatures(format, 'read', where)
  const { repoId } = format
  const record = { kind: 'remote', name, url: remote.url, repoId, format: digestOf(bytes) } as const
  await parts.write((scope) => scope.append([record]), signal)
  return repoId
}
