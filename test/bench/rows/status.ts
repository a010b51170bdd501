/** What changed in a folder of many files? Nothing. */

import { join } from 'node:path'

import type { Row } from '../row.ts'
import { lstatAll } from '../yardsticks.ts'
import { dvcAfterAdd } from './dvc.ts'
import { manyFilesStore } from './many-files-store.ts'

export const status: Row = {
  name: 'status',
  title: 'status, nothing changed (100,000 files)',
  yardstick: 'lstat of each',
  musts: [{ measure: 'seconds', limit: 0.8, dvc: '4.3 s', dvcValue: 4.3 }],
  async start(place) {
    const store = await manyFilesStore(place)
    const source = join(store.folder, 'small')
    return {
      yardstick: lstatAll(source),
      rival: dvcAfterAdd(place, source, ['status', '-q']),
      work: {
        async run() {
          await store.succeed('status')
          return {}
        },
      },
    }
  },
}
