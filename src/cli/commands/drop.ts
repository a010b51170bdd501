/** `mlstore drop`: parse, call the store, print. */

import { type Command, count, defineCommand, flag, many } from '../command.ts'
import { renderDrop, renderDropPlan } from '../render/remotes.ts'

export const command: Command = defineCommand({
  summary: 'Free local bytes that a remote has',
  details: 'Only what is proved present on a remote is dropped; get brings it back.',
  positionals: { reference: many('What to drop; default: all versions', 'reference') },
  options: {
    keepLast: count('N', 'Keep the newest N versions of each artifact'),
    dryRun: flag('Only say what would be freed'),
  },
  examples: [['drop --keep-last 2', 'Make room on a laptop']],
  async run({ reference: references, keepLast, dryRun }, context) {
    await using store = await context.openStore()
    const result = await store.drop({ references, keepLast, dryRun, signal: context.signal })
    await context.output.result(result, dryRun ? renderDropPlan : renderDrop)
  },
})
