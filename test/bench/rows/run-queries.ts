/** Questions to a store of 100,000 runs: how large it is, how fast it opens and answers. */

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { openStore } from '../../../src/store/open.ts'
import type { Facts, Row } from '../row.ts'
import { manyRunsStore } from './many-runs-store.ts'
import { mlflow } from './mlflow.ts'

const queries = {
  'by-metric': `metrics.acc > 0.9 and params.optimizer = 'adam' order by metrics.acc desc`,
  'by-time': `metrics.acc > 0.9 and params.optimizer = 'adam' order by started desc`,
  'rare-by-other': `metrics.acc > 0.99 and params.optimizer != 'sgd' order by metrics.metric_3`,
}

/** As many runs as MLflow takes half a minute to log: it searches a two-hundredth of ours. */
const ofMlflow = { count: 500, share: 1 }

export const runQueries: readonly Row[] = [
  {
    name: 'runs-size',
    title: 'store of 100,000 runs x 20 params x 20 metrics: size, opening and a first question',
    yardstick: '-',
    rounds: 5,
    musts: [
      { measure: 'bytesStored', limit: 1.5e9, dvc: '-' },
      { measure: 'seconds', limit: 0.1, dvc: '-' },
    ],
    async start(place) {
      const folder = await manyRunsStore(place)
      const bytesStored = bytesIn(join(folder, '.mlstore'))
      return {
        work: {
          async run(): Promise<Facts> {
            await using store = await openStore({ storeDirectory: folder })
            await store.searchRuns({ limit: 1 })
            return { bytesStored }
          },
        },
      }
    },
  },
  ...Object.entries(queries).map(([name, query]) => queryRow(`runs-search-${name}`, query)),
]

function queryRow(name: string, query: string): Row {
  return {
    name,
    title: `search over 100,000 runs, first 100: ${query}`,
    yardstick: '-',
    rounds: 7,
    musts: [{ measure: 'seconds', limit: 0.05, dvc: '-' }],
    async start(place) {
      const store = await openStore({ storeDirectory: await manyRunsStore(place) })
      return {
        work: {
          async run() {
            await store.searchRuns({ query, limit: 100 })
            return {}
          },
        },
        rival: query === queries['by-metric'] ? mlflow(place, 'search', ofMlflow) : undefined,
        end: () => store.close(),
      }
    },
  }
}

function bytesIn(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}
