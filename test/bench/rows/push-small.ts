/** Many small files are pushed to a remote that has none of them. */

import { join } from 'node:path'

import type { PushResult } from '../../../src/store/results.ts'
import type { RemotePlace } from '../place.ts'
import type { Row } from '../row.ts'
import { tarAndPut } from '../yardsticks.ts'
import { manyFilesStore } from './many-files-store.ts'

export const pushSmall: Row = {
  name: 'push-small',
  title: 'push 100,000 files of 1-8 KB',
  yardstick: 'tar them, PUT one object',
  needsS3: true,
  musts: [
    { measure: 'ratio', limit: 2, dvc: '68x (223 s)', dvcValue: 68 },
    { measure: 'requests', limit: 40, dvc: '100,000 requests', dvcValue: 100_000 },
  ],
  async start(place) {
    const store = await manyFilesStore(place)
    let remotes = 0
    let remote: RemotePlace | undefined
    return {
      yardstick: tarAndPut(place, await place.bucket(), join(store.folder, 'small')),
      work: {
        async prepare() {
          await remote?.remove()
          remote = await place.addWarmRemote(store, `small-${++remotes}`)
        },
        async run() {
          const { requests, bytesSent } = await store.json<PushResult>('push', `small-${remotes}`)
          return { requests, bytesSent }
        },
      },
      end: async () => remote?.remove(),
    }
  },
}
