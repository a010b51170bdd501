/** Many small files are pulled on another machine. */

import { join } from 'node:path'

import type { Row } from '../row.ts'
import { getAndUntar, putTar } from '../yardsticks.ts'
import { pullAsColleague, pushForColleague } from './colleague.ts'
import { manyFilesStore } from './many-files-store.ts'

export const pullSmall: Row = {
  name: 'pull-small',
  title: 'pull 100,000 files of 1-8 KB elsewhere',
  yardstick: 'GET the tar, untar and sync',
  needsS3: true,
  musts: [{ measure: 'ratio', limit: 1.5, dvc: '120x (641 s)', dvcValue: 120 }],
  async start(place) {
    const store = await manyFilesStore(place)
    const remote = await pushForColleague(place, store)
    const bucket = await place.bucket()
    await putTar(place, bucket, join(store.folder, 'small'))
    const work = pullAsColleague(place, store)
    return { yardstick: getAndUntar(place, bucket), work, end: remote.remove }
  },
}
