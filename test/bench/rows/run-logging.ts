/** Logging into a run through the library: many metrics at a time, one at a time; and starting one. */

import type { Run } from '../../../src/store/runs/run.ts'
import type { BenchPlace } from '../place.ts'
import type { Row, Trial } from '../row.ts'
import { freshLibraryStore } from './library-store.ts'
import { mlflow } from './mlflow.ts'

const keysOfBatch = 100
const batches = 10_000
const singleCalls = 100_000

export const runLogging: readonly Row[] = [
  {
    name: 'run-points',
    title: '1,000,000 metric points, 100 a call, durable',
    yardstick: '-',
    musts: [{ measure: 'seconds', limit: 5, dvc: '-' }],
    start: async (place) => ({
      ...(await intoRun(place, (run) => logBatches(run, place.scaled(batches)))),
      rival: mlflow(place, 'points', { count: keysOfBatch * batches, share: 0.02 }),
    }),
  },
  {
    name: 'run-single',
    title: '100,000 single logMetrics calls, durable',
    yardstick: '-',
    musts: [{ measure: 'seconds', limit: 5, dvc: '-' }],
    start: async (place) => ({
      ...(await intoRun(place, (run) => logSingly(run, place.scaled(singleCalls)))),
      rival: mlflow(place, 'single', { count: singleCalls, share: 0.005 }),
    }),
  },
  {
    name: 'run-start',
    title: 'a run started, durable',
    yardstick: '-',
    rounds: 21,
    musts: [{ measure: 'seconds', limit: 0.005, dvc: '-' }],
    async start(place) {
      const store = await freshLibraryStore(place)
      let run: Run | undefined
      return {
        work: {
          // What a run finds out about itself in the background is not part of the next one's start.
          prepare: async () => void (await run?.end()),
          async run() {
            run = await store.startRun({ experiment: 'bench' })
            return {}
          },
        },
        rival: mlflow(place, 'start', { count: 1, share: 100 }),
        end: () => store.close(),
      }
    },
  },
]

/** Each round logs into a run of its own. */
async function intoRun(place: BenchPlace, log: (run: Run) => void): Promise<Trial> {
  const store = await freshLibraryStore(place)
  let run: Run | undefined
  return {
    work: {
      async prepare() {
        run = await store.startRun({ experiment: 'bench' })
      },
      async run() {
        if (run !== undefined) log(run)
        await run?.flush()
        return {}
      },
    },
    end: () => store.close(),
  }
}

function logBatches(run: Run, count: number): void {
  for (let step = 0; step < count; step++) {
    const values = Array.from({ length: keysOfBatch }, (_, i) => [
      `metric ${i}`,
      Math.sin(step + i),
    ])
    run.logMetrics(Object.fromEntries(values), { step })
  }
}

function logSingly(run: Run, count: number): void {
  for (let step = 0; step < count; step++) run.logMetrics({ loss: 1 / (step + 1) }, { step })
}
