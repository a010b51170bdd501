/** The history of one metric of 1,000,000 points: all of it, and as many as a plot needs. */

import type { Row } from '../row.ts'
import { freshLibraryStore } from './library-store.ts'
import { mlflow } from './mlflow.ts'

const points = 1_000_000

export const runHistory: readonly Row[] = [
  historyRow('run-history', undefined, 0.5),
  historyRow('run-history-points', 1000, 0.05),
]

function historyRow(name: string, pointsMax: number | undefined, limit: number): Row {
  const what = pointsMax === undefined ? 'whole' : `down-sampled to ${pointsMax}`
  return {
    name,
    title: `history of 1,000,000 points, ${what}`,
    yardstick: '-',
    rounds: 5,
    musts: [{ measure: 'seconds', limit, dvc: '-' }],
    async start(place) {
      const store = await freshLibraryStore(place)
      const run = await store.startRun({ experiment: 'bench' })
      const count = place.scaled(points)
      for (let step = 0; step < count; step++)
        run.logMetrics({ loss: Math.sin(step / 1e4) }, { step })
      await run.end()
      return {
        work: {
          async run() {
            await store.metricHistory({ run: run.id, key: 'loss', points: pointsMax })
            return {}
          },
        },
        rival:
          pointsMax === undefined
            ? mlflow(place, 'history', { count: points, share: 0.02 })
            : undefined,
        end: () => store.close(),
      }
    },
  }
}
