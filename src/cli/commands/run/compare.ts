/** `mlstore run compare`: parse, call the store, print. */

import { type Command, defineCommand, some, text } from '../../command.ts'
import { printAs, tableFormat } from '../../print-as.ts'
import type { Curve } from '../../render/metric-plot.ts'
import { plain } from '../../render/paint.ts'
import { comparisonCsv, renderComparison } from '../../render/run-comparison.ts'

export const compare: Command = defineCommand({
  summary: 'Compare the params and metrics of runs',
  details:
    'Lines that differ begin with *. With --plot the curves of a metric are drawn below; as JSON its points are in `curves`.',
  positionals: { ids: some('The runs', 'run') },
  options: { plot: text('METRIC', 'Draw the curves of this metric'), format: tableFormat },
  examples: [['run compare 3f9a1c04 brave-otter --plot loss', 'What made the difference']],
  async run({ ids, plot, format }, { openStore, output, shell }) {
    await using store = await openStore()
    const comparison = await store.compareRuns(ids)
    if (plot === undefined || format === 'csv') {
      const renderers = { table: renderComparison, csv: comparisonCsv }
      await printAs(output, format, comparison, renderers)
      return
    }
    const { plotMetric, plottedPoints } = await import('../../render/metric-plot.ts')
    const { columns } = shell.stdout
    const having = comparison.runs.filter((run) => Object.hasOwn(run.metrics, plot))
    const wanted = { key: plot, points: plottedPoints(columns) }
    const curves: Curve[] = []
    for (const { run, name } of having) {
      curves.push({ name, history: await store.metricHistory({ run, ...wanted }) })
    }
    const document = { ...comparison, curves: curves.map(({ history }) => history) }
    await output.result(document, (result, paint) =>
      [
        renderComparison(result, paint),
        plotMetric(curves, { metric: plot, columns, coloured: paint !== plain }),
      ].join('\n\n'),
    )
  },
})
