/**
 * The first push to an empty remote: probe it, then give it an identity.
 *
 * `format.json` is created with create-if-absent; whoever loses that race takes the winner's.
 */

import { encodeRemoteFormat } from '../../core/remote-format.ts'
import { remoteFormatKey } from '../../core/remote-layout.ts'
import { MlstoreError } from '../../errors.ts'
import type { Capabilities } from '../../ports/remote.ts'
import type { StoreParts } from '../parts.ts'
import type { RemoteSession } from './session.ts'

/** A passed probe is believed for this long, in milliseconds. */
const probeLifetimeMs = 30 * 24 * 60 * 60 * 1000

/** Makes a repository of an empty remote. */
export async function initialiseRemote(
  parts: StoreParts,
  session: RemoteSession,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bytes = encodeRemoteFormat(parts.ids.id(), parts.clock.now().toISOString())
  const { remote, configured } = session
  if (configured.singleWriter) {
    if ((await remote.head(remoteFormatKey, { signal })) === undefined) {
      await remote.put(remoteFormatKey, bytes, { signal })
    }
    return
  }
  const outcome = await remote.create(remoteFormatKey, bytes, { signal })
  if (outcome !== 'unknown') return
  if ((await remote.get(remoteFormatKey, { signal })) !== undefined) return
  throw new MlstoreError('COMMIT_UNKNOWN', `${remote.url}: creating the repository was not answered.`, {
    hint: 'Run the push again.',
  })
}

/**
 * Makes sure that the remote does conditional writes (rule V1): asks it once a month.
 *
 * @throws {MlstoreError} `REMOTE_UNSUPPORTED` when it does not: a shared log would lose commits.
 */
export async function requireSharedWriting(
  parts: StoreParts,
  session: RemoteSession,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (session.configured.singleWriter) return
  const { meta } = parts.catalog
  const key = `probe ${session.remote.url}`
  const checkedAt = Date.parse(meta.get(key) ?? '')
  const age = parts.clock.now().getTime() - checkedAt
  if (age >= 0 && age < probeLifetimeMs) return
  const capabilities = await session.probe(signal)
  if (!capabilities.conditionalCreate) throw unsupported(session, capabilities)
  meta.set(key, capabilities.checkedAt)
}

function unsupported(session: RemoteSession, { problems }: Capabilities): MlstoreError {
  return new MlstoreError(
    'REMOTE_UNSUPPORTED',
    `${session.remote.url} cannot be shared: ${problems.join(' ')}`,
    {
      hint:
        'Two people pushing at once could lose work. Reading works; if only one person ever ' +
        `pushes, add the remote again with --single-writer. \`mlstore remote doctor ${session.name}\` says more.`,
    },
  )
}
