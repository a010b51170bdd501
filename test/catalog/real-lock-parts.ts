/** What a WriterLock needs, with real time. */

import type { WriterLockParts } from '../../src/catalog/writer-lock.ts'
import { systemEnvironment } from '../../src/store/system-environment.ts'

export function realParts(owner: string): WriterLockParts {
  const { clock, ids } = systemEnvironment()
  return { clock, ids, owner }
}
