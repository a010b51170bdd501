/** `mlstore run history`: parse, call the store, print. */

import { type Command, count, defineCommand, one } from '../../command.ts'
import { printAs, tableFormat } from '../../print-as.ts'

export const history: Command = defineCommand({
  summary: 'Print every point of a metric of a run',
  positionals: { id: one('The run', 'run'), metric: one('The metric') },
  options: {
    points: count('N', 'At most about this many; minima and maxima are kept'),
    format: tableFormat,
  },
  examples: [['run history 3f9a1c04 loss --points 1000 --format csv', 'For a plot elsewhere']],
  async run({ id, metric, points, format }, { openStore, output }) {
    await using store = await openStore()
    const series = await store.metricHistory({ run: id, key: metric, points })
    const { historyCsv, renderHistory } = await import('../../render/runs.ts')
    await printAs(output, format, series, { table: renderHistory, csv: historyCsv })
  },
})
