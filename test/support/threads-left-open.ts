/** A process that never closes its threads: it has to end all the same, after its last job. */

import { computeThreads } from './compute-threads.ts'

const pool = await computeThreads()
await pool.digests([Buffer.from('first')])
void pool
  .digests([Buffer.from('left open')])
  .then(([digest]) => process.stdout.write(`${digest}\n`))
