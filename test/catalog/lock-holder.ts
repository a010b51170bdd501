/**
 * A process of its own that takes the writer lock, for writer-lock.test.ts.
 *
 *   lock-holder.ts hold LOCK            prints `held`, keeps the lock until it is killed
 *   lock-holder.ts count LOCK FILE N    N times: adds one to the number in FILE, under the lock
 */

import { readFileSync, writeFileSync } from 'node:fs'

import { WriterLock } from '../../src/catalog/writer-lock.ts'
import { realParts } from './real-lock-parts.ts'

const [mode, path = '', file = '', times = '0'] = process.argv.slice(2)
const lock = new WriterLock(path, realParts('child@test'))

if (mode === 'hold') {
  await lock.acquire({ timeoutMs: 10_000 })
  process.stdout.write('held\n')
  setInterval(() => undefined, 1000)
} else {
  for (let i = 0; i < Number(times); i++) {
    using _held = await lock.acquire({ timeoutMs: 20_000 })
    const count = Number(readFileSync(file, 'utf8'))
    // Without the lock, others would read the same number in this pause.
    await new Promise((resolve) => setTimeout(resolve, 1))
    writeFileSync(file, String(count + 1))
  }
}
