/** `mlstore search`: parse, call the store, print. */

import { type Command, defineCommand, optional, text } from '../command.ts'
import { renderSearch } from '../render/versions.ts'

export const command: Command = defineCommand({
  summary: 'Find versions by name, tag and metadata',
  positionals: { query: optional('Conditions; default: every version') },
  options: { type: text('TYPE', 'Only artifacts of this type') },
  examples: [[`search "tags.stage = 'prod' and meta.f1 > 0.9"`, 'Good models in production']],
  async run({ query, type }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.search(query ?? '', { type }), renderSearch)
  },
})
