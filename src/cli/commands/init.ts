/** `mlstore init`: parse, call the library, print. */

import { resolve } from 'node:path'

import type { InitResult } from '../../store/results.ts'
import { type Command, defineCommand, optional } from '../command.ts'
import { visible } from '../../core/visible-text.ts'

export const command: Command = defineCommand({
  summary: 'Make a store here',
  details:
    'Makes the folder .mlstore. Inside a git repository it is added to .gitignore. Where a store is already, nothing changes.',
  positionals: { directory: optional('Folder to make it in; default: this one', 'path') },
  examples: [['init', 'Keep artifacts of this repository in ./.mlstore']],
  async run({ directory }, { shell, environment, output }) {
    const library = await shell.loadLibrary()
    const folder = resolve(environment.cwd, directory ?? '.')
    await output.result(await library.initStore(folder, environment), render)
  },
})

function render(result: InitResult): string {
  const store = visible(result.store)
  return result.created ? `Made ${store}` : `${store} is there already.`
}
