/**
 * A process that logs into a run: the metric `m` as often as it is told, a flush now and then.
 *
 * `node --import tsx logging-process.ts FOLDER RUN POINTS [forever]`: after the points it says
 * `flushed`; then it ends, or logs on, without a flush of its own, until it is killed.
 */

import { openStore } from '../../src/store/open.ts'
import { systemEnvironment } from '../../src/store/system-environment.ts'

const [folder = '', run = '', points = '0', forever] = process.argv.slice(2)
const environment = { ...systemEnvironment(), cwd: folder, env: {}, user: 'anna', host: 'box' }
const store = await openStore({ environment })
const logging =
  forever === undefined
    ? await store.resumeRun(run)
    : await store.startRun({ resume: run, code: false })
for (let i = 0; i < Number(points); i++) {
  logging.logMetrics({ m: i }, { step: i })
  if (i % 100 === 0) await logging.flush()
}
await logging.flush()
process.stdout.write('flushed\n')
for (;;) {
  if (forever === undefined) break
  logging.logMetrics({ lost: 1 })
  await new Promise((resolve) => setTimeout(resolve, 5))
}
await store.close()
