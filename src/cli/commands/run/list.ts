/** `mlstore run list`: parse, call the store, print. */

import {
  type Command,
  count,
  defineCommand,
  list as several,
  optional,
  text,
} from '../../command.ts'
import { printAs, tableFormat } from '../../print-as.ts'
import { removedFlags, viewOf } from '../removed-flags.ts'

export const list: Command = defineCommand({
  summary: 'List runs, newest first, or those a query finds',
  details: 'docs/queries.md says what a query may say.',
  positionals: { query: optional('Conditions and an order; default: all runs') },
  options: {
    experiment: several('EXPERIMENT', 'Only runs of this one', { completes: 'experiment' }),
    number: count('N', 'At most this many; default: 100', { short: 'n' }),
    pageToken: text('TOKEN', 'Go on where the list before ended'),
    format: tableFormat,
    ...removedFlags,
  },
  examples: [
    [
      `run list "metrics.loss < 0.2 and params.optimizer = 'adam' order by metrics.loss" -n 5`,
      'The five best of them',
    ],
    ['run list --experiment digits --format csv', 'For a spreadsheet or a data frame'],
  ],
  async run(values, { openStore, output }) {
    const { query, experiment, number, pageToken, format } = values
    const view = viewOf(values)
    await using store = await openStore()
    const page = await store.searchRuns({
      experiments: experiment,
      query,
      limit: number,
      pageToken,
      view,
    })
    const { renderRuns, runsCsv } = await import('../../render/runs.ts')
    await printAs(output, format, page.runs, { table: renderRuns, csv: runsCsv })
    if (page.nextPageToken !== null) {
      await output.note(`There are more: --page-token ${page.nextPageToken}`)
    }
  },
})
