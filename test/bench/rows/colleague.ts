/** A colleague: the files that git carries, and nothing else, in a folder of their own. */

import { copyFileSync } from 'node:fs'
import { join } from 'node:path'

import type { PullResult } from '../../../src/store/results.ts'
import type { Command } from '../../support/command.ts'
import { type BenchPlace, type RemotePlace, syncDisk } from '../place.ts'
import type { Work } from '../row.ts'

/**
 * `git clone` was done, `mlstore pull` is timed: it makes the store, fetches the log and the
 * objects, and writes the working tree.
 */
export function pullAsColleague(place: BenchPlace, writer: Command): Work {
  let reader = place.command(place.freshFolder('colleague'))
  return {
    async prepare() {
      // The folder of the last time stays: ext4 looks for new inodes past those that were deleted in
      // the last minutes, one by one, and after 100,000 of them that is most of what is measured.
      reader = place.command(place.freshFolder('colleague'))
      for (const file of ['mlstore.json', 'mlstore.lock']) {
        copyFileSync(join(writer.folder, file), join(reader.folder, file))
      }
    },
    async run() {
      const { requests } = await reader.json<PullResult>('pull', 'colleague')
      await syncDisk(place.folder)
      return { requests }
    },
  }
}

/** Pushes what the writer has to a remote named `colleague`, once. */
export async function pushForColleague(place: BenchPlace, writer: Command): Promise<RemotePlace> {
  const remote = await place.addWarmRemote(writer, 'colleague')
  await writer.succeed('push', 'colleague')
  return remote
}
