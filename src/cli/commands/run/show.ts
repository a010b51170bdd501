/** `mlstore run show`: parse, call the store, print. */

import { type Command, defineCommand, one } from '../../command.ts'

export const show: Command = defineCommand({
  summary: 'Show everything about one run',
  positionals: { id: one('The run: its id, 8 or more characters of it, or its name', 'run') },
  examples: [['run show 3f9a1c04', 'Params, metrics, code, inputs and outputs']],
  async run({ id }, { openStore, output }) {
    await using store = await openStore()
    const { renderRun } = await import('../../render/runs.ts')
    await output.result(await store.showRun(id), renderRun)
  },
})
