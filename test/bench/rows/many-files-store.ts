/** A store beside the many small files, with them added: what several rows start from. */

import type { Command } from '../../support/command.ts'
import type { BenchPlace } from '../place.ts'

/** The store's folder holds the files as `small/`, in its lock file as `dataset/small`. */
export async function manyFilesStore(place: BenchPlace): Promise<Command> {
  const folder = await place.manyFiles()
  await place.shared('many-store', async () => {
    const command = place.command(folder)
    await command.succeed('init')
    await command.succeed('add', 'small', '--as', 'dataset/small', '--label', 'v1')
  })
  return place.command(folder)
}
