/** Every command by what one types to call it: `log`, `alias set`, `lineage`, `lineage add`. */

import { type Command, isGroup } from '../../src/cli/command.ts'
import { commandTable } from '../../src/cli/command-table.ts'

/** In the order of help, hidden ones too. */
export async function allCommands(): Promise<Map<string, Command>> {
  const commands = new Map<string, Command>()
  for (const [name, load] of Object.entries(commandTable)) {
    const entry = await load()
    const own = isGroup(entry) ? entry.itself : entry
    if (own !== undefined) commands.set(name, own)
    if (!isGroup(entry)) continue
    for (const [sub, command] of Object.entries(entry.subcommands)) {
      commands.set(`${name} ${sub}`, command)
    }
  }
  return commands
}
