/** `mlstore relabel`: parse, call the store, print. */

import { type Command, defineCommand, one } from '../command.ts'
import { renderRelabelled } from '../render/versions.ts'

export const command: Command = defineCommand({
  summary: 'Give a version another label',
  details: 'Solves a label conflict: the version that came second gets a free name.',
  positionals: {
    reference: one('The version: type/name@X', 'reference'),
    label: one('The new label'),
  },
  examples: [['relabel model/resnet@3f9a1c04 v12b', 'After two people both pushed a v12']],
  async run({ reference, label }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.relabel(reference, label), renderRelabelled)
  },
})
