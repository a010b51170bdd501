/** `mlstore run start`: parse, call the store, print. */

import { type Command, defineCommand, list, text } from '../../command.ts'
import { parseParams, parseTags } from '../../key-values.ts'

export const start: Command = defineCommand({
  summary: 'Start a run and print its id',
  details:
    'The run is RUNNING until `run end`. Where MLSTORE_RUN_ID names a run, the new one is its child. `run exec` starts and ends a run around a command.',
  options: {
    experiment: text('EXPERIMENT', 'Made when there is none; default: default', {
      completes: 'experiment',
    }),
    name: text('NAME', 'Default: a readable one is made up'),
    param: list('K=V', 'A param, written once'),
    tag: list('K=V', 'Tag the run'),
    parent: text('RUN', 'The run it is part of', { completes: 'run' }),
  },
  examples: [
    [
      'run start --experiment digits --param lr=0.1',
      'In a script: export MLSTORE_RUN_ID=$(mlstore run start …)',
    ],
  ],
  async run({ experiment, name, param, tag, parent }, { openStore, output }) {
    const params = parseParams(param)
    const tags = parseTags(tag)
    await using store = await openStore()
    await using started = await store.startRun({
      experiment,
      name,
      params,
      tags,
      parent,
      source: { kind: 'command', name: 'mlstore run start' },
      detached: true,
    })
    const result = { run: started.id, name: started.name, experiment: started.experiment }
    await output.result(result, ({ run }) => run)
  },
})
