/** One big file is added to an empty store. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { syncDisk } from '../place.ts'
import type { Row } from '../row.ts'
import { copy } from '../yardsticks.ts'
import { dvcAdd } from './dvc.ts'

export const addBig: Row = {
  name: 'add-big',
  title: 'add one 2 GiB file',
  yardstick: 'cp and sync',
  musts: [{ measure: 'ratio', limit: 1.2, dvc: '1.9x (13 s)', dvcValue: 1.9 }],
  async start(place) {
    const source = join(await place.bigFile(), 'big.bin')
    let store = await place.freshStore('add-big')
    return {
      yardstick: copy(place, source),
      rival: dvcAdd(place, source),
      work: {
        async prepare() {
          rmSync(store.folder, { recursive: true })
          store = await place.freshStore('add-big')
        },
        async run() {
          await store.succeed('add', source, '--as', 'model/big', '--no-lock')
          await syncDisk(place.folder)
          return {}
        },
      },
    }
  },
}
