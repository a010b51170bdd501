/**
 * Claiming a slot of the log: the only commit point of a push (rules P4 and P5).
 *
 * The store of the remote decides who wins. What this code adds is certainty about the answer: a
 * lost response must neither commit twice nor be called a failure. Only a clean success or a
 * clean first refusal is believed; after anything else the slot is read back, and where it is
 * still empty the *same* bytes go to the *same* slot again, because the first try may yet land.
 */

import { logKey } from '../../core/remote-layout.ts'
import { isMlstoreError, MlstoreError } from '../../errors.ts'
import type { Clock, IdSource } from '../../ports/clock.ts'
import type { Remote } from '../../ports/remote.ts'

export type SlotClaim = {
  readonly remote: Remote
  readonly seq: number
  /** The entry's bytes; they hold a commit id, so no two clients ever write the same ones. */
  readonly bytes: Uint8Array
  readonly clock: Clock
  readonly ids: IdSource
  /** The user vouches that nobody else pushes: for stores without conditional writes. */
  readonly isOnlyWriter: boolean
  readonly signal?: AbortSignal | undefined
}

/** How long an unclear outcome is pursued, in milliseconds. */
const resolveTimeoutMs = 60_000
const backOffMinMs = 50
const backOffMaxMs = 4_000

/**
 * Writes the entry into its slot.
 *
 * @returns `committed`: the slot holds these bytes. `lost`: it holds another client's entry.
 * @throws {MlstoreError} `COMMIT_UNKNOWN` when the remote stopped answering after the entry was
 * sent. Nothing may be deleted then; the next push reads the log and learns what happened.
 */
export async function claimSlot(claim: SlotClaim): Promise<'committed' | 'lost'> {
  const key = logKey(claim.seq)
  const options = { signal: claim.signal }
  if (claim.isOnlyWriter) return putAlone(claim, key)
  const first = await claim.remote.create(key, claim.bytes, options)
  if (first === 'created') return 'committed'
  if (first === 'exists') return 'lost'

  const deadline = claim.clock.elapsedMs() + resolveTimeoutMs
  let backOffMs = backOffMinMs
  for (;;) {
    const outcome = await resolveOnce(claim, key)
    if (outcome !== 'unknown') return outcome
    if (claim.clock.elapsedMs() >= deadline) throw commitUnknown(claim)
    await claim.clock.sleep(backOffMs * (0.5 + claim.ids.random()), claim.signal)
    backOffMs = Math.min(backOffMs * 2, backOffMaxMs)
  }
}

/** Without conditional writes: looks first, then writes. */
async function putAlone(claim: SlotClaim, key: string): Promise<'committed' | 'lost'> {
  const options = { signal: claim.signal }
  const found = await claim.remote.get(key, options)
  if (found !== undefined) return ownership(found, claim.bytes)
  await claim.remote.put(key, claim.bytes, options)
  return 'committed'
}

/** Reads the slot back, and writes the same bytes once more where it is empty. */
async function resolveOnce(
  claim: SlotClaim,
  key: string,
): Promise<'committed' | 'lost' | 'unknown'> {
  try {
    const found = await claim.remote.get(key, { signal: claim.signal })
    if (found !== undefined) return ownership(found, claim.bytes)
    const again = await claim.remote.create(key, claim.bytes, { signal: claim.signal })
    return again === 'created' ? 'committed' : 'unknown'
  } catch (error) {
    if (isMlstoreError(error, 'REMOTE_UNAVAILABLE')) return 'unknown'
    throw commitUnknown(claim, error)
  }
}

function ownership(found: Uint8Array, mine: Uint8Array): 'committed' | 'lost' {
  return Buffer.compare(found, mine) === 0 ? 'committed' : 'lost'
}

function commitUnknown(claim: SlotClaim, cause?: unknown): MlstoreError {
  return new MlstoreError(
    'COMMIT_UNKNOWN',
    `${claim.remote.url}: log entry ${claim.seq} was sent, but whether it was committed could not be learned.`,
    { hint: 'Nothing is lost: run the same push again, it finds out and finishes.', cause },
  )
}
