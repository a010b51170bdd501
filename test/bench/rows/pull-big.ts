/** One big file is pulled on another machine. */

import { join } from 'node:path'

import type { Row } from '../row.ts'
import { getParts, putInParts } from '../yardsticks.ts'
import { bigFileStore } from './big-file-store.ts'
import { dvcPull } from './dvc.ts'
import { pullAsColleague, pushForColleague } from './colleague.ts'

export const pullBig: Row = {
  name: 'pull-big',
  title: 'pull one 2 GiB file elsewhere',
  yardstick: 'GET in ranges, write and sync',
  needsS3: true,
  musts: [{ measure: 'ratio', limit: 1.3, dvc: '3x', dvcValue: 3 }],
  async start(place) {
    const store = await bigFileStore(place)
    const remote = await pushForColleague(place, store)
    const bucket = await place.bucket()
    await putInParts(bucket, join(store.folder, 'big.bin'))
    const work = pullAsColleague(place, store)
    const rival = dvcPull(place, join(store.folder, 'big.bin'))
    return { yardstick: getParts(place, bucket), rival, work, end: remote.remove }
  },
}
