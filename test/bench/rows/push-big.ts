/** One big file is pushed to a remote that does not have it. */

import { join } from 'node:path'

import type { PushResult } from '../../../src/store/results.ts'
import type { RemotePlace } from '../place.ts'
import type { Row } from '../row.ts'
import { putParts } from '../yardsticks.ts'
import { bigFileStore } from './big-file-store.ts'
import { dvcPush } from './dvc.ts'

export const pushBig: Row = {
  name: 'push-big',
  title: 'push one 2 GiB file',
  yardstick: 'multipart PUT',
  needsS3: true,
  musts: [{ measure: 'ratio', limit: 1.3, dvc: '2x', dvcValue: 2 }],
  async start(place) {
    const store = await bigFileStore(place)
    let remotes = 0
    let remote: RemotePlace | undefined
    return {
      yardstick: putParts(await place.bucket(), join(store.folder, 'big.bin')),
      rival: dvcPush(place, join(store.folder, 'big.bin')),
      work: {
        async prepare() {
          await remote?.remove()
          remote = await place.addWarmRemote(store, `big-${++remotes}`)
        },
        async run() {
          const { requests, bytesSent } = await store.json<PushResult>('push', `big-${remotes}`)
          return { requests, bytesSent }
        },
      },
      end: async () => remote?.remove(),
    }
  },
}
