/** `mlstore status`: parse, call the store, print. */

import { type Command, defineCommand, flag } from '../command.ts'
import { outcomes } from '../exit-codes.ts'
import { needsAction, renderStatus } from '../render/status.ts'

export const command: Command = defineCommand({
  summary: 'Show what changed and what is not pushed',
  details:
    'Compares the paths of mlstore.lock with the working tree, and this store with each remote as it was last fetched.',
  options: {
    fetch: flag('Ask the remotes what is new'),
    check: flag('Exit 4 when anything is changed or unpushed'),
  },
  examples: [['status --check', 'In CI: fail when someone forgot to add or push']],
  async run({ fetch, check }, context) {
    await using store = await context.openStore()
    const result = await store.status({ fetch, signal: context.signal })
    await context.output.result(result, renderStatus)
    if (check && needsAction(result)) context.setExitCode(outcomes.conflict)
  },
})
