/** One file of a version of a million files is fetched in a fresh clone. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Command } from '../../support/command.ts'
import { CountingProxy } from '../../support/counting-proxy.ts'
import type { BenchPlace, RemotePlace } from '../place.ts'
import type { Row } from '../row.ts'

const files = 1_000_000
const filesPerFolder = 1000

export const oneOfMillion: Row = {
  name: 'one-of-million',
  title: 'one file out of a million-file version, after clone',
  yardstick: '-',
  needsS3: true,
  musts: [{ measure: 'requests', limit: 8, dvc: 'whole manifest' }],
  async start(place) {
    const remote = await pushMillion(place)
    const proxy = place.own(new CountingProxy(place.s3?.endpointUrl ?? ''))
    const flags = ['--endpoint-url', await proxy.listen()]
    const path = pathOf(Math.floor(place.scaled(files) / 2))
    let clone = place.command(place.freshFolder('million-clone'))
    return {
      work: {
        async prepare() {
          clone = place.command(place.freshFolder('million-clone'))
          await clone.succeed('clone', remote.url, ...flags)
          proxy.take()
        },
        async run() {
          await clone.succeed('get', 'dataset/million', '--path', path, '-o', 'one')
          return { requests: proxy.take().requests.length }
        },
      },
      end: remote.remove,
    }
  },
}

async function pushMillion(place: BenchPlace): Promise<RemotePlace> {
  const store: Command = await place.freshStore('million')
  const data = join(store.folder, 'data')
  for (let number = 0; number < place.scaled(files); number++) {
    const path = join(data, pathOf(number))
    if (number % filesPerFolder === 0) mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, `file ${number}`)
  }
  const remote = await place.addWarmRemote(store, 'origin')
  await store.succeed('add', 'data', '--as', 'dataset/million')
  await store.succeed('push')
  rmSync(store.folder, { recursive: true })
  return remote
}

function pathOf(number: number): string {
  const folder = String(Math.floor(number / filesPerFolder)).padStart(4, '0')
  return `part-${folder}/${String(number).padStart(7, '0')}.txt`
}
