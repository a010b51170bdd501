/** How much of one transfer is under way at once. */

import type { StoreParts } from '../parts.ts'

const requestsAtOnceDefault = 8

/** Each holds a whole pack in memory, so that more of them cost more than they gain. */
const packsAtOnceMax = 4

const packBytesMaxDefault = 32 * 1024 * 1024

/** For small requests and ranged reads. */
export function transferConcurrency(parts: Pick<StoreParts, 'config'>): number {
  return numberSetting(parts, 'transfer.concurrency') ?? requestsAtOnceDefault
}

/** For packs that are sent. */
export function uploadConcurrency(parts: Pick<StoreParts, 'config'>): number {
  return Math.min(transferConcurrency(parts), packsAtOnceMax)
}

/** A pack is sent once it has so many bytes: what a broken connection costs at most. */
export function packBytesMax(parts: Pick<StoreParts, 'config'>): number {
  return numberSetting(parts, 'transfer.pack-bytes') ?? packBytesMaxDefault
}

function numberSetting({ config }: Pick<StoreParts, 'config'>, key: string): number | undefined {
  const setting = Number(config().setting(key))
  return Number.isSafeInteger(setting) && setting > 0 ? setting : undefined
}
