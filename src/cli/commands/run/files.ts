/** `mlstore run files`: parse, call the store, print. */

import { type Command, defineCommand, one, optional } from '../../command.ts'
import { renderRunFiles } from '../../render/runs.ts'

export const files: Command = defineCommand({
  summary: 'List the files of a run, or write one of them to stdout',
  details:
    'The files are there while the run goes on. When it has ended they are the artifact run/ID, which get, ls and diff know like any other.',
  positionals: {
    id: one('The run', 'run'),
    path: optional('The file to write to stdout, as it is'),
  },
  examples: [['run files 3f9a1c04 output.txt', 'The end of what the command of run exec wrote']],
  async run({ id, path }, { openStore, output }) {
    await using store = await openStore()
    if (path === undefined) {
      await output.result(await store.listRunFiles(id), renderRunFiles)
      return
    }
    for await (const bytes of store.readRunFile(id, path)) if (!(await output.bytes(bytes))) return
  },
})
