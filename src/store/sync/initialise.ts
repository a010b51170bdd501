/**
 * What must hold before a store writes to a remote: it can be shared, it is understood, and it has
 * an identity.
 *
 * `format.json` is created with create-if-absent; whoever loses that race takes the winner's.
 */

import {
  decodeRemoteFormat,
  encodeRemoteFormat,
  requireFeatures,
} from '../../core/remote-format.ts'
import { remoteFormatKey } from '../../core/remote-layout.ts'
import { corrupt, MlstoreError } from '../../errors.ts'
import type { Capabilities } from '../../ports/remote.ts'
import type { StoreParts } from '../parts.ts'
import { claimKey } from './claim-slot.ts'
import { type IdentifiedRepository, learnRepository } from './identify.ts'
import type { RemoteSession } from './session.ts'

/** What was found out about a remote is believed for this long, in milliseconds. */
const checkLifetimeMs = 30 * 24 * 60 * 60 * 1000

export type InitialisedRepository = IdentifiedRepository & {
  /** It was made by this call, so its log is empty unless somebody is very quick. */
  readonly isCreated: boolean
}

/**
 * Makes a repository of an empty remote, or finds the one that somebody else has just made.
 *
 * @throws {MlstoreError} `COMMIT_UNKNOWN` when the remote does not tell; `REMOTE_UNSUPPORTED` when
 * it cannot be shared.
 */
export async function initialiseRemote(
  parts: StoreParts,
  session: RemoteSession,
  signal: AbortSignal | undefined,
): Promise<InitialisedRepository> {
  await checkMonthly(parts, session, () => requireConditionalWrites(session, signal))
  const { clock, ids } = parts
  const { remote, configured } = session
  const mine = encodeRemoteFormat(ids.id(), clock.now().toISOString())
  const isOnlyWriter = configured.singleWriter
  const claim = { remote, bytes: mine, clock, ids, isOnlyWriter, signal }
  const outcome = await claimKey(claim, remoteFormatKey)
  const isCreated = outcome === 'committed'
  const bytes = isCreated ? mine : await remote.get(remoteFormatKey, { signal })
  if (bytes === undefined) throw corrupt(remote.url, 'its format.json vanished when it was read')
  const repoId = await learnRepository(parts, session, bytes, signal)
  return { repoId, isNew: true, isCreated }
}

/**
 * Makes sure that this mlstore may write to the remote and that the remote does conditional writes
 * (rules V1 and V2): asks it once a month.
 *
 * @throws {MlstoreError} `REMOTE_UNSUPPORTED` when it does not: a shared log would lose commits.
 * `FORMAT_UNSUPPORTED` when writing needs a newer mlstore.
 */
export async function requireSharedWriting(
  parts: StoreParts,
  session: RemoteSession,
  signal: AbortSignal | undefined,
): Promise<void> {
  await checkMonthly(parts, session, async () => {
    await requireWriteFeatures(session, signal)
    await requireConditionalWrites(session, signal)
  })
}

/** Runs the check unless it went well lately. */
async function checkMonthly(
  { catalog, clock }: Pick<StoreParts, 'catalog' | 'clock'>,
  { remote, configured }: RemoteSession,
  check: () => Promise<void>,
): Promise<void> {
  const key = `${configured.singleWriter ? 'single-writer' : 'probe'} ${remote.url}`
  const age = clock.now().getTime() - Date.parse(catalog.meta.get(key) ?? '')
  if (age >= 0 && age < checkLifetimeMs) return
  await check()
  catalog.meta.set(key, clock.now().toISOString())
}

async function requireWriteFeatures(
  { remote }: RemoteSession,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bytes = await remote.get(remoteFormatKey, { signal })
  if (bytes === undefined) return
  const where = `${remote.url}/${remoteFormatKey}`
  requireFeatures(decodeRemoteFormat(bytes, where), 'write', where)
}

async function requireConditionalWrites(
  session: RemoteSession,
  signal: AbortSignal | undefined,
): Promise<void> {
  // The user vouches that nobody else pushes.
  if (session.configured.singleWriter) return
  const capabilities = await session.probe(signal)
  if (!capabilities.conditionalCreate) throw unsupported(session, capabilities)
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
