/** One byte is inserted in a big file that was pushed before: add it and push it. */

import { renameSync } from 'node:fs'
import { join } from 'node:path'

import type { PushResult } from '../../../src/store/results.ts'
import { copyWithInsertion } from '../../support/seeded-data.ts'
import { bigFileBytes } from '../place.ts'
import type { Row } from '../row.ts'
import { bigFileStore } from './big-file-store.ts'

export const insertByte: Row = {
  name: 'insert-byte',
  title: '1 byte inserted in the 2 GiB file, add and push',
  yardstick: '-',
  musts: [
    { measure: 'bytesSent', limit: 2 * 1024 ** 2, dvc: '2 GiB', dvcValue: bigFileBytes },
    { measure: 'requests', limit: 10, dvc: '-' },
  ],
  async start(place) {
    const store = await bigFileStore(place)
    const path = join(store.folder, 'big.bin')
    const remote = await place.addWarmRemote(store, 'insert')
    await store.succeed('push', 'insert')
    let offset = Math.floor(place.scaled(bigFileBytes) / 3)
    return {
      work: {
        async prepare() {
          offset += 1_000_003
          copyWithInsertion(path, `${path}.new`, offset, Buffer.from('!'))
          renameSync(`${path}.new`, path)
        },
        async run() {
          await store.succeed('add', 'big.bin')
          const { requests, bytesSent } = await store.json<PushResult>('push', 'insert')
          return { requests, bytesSent }
        },
      },
      end: remote.remove,
    }
  },
}
