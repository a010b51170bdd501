/** What an import brought, as text. */

import type { ImportResult } from '../../store/import/results.ts'
import { formatBytes, formatCount } from '../../core/amounts.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'

/** More notes are for `--json`. */
const notesMax = 20

export function renderImport(result: ImportResult, paint: Paint): string {
  const { notes } = result
  const shown = notes.slice(0, notesMax).map((note) => paint('yellow', visible(note)))
  const more =
    notes.length > notesMax ? [`… and ${notes.length - notesMax} more notes: see --json.`] : []
  return [...shown, ...more, summaryOf(result)].join('\n')
}

function summaryOf(result: ImportResult): string {
  const { versions, runs, points, bytes, events, dryRun } = result
  if (events === 0) return 'Nothing new.'
  const counts = [
    formatCount(runs, 'run'),
    formatCount(points, 'metric point'),
    formatCount(versions, 'version'),
    `${formatBytes(bytes)} new`,
  ]
  return `${dryRun ? 'Would import' : 'Imported'} ${counts.join(', ')}.`
}
