/**
 * Claiming a slot of the log: the only commit point of a push (rules P4 and P5).
 *
 * The store of the remote decides who wins. What this code adds is certainty about the answer: a
 * lost response must neither commit twice nor be called a failure. Only a clean success is
 * believed; after anything else the key is read back, and where it is still empty the *same* bytes
 * go to the *same* key again, because the first try may yet land. A refusal is looked at too: a
 * proxy that repeats requests turns one's own success into it.
 */

import { logKey } from '../../core/remote-layout.ts'
import { isMlstoreError, MlstoreError } from '../../errors.ts'
import type { Clock, IdSource } from '../../ports/clock.ts'
import type { Remote } from '../../ports/remote.ts'

export type KeyClaim = {
  readonly remote: Remote
  /** They hold a random id, so no two clients ever write the same ones. */
  readonly bytes: Uint8Array
  readonly clock: Clock
  readonly ids: IdSource
  /** The user vouches that nobody else pushes: for stores without conditional writes. */
  readonly isOnlyWriter: boolean
  readonly signal?: AbortSignal | undefined
}

export type SlotClaim = KeyClaim & { readonly seq: number }

export type ClaimOutcome =
  /** The key holds these bytes. */
  | 'committed'
  /** It holds another client's. */
  | 'lost'

/** How long an unclear outcome is pursued, in milliseconds. */
const resolveTimeoutMs = 60_000
const backOffMsMin = 50
const backOffMsMax = 4_000

/**
 * Writes the entry into its slot.
 *
 * @throws {MlstoreError} `COMMIT_UNKNOWN` when the remote stopped answering after the entry was
 * sent. Nothing may be deleted then; the next push reads the log and learns what happened.
 */
export function claimSlot(claim: SlotClaim): Promise<ClaimOutcome> {
  return claimKey(claim, logKey(claim.seq))
}

/** The same for any key that is written once. */
export async function claimKey(claim: KeyClaim, key: string): Promise<ClaimOutcome> {
  const first = claim.isOnlyWriter ? await lookThenPut(claim, key) : await create(claim, key)
  if (first !== 'unknown') return first
  const deadline = claim.clock.elapsedMs() + resolveTimeoutMs
  let backOffMs = backOffMsMin
  for (;;) {
    const outcome = await resolveOnce(claim, key)
    if (outcome !== 'unknown') return outcome
    if (claim.clock.elapsedMs() >= deadline) throw commitUnknown(claim, key)
    await pause(claim, key, backOffMs)
    backOffMs = Math.min(backOffMs * 2, backOffMsMax)
  }
}

/** The first try: what is refused, or never sent, is no commit, and is thrown as it is. */
async function create(claim: KeyClaim, key: string): Promise<'committed' | 'unknown'> {
  const { remote, bytes, signal } = claim
  return (await remote.create(key, bytes, { signal })) === 'created' ? 'committed' : 'unknown'
}

/** The first try without conditional writes. */
async function lookThenPut(claim: KeyClaim, key: string): Promise<ClaimOutcome | 'unknown'> {
  const { remote, bytes, signal } = claim
  const found = await remote.get(key, { signal })
  if (found !== undefined) return ownership(found, bytes)
  return put(claim, key)
}

async function put(
  { remote, bytes, signal }: KeyClaim,
  key: string,
): Promise<'committed' | 'unknown'> {
  try {
    await remote.put(key, bytes, { signal })
    return 'committed'
  } catch (error) {
    if (isMlstoreError(error, 'REMOTE_UNAVAILABLE')) return 'unknown'
    throw error
  }
}

/** Reads the key back, and writes the same bytes once more where it is empty. */
async function resolveOnce(claim: KeyClaim, key: string): Promise<ClaimOutcome | 'unknown'> {
  try {
    const found = await claim.remote.get(key, { signal: claim.signal })
    if (found !== undefined) return ownership(found, claim.bytes)
    return await (claim.isOnlyWriter ? put(claim, key) : create(claim, key))
  } catch (error) {
    if (isMlstoreError(error, 'REMOTE_UNAVAILABLE')) return 'unknown'
    throw commitUnknown(claim, key, error)
  }
}

function ownership(found: Uint8Array, mine: Uint8Array): ClaimOutcome {
  return Buffer.compare(found, mine) === 0 ? 'committed' : 'lost'
}

async function pause(claim: KeyClaim, key: string, backOffMs: number): Promise<void> {
  try {
    await claim.clock.sleep(backOffMs * (0.5 + claim.ids.random()), claim.signal)
  } catch (error) {
    throw commitUnknown(claim, key, error)
  }
}

function commitUnknown(claim: KeyClaim, key: string, cause?: unknown): MlstoreError {
  return new MlstoreError(
    'COMMIT_UNKNOWN',
    `${claim.remote.url}: ${key} was sent, but whether it was committed could not be learned.`,
    { hint: 'Nothing is lost: run the same push again, it finds out and finishes.', cause },
  )
}
