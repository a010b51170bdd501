/** `fetch`: the remote's log into the journal and the catalog; no objects. */

import type { StoreParts } from '../parts.ts'
import type { FetchRequest } from '../requests.ts'
import type { FetchResult } from '../results.ts'
import { catchUp } from './catch-up.ts'
import { withRemote } from './session.ts'

/** Learns what is new on a remote. */
export async function fetch(parts: StoreParts, request: FetchRequest = {}): Promise<FetchResult> {
  const { entries: _entries, ...result } = await fetchRemote(parts, request.remote, request.signal)
  return result
}

/** The same, with the number of entries that were news. */
export function fetchRemote(
  parts: StoreParts,
  name: string | undefined,
  signal: AbortSignal | undefined,
): Promise<FetchResult & { readonly entries: number }> {
  return withRemote(parts, name, async (session) => {
    const caughtUp = await catchUp(parts, session, { signal, forWriting: false })
    return {
      remote: session.name,
      seq: caughtUp?.head.seq ?? 0,
      versions: caughtUp?.versions ?? 0,
      runs: caughtUp?.runs ?? 0,
      events: caughtUp?.events ?? 0,
      entries: caughtUp?.entries ?? 0,
      requests: session.stats().requests,
    }
  })
}
