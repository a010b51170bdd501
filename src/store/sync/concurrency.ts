/** How many requests of one transfer are under way at once. */

import type { StoreParts } from '../parts.ts'

const concurrencyDefault = 4

export function transferConcurrency(parts: Pick<StoreParts, 'config'>): number {
  const setting = Number(parts.config().setting('transfer.concurrency') ?? concurrencyDefault)
  return Number.isSafeInteger(setting) && setting > 0 ? setting : concurrencyDefault
}
