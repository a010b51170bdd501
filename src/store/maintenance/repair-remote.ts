/**
 * Puts back what a remote lost and this store can vouch for: entries of the log, from the journal,
 * indexes, from the ends of their packs, and bodies of events that are known here.
 *
 * An entry is only written where the one there is gone or unreadable, never over another one: a
 * log that went on without us is not ours to rewrite.
 */

import { digestOf } from '../../core/digest.ts'
import { decodeJournalPayload } from '../../core/events/journal-record.ts'
import { decodeEntry } from '../../core/log/entry.ts'
import { logKey } from '../../core/remote-layout.ts'
import { readJournal } from '../../objects/journal.ts'
import type { StoreParts } from '../parts.ts'
import { knownBodies } from './check-remote-bodies.ts'
import type { RemoteCheck } from './remote-check.ts'
import type { LogState } from './remote-log-state.ts'

/** Repairs what it can and notes it in the findings. */
export async function repairRemote(
  parts: Pick<StoreParts, 'fs' | 'layout' | 'catalog'>,
  check: RemoteCheck,
  state: LogState,
): Promise<void> {
  const wanted = new Set(check.findings.open('key').map(({ key }) => key))
  if (wanted.size === 0) return
  for (const [key, bytes] of entriesOf(parts, state, wanted)) check.rightBytes.set(key, bytes)
  for (const [key, bytes] of knownBodies(parts, state.bulk, wanted))
    check.rightBytes.set(key, bytes)
  for (const key of wanted) {
    const bytes = check.rightBytes.get(key)
    if (bytes === undefined) continue
    await check.remote.put(key, bytes, { signal: check.signal })
    check.findings.mended({ kind: 'key', key })
  }
}

/** Entries of the journal that fit where one is wanted. */
function* entriesOf(
  { fs, layout }: Pick<StoreParts, 'fs' | 'layout'>,
  state: LogState,
  wanted: ReadonlySet<string>,
): Generator<readonly [key: string, bytes: Uint8Array]> {
  if (fs.lstat(layout.journal) === undefined) return
  for (const { payload, position } of readJournal(fs, layout.journal)) {
    // Parsing every record would take far longer than this look at its text.
    if (!payload.includes(`"remote":"${state.repoId}"`)) continue
    const record = decodeJournalPayload(payload, `journal file ${position.file}`)
    if (record.kind !== 'entry' || !wanted.has(logKey(record.seq))) continue
    const bytes = Buffer.from(record.bytes, 'utf8')
    if (fits(state, record.seq, bytes)) yield [logKey(record.seq), bytes]
  }
}

function fits(state: LogState, seq: number, bytes: Uint8Array): boolean {
  const entry = decodeEntry(bytes, `log entry ${seq} in the journal`)
  const before = state.expectedHashOf(seq - 1)
  const expected = state.expectedHashOf(seq)
  return (
    entry.repoId === state.repoId &&
    entry.seq === seq &&
    (before === undefined || before === entry.prev) &&
    (expected === undefined || expected === digestOf(bytes))
  )
}
