/** `mlstore deployed`: parse, call the store, print. */

import { type Command, defineCommand, one, text } from '../command.ts'
import { renderDeployed } from '../render/registry.ts'

export const command: Command = defineCommand({
  summary: 'Show which version is deployed, and who deployed what when',
  details:
    'The version that the alias deployed points at; if there is no such alias, the one that was tagged stage=deployed last. --name asks for another alias or stage. `mlstore alias set REFERENCE deployed --reason TEXT` deploys.',
  positionals: { artifact: one('type/name', 'artifact') },
  options: { name: text('NAME', 'The alias or stage that says so; default: deployed') },
  examples: [['deployed model/resnet --name prod', 'What serves now, and since when']],
  async run({ artifact, name }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.deployed(artifact, { name }), renderDeployed)
  },
})
