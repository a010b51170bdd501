/** Runs side by side: params and metrics in rows, a column a run, differences marked. */

import type { ComparisonRow, RunComparison, RunSummary } from '../../store/runs/results.ts'
import { formatDuration } from '../../core/amounts.ts'
import { aligned } from './columns.ts'
import { csv } from './csv.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'
import { shortRun } from './run-names.ts'
import { formatMetric, shortened } from './runs.ts'

/** Stands before what is not the same in all runs. */
const mark = '*'

type Line = { readonly cells: readonly string[]; readonly differs: boolean; readonly head?: true }

/** The runs, then params, then metrics; lines that differ begin with `*`. */
export function renderComparison({ runs, rows }: RunComparison, paint: Paint): string {
  const facts = [
    { ...factLine('run', runs, (run) => visible(run.name)), head: true as const },
    factLine('id', runs, (run) => shortRun(run.run)),
    factLine('experiment', runs, (run) => visible(run.experiment)),
    factLine('status', runs, (run) => (run.stale ? `${run.status} (stale)` : run.status)),
    factLine('took', runs, ({ durationMs }) =>
      durationMs === null ? '-' : formatDuration(durationMs),
    ),
  ]
  const lines: Line[] = [...facts, ...rows.map(comparedLine)]
  const texts = aligned(lines.map(({ cells, differs }) => [differs ? mark : '', ...cells]))
  return texts.map((text, index) => painted(text, lines[index], paint)).join('\n')
}

function factLine(
  name: string,
  runs: readonly RunSummary[],
  cell: (run: RunSummary) => string,
): Line {
  return { cells: [name, ...runs.map(cell)], differs: false }
}

function comparedLine({ kind, key, values, differs }: ComparisonRow): Line {
  return { cells: [`${kind}s.${visible(key)}`, ...values.map(valueText)], differs }
}

function valueText(value: string | number | null): string {
  if (value === null) return '-'
  return typeof value === 'number' ? formatMetric(value) : shortened(value)
}

function painted(text: string, line: Line | undefined, paint: Paint): string {
  if (line?.head === true) return paint('bold', text)
  return line?.differs === true ? paint('yellow', text) : text
}

/** A line a param or metric, whole values. */
export function comparisonCsv({ runs, rows }: RunComparison): string {
  return csv(
    ['key', ...runs.map(({ run }) => run), 'differs'],
    rows.map(({ kind, key, values, differs }) => [`${kind}s.${key}`, ...values, differs]),
  )
}
