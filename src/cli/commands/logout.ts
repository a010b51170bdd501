/** `mlstore logout`: parse, call, print. */

import { type Command, defineCommand, flag, optional, text } from '../command.ts'
import { renderLogout } from '../render/accounts.ts'

export const command: Command = defineCommand({
  summary: 'Forget a login',
  details:
    'Without options the only login there is. Tokens and keys stay valid on the server until they end or are revoked there.',
  positionals: { name: optional('As `mlstore whoami` lists it') },
  options: {
    url: text('URL', 'All logins to this server'),
    all: flag('All logins'),
  },
  examples: [['logout myorg.jfrog.io', 'On a machine that others use next']],
  async run({ name, url, all }, { openAccounts, output, signal }) {
    const accounts = await openAccounts()
    await output.result(await accounts.logout({ name, url, all }, { signal }), renderLogout)
  },
})
