/** `mlstore run end`: parse, call the store, print. */

import type { EndedStatus } from '../../../store/runs/requests.ts'
import { type Command, defineCommand, optional, text } from '../../command.ts'
import { renderNames } from '../../render/run-names.ts'
import { whichRun } from './which-run.ts'

const statuses: readonly EndedStatus[] = ['FINISHED', 'FAILED', 'KILLED']

export const end: Command = defineCommand({
  summary: 'End a run',
  positionals: { id: optional('The run; default: MLSTORE_RUN_ID', 'run') },
  options: {
    status: text('STATUS', 'How it went; default: FINISHED', {
      choices: statuses,
    }),
  },
  examples: [['run end $MLSTORE_RUN_ID --status FAILED', 'The script gave up']],
  async run({ id, status }, { environment, openStore, output }) {
    const which = whichRun(id, environment.env)
    await using store = await openStore()
    await using run = await store.resumeRun(which)
    const ended = await run.end(statuses.find((each) => each === status))
    await output.result(ended, (summary) => renderNames(summary.status, [summary]))
  },
})
