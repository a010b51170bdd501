/** `mlstore config`: parse, call the store, print. */

import { notFound } from '../../errors.ts'
import { type Command, type CommandGroup, defineCommand, one } from '../command.ts'
import { aligned } from '../render/columns.ts'
import { visible } from '../../core/visible-text.ts'

type Setting = { readonly key: string; readonly value: string }

const get: Command = defineCommand({
  summary: 'Print a setting',
  positionals: { key: one('Its name, such as user.name') },
  examples: [['config get default-remote', 'Where push goes']],
  async run({ key }, { openStore, output }) {
    await using store = await openStore()
    const value = await store.getConfig(key)
    if (value === null) throw notFound(`${key} is not set.`, 'See `mlstore config list`.')
    await output.result<Setting>({ key, value }, (setting) => visible(setting.value))
  },
})

const set: Command = defineCommand({
  summary: 'Change a setting of this store',
  positionals: { key: one('Its name'), value: one('Its value') },
  examples: [['config set user.name anna', 'The name written into versions']],
  async run({ key, value }, { openStore, output }) {
    await using store = await openStore()
    await store.setConfig(key, value)
    await output.result<Setting>({ key, value }, () => visible(`${key} = ${value}`))
  },
})

const list: Command = defineCommand({
  summary: 'List the settings',
  examples: [['config list --json', 'For a script']],
  async run(_values, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.listConfig(), renderSettings)
  },
})

function renderSettings(settings: Readonly<Record<string, string>>): string {
  const rows = Object.entries(settings).map(([key, value]) => [visible(key), visible(value)])
  return aligned(rows).join('\n')
}

export const command: CommandGroup = {
  summary: 'Read and change settings',
  subcommands: { get, set, list },
}
