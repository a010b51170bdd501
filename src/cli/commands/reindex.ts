/** `mlstore reindex`: parse, call the store, print. */

import { type Command, defineCommand } from '../command.ts'
import { renderReindex } from '../render/health.ts'

export const command: Command = defineCommand({
  summary: 'Rebuild index.sqlite from the journal',
  examples: [['reindex', 'When index.sqlite was deleted or damaged']],
  async run(_values, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.reindex(), renderReindex)
  },
})
