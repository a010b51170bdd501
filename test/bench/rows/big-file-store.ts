/** A store beside the big file, with it added: what several rows start from. */

import type { Command } from '../../support/command.ts'
import type { BenchPlace } from '../place.ts'

/** The store's folder holds `big.bin`, in its lock file as `model/big`. */
export async function bigFileStore(place: BenchPlace): Promise<Command> {
  const folder = await place.bigFile()
  await place.shared('big-store', async () => {
    const command = place.command(folder)
    await command.succeed('init')
    await command.succeed('add', 'big.bin', '--as', 'model/big', '--label', 'v1')
  })
  return place.command(folder)
}
