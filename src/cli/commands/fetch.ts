/** `mlstore fetch`: parse, call the store, print. */

import { type Command, defineCommand, optional } from '../command.ts'
import { renderFetch } from '../render/remotes.ts'

export const command: Command = defineCommand({
  summary: "Learn what is new on a remote, without the files' bytes",
  positionals: { remote: optional('Its name; default: the default remote', 'remote') },
  examples: [['fetch', 'Then log, show and search answer offline']],
  async run({ remote }, context) {
    await using store = await context.openStore({ createBesideConfig: true })
    const result = await store.fetch({ remote, signal: context.signal })
    await context.output.result(result, renderFetch)
  },
})
