/** How many requests of one transfer are under way at once. */

import type { StoreParts } from '../parts.ts'

const requestsAtOnceDefault = 8

/** Each holds a whole pack in memory, so that more of them cost more than they gain. */
const packsAtOnceMax = 4

/** For small requests and ranged reads: the setting, or the default. */
export function transferConcurrency(parts: Pick<StoreParts, 'config'>): number {
  const setting = Number(parts.config().setting('transfer.concurrency') ?? requestsAtOnceDefault)
  return Number.isSafeInteger(setting) && setting > 0 ? setting : requestsAtOnceDefault
}

/** For packs that are sent. */
export function uploadConcurrency(parts: Pick<StoreParts, 'config'>): number {
  return Math.min(transferConcurrency(parts), packsAtOnceMax)
}
