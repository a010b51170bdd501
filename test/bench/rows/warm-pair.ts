/** A small store with a remote that has all of it: where nothing is left to push or pull. */

import { join } from 'node:path'

import type { Command } from '../../support/command.ts'
import { writeDataset } from '../../support/seeded-data.ts'
import type { BenchPlace } from '../place.ts'

export async function warmPair(place: BenchPlace): Promise<Command> {
  const folder = await place.shared('warm-pair', async (home) => {
    const command = place.command(home)
    const shape = { files: 100, sizeBytesMin: 1024, sizeBytesMax: 8 * 1024 }
    writeDataset(join(home, 'data'), 'warm', shape)
    await command.succeed('init')
    await command.succeed('add', 'data', '--as', 'dataset/warm', '--label', 'v1', '--alias', 'prod')
    await place.addWarmRemote(command, 'origin')
    await command.succeed('push')
    await command.succeed('pull')
  })
  return place.command(folder)
}
