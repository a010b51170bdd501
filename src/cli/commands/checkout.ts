/** `mlstore checkout`: parse, call the store, print. */

import { type Command, defineCommand, flag, many } from '../command.ts'
import { renderCheckout } from '../render/versions.ts'

export const command: Command = defineCommand({
  summary: 'Make the working tree what mlstore.lock says',
  details:
    'Fetches what is not here. Only files that mlstore wrote are replaced or removed; where others stand in the way it exits 4 and lists them.',
  positionals: { path: many('Paths of the lock file; default: all', 'path') },
  options: { force: flag('Replace files that mlstore did not write') },
  examples: [['checkout data/train', 'After git switch: the data that belongs to this commit']],
  async run({ path: paths, force }, context) {
    await using store = await context.openStore()
    const result = await store.checkout({ paths, force, signal: context.signal })
    await context.output.result(result, renderCheckout)
  },
})
