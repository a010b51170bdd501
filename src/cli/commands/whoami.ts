/** `mlstore whoami`: call, print. */

import { type Command, defineCommand } from '../command.ts'
import { renderWhoami } from '../render/accounts.ts'

export const command: Command = defineCommand({
  summary: 'List the servers you are logged in to, and as whom',
  details:
    'Those that variables name come first, as when credentials are chosen. Secrets are never shown; of an access key its end.',
  examples: [['whoami', 'Which account a push uses']],
  async run(_values, { openAccounts, output }) {
    const accounts = await openAccounts()
    await output.result(await accounts.whoami(), renderWhoami)
  },
})
