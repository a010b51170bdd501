/**
 * A real MLflow server with sqlite at the same work, where `MLSTORE_BENCH_MLFLOW` names the Python of
 * a virtualenv that has MLflow. It does a share of the work, and its time is taken times as much.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { BenchPlace } from '../place.ts'
import type { Work } from '../row.ts'

const script = fileURLToPath(new URL('mlflow_rival.py', import.meta.url))

export type MlflowWork = 'points' | 'single' | 'start' | 'search' | 'history'

/** @param share Of `count`: 0.02 does a fiftieth and multiplies the time by 50. */
export function mlflow(
  place: BenchPlace,
  work: MlflowWork,
  { count, share }: { readonly count: number; readonly share: number },
): Work | undefined {
  const python = place.mlflowPython
  if (python === undefined) return undefined
  return {
    async run() {
      const done = Math.max(1, Math.round(place.scaled(count) * share))
      const words = [script, work, String(done), place.freshFolder('mlflow')]
      const { stdout } = await promisify(execFile)(python, words, { maxBuffer: 2 ** 24 })
      const { seconds } = JSON.parse(stdout) as { seconds: number }
      return { seconds: (seconds * place.scaled(count)) / done }
    },
  }
}
