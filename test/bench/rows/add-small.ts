/** Many small files are added to an empty store. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { syncDisk } from '../place.ts'
import type { Row } from '../row.ts'
import { copy } from '../yardsticks.ts'
import { dvcAdd } from './dvc.ts'

export const addSmall: Row = {
  name: 'add-small',
  title: 'add 100,000 files of 1-8 KB',
  yardstick: 'cp -r and sync',
  musts: [{ measure: 'ratio', limit: 0.7, dvc: '8.3x (37 s)', dvcValue: 8.3 }],
  async start(place) {
    const source = join(await place.manyFiles(), 'small')
    let store = await place.freshStore('add-small')
    return {
      yardstick: copy(place, source),
      rival: dvcAdd(place, source),
      work: {
        async prepare() {
          rmSync(store.folder, { recursive: true })
          store = await place.freshStore('add-small')
        },
        async run() {
          await store.succeed('add', source, '--as', 'dataset/small', '--no-lock')
          await syncDisk(place.folder)
          return {}
        },
      },
    }
  },
}
