/** `mlstore show`: parse, call the store, print. */

import { type Command, defineCommand, one } from '../command.ts'
import { renderShow } from '../render/show.ts'

export const command: Command = defineCommand({
  summary: 'Show everything about one version',
  details:
    'Also which runs made it, of which data and which commit, and who uses it now: aliases, versions and runs.',
  positionals: { reference: one('type/name[@alias, label or digest]', 'reference') },
  examples: [['show model/resnet@prod', 'Its metadata, tags, inputs, and where its bytes are']],
  async run({ reference }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.show(reference), renderShow)
  },
})
