/** `mlstore log`: parse, call the store, print. */

import { type Command, count, defineCommand, one } from '../command.ts'
import { renderLog } from '../render/versions.ts'

export const command: Command = defineCommand({
  summary: 'List the versions of an artifact, newest first',
  positionals: { reference: one('type/name, or type/name@X to start there', 'reference') },
  options: { number: count('N', 'At most this many', { short: 'n' }) },
  examples: [['log model/resnet -n 5', 'The five newest versions']],
  async run({ reference, number }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.log(reference, { limit: number }), renderLog)
  },
})
