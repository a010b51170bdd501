/**
 * Checks a remote's log: every slot by GET, each entry and the chain of hashes through them.
 *
 * A reader stops at the first entry it cannot read. This check goes on behind it, because whoever
 * has to mend the log wants to know everything that is wrong with it.
 */

import { digestOf } from '../../core/digest.ts'
import { decodeEntry, type LogEntry } from '../../core/log/entry.ts'
import { decodeRemoteFormat, requireFeatures } from '../../core/remote-format.ts'
import { logKey, remoteFormatKey } from '../../core/remote-layout.ts'
import { isMlstoreError, throwIfAborted } from '../../errors.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import type { RemoteCheck } from './remote-check.ts'
import { LogState } from './remote-log-state.ts'
import { sentences } from './sentences.ts'

const askOwner = 'Ask whoever runs the remote whether it was rolled back or replaced.'

/** Returns what the log says; `undefined` if it cannot even be told which repository this is. */
export async function checkRemoteLog(check: RemoteCheck): Promise<LogState | undefined> {
  const state = await checkFormat(check)
  if (state === undefined) return undefined
  const slots = mapOrdered(naturals(), check.concurrency, (seq) => getSlot(check, seq))
  let isChainKnown = true
  for await (const bytes of slots) {
    throwIfAborted(check.signal)
    const seq = state.seq + 1
    if (bytes === undefined) {
      if (!isWithinLog(check, seq)) break
      reportMissing(check, seq)
      state.push(undefined, undefined)
      isChainKnown = false
      continue
    }
    const entry = readSlot(check, state, { seq, bytes, isChainKnown })
    state.push(entry && digestOf(bytes), entry)
    isChainKnown = entry !== undefined
    check.findings.count(1, bytes.length)
  }
  await checkEnd(check, state)
  return state
}

async function checkFormat(check: RemoteCheck): Promise<LogState | undefined> {
  const { remote, findings, known } = check
  const bytes = await remote.get(remoteFormatKey, { signal: check.signal })
  if (bytes === undefined) {
    if (known !== undefined) {
      const what = `it is gone, so nobody can read this remote any more. ${askOwner}`
      findings.report({ where: remoteFormatKey, what })
    }
    return undefined
  }
  try {
    const format = decodeRemoteFormat(bytes, remoteFormatKey)
    requireFeatures(format, 'check', remoteFormatKey)
    if (known !== undefined && known.repoId !== format.repoId) {
      const what = `it names repository ${format.repoId}; this store knows ${known.repoId}. ${askOwner}`
      findings.report({ where: remoteFormatKey, what })
    }
    return new LogState(format.repoId, digestOf(bytes))
  } catch (error) {
    if (!isMlstoreError(error, 'CORRUPT')) throw error
    findings.report({ where: remoteFormatKey, what: sentences(error.message, askOwner) })
    return undefined
  }
}

function* naturals(): Generator<number> {
  for (let seq = 1; ; seq++) yield seq
}

/** A refusal ends the log as it does for readers: some stores answer so for what is not there. */
async function getSlot(check: RemoteCheck, seq: number): Promise<Uint8Array | undefined> {
  try {
    return await check.remote.get(logKey(seq), { signal: check.signal })
  } catch (error) {
    const isForbidden =
      isMlstoreError(error, 'REMOTE_REFUSED') && error.details?.['forbidden'] === true
    if (isForbidden) return undefined
    throw error
  }
}

function isWithinLog({ known }: RemoteCheck, seq: number): boolean {
  return known !== undefined && seq <= known.seq
}

function reportMissing({ findings }: RemoteCheck, seq: number): void {
  const key = logKey(seq)
  const what =
    'this entry of the log is gone, though it was fetched here before: ' +
    'readers stop in front of it. `--repair` puts it back from the journal.'
  findings.report({ where: key, what, mend: { kind: 'key', key } })
}

type Slot = {
  readonly seq: number
  readonly bytes: Uint8Array
  /** The entry before it could be read, so `prev` can be checked. */
  readonly isChainKnown: boolean
}

function readSlot(check: RemoteCheck, state: LogState, slot: Slot): LogEntry | undefined {
  const { seq, bytes, isChainKnown } = slot
  const key = logKey(seq)
  try {
    const entry = decodeEntry(bytes, `log entry ${seq}`)
    // No repair for these: someone else's entry would be overwritten with ours.
    const problem = problemOf(check, state, slot, entry)
    if (problem !== undefined) check.findings.report({ where: key, what: problem })
    if (isChainKnown && entry.prev !== state.hashOf(seq - 1)) reportBreak(check, seq)
    return entry
  } catch (error) {
    if (!isMlstoreError(error) || error.code === 'FORMAT_UNSUPPORTED') throw error
    const what =
      `${error.message} Readers stop in front of it. ` +
      '`--repair`, run in a store that has fetched it, puts it back.'
    check.findings.report({ where: key, what, mend: { kind: 'key', key } })
    return undefined
  }
}

/** One of two entries is not what was written. The earlier is put back if it fits the later. */
function reportBreak({ findings }: RemoteCheck, seq: number): void {
  const key = seq === 1 ? remoteFormatKey : logKey(seq - 1)
  const what = `it is not the entry that entry ${seq} follows: one of the two was changed. ${askOwner}`
  findings.report({ where: key, what, mend: { kind: 'key', key } })
}

function problemOf(
  { known }: RemoteCheck,
  state: LogState,
  { seq, bytes }: Slot,
  entry: LogEntry,
): string | undefined {
  if (entry.repoId !== state.repoId) return `it belongs to repository ${entry.repoId}. ${askOwner}`
  if (entry.seq !== seq) return `it says that it is entry ${entry.seq}. ${askOwner}`
  if (known?.seq === seq && known.hash !== digestOf(bytes)) {
    return `it is not the entry that this store fetched before. ${askOwner}`
  }
  return undefined
}

/** An entry behind the end means that one in front of it was lost. */
async function checkEnd(check: RemoteCheck, state: LogState): Promise<void> {
  const { remote, findings, signal } = check
  const end = logKey(state.seq + 1)
  try {
    for await (const { key } of remote.list('log/', { after: end, signal })) {
      const what = `this entry of the log is gone, and there are later ones such as ${key}: readers stop here.`
      findings.report({ where: end, what, mend: { kind: 'key', key: end } })
      return
    }
  } catch (error) {
    // Correctness never needs a listing: where it is refused, this one look is left out.
    const isRefusal =
      isMlstoreError(error, 'REMOTE_REFUSED') || isMlstoreError(error, 'REMOTE_UNSUPPORTED')
    if (!isRefusal) throw error
  }
}
