/** Finding the last entry of a remote's log without reading the others. */

import { logKey } from '../../core/remote-layout.ts'
import { isMlstoreError } from '../../errors.ts'
import type { Remote } from '../../ports/remote.ts'

/**
 * The number of the last entry, in a logarithmic number of requests: the log has no gaps.
 *
 * @param from An entry that is known to be there, or 0.
 */
export async function endOfLog(remote: Remote, from: number): Promise<number> {
  let low = from
  let step = 1
  while (await isThere(remote, low + step)) {
    low += step
    step *= 2
  }
  // `low` is there, `low + step` is not.
  for (let high = low + step; high - low > 1;) {
    const middle = Math.floor((low + high) / 2)
    if (await isThere(remote, middle)) low = middle
    else high = middle
  }
  return low
}

/** Where listing is not granted, some stores answer 403 for what is not there. */
async function isThere(remote: Remote, seq: number): Promise<boolean> {
  try {
    return (await remote.head(logKey(seq))) !== undefined
  } catch (error) {
    const isForbidden =
      isMlstoreError(error, 'REMOTE_REFUSED') && error.details?.['forbidden'] === true
    if (isForbidden) return false
    throw error
  }
}
