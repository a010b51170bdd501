/** `mlstore run rm` and `mlstore run restore`: parse, call the store, print. */

import { type Command, defineCommand, some, text } from '../../command.ts'
import { renderNames } from '../../render/run-names.ts'

export const rm: Command = defineCommand({
  summary: 'Remove runs; restore takes it back',
  positionals: { ids: some('The runs', 'run') },
  options: { reason: text('TEXT', 'Why') },
  examples: [['run rm 3f9a1c04 --reason "wrong data"', 'It is no longer listed']],
  async run({ ids, reason }, { openStore, output }) {
    await using store = await openStore()
    const removed = await store.removeRuns(ids, { reason })
    await output.result(removed, (runs) => renderNames('Removed', runs))
  },
})

export const restore: Command = defineCommand({
  summary: 'Take the removal of runs back',
  positionals: { ids: some('The runs', 'run') },
  examples: [['run restore 3f9a1c04', 'It is listed again']],
  async run({ ids }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.restoreRuns(ids), (runs) => renderNames('Restored', runs))
  },
})
