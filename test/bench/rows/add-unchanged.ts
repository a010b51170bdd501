/** A folder of many files is added again, with nothing changed. */

import { join } from 'node:path'

import type { Row } from '../row.ts'
import { lstatAll } from '../yardsticks.ts'
import { dvcAfterAdd } from './dvc.ts'
import { manyFilesStore } from './many-files-store.ts'

export const addUnchanged: Row = {
  name: 'add-unchanged',
  title: 'add again, nothing changed (100,000 files)',
  yardstick: 'lstat of each',
  musts: [{ measure: 'seconds', limit: 0.8, dvc: '7.7 s', dvcValue: 7.7 }],
  async start(place) {
    const store = await manyFilesStore(place)
    const source = join(store.folder, 'small')
    return {
      yardstick: lstatAll(source),
      rival: dvcAfterAdd(place, source, ['add', '-q', 'data']),
      work: {
        async run() {
          await store.succeed('add', 'small')
          return {}
        },
      },
    }
  },
}
