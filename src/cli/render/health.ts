/** What `fsck`, `reindex`, `doctor` and `remote doctor` found, as text. */

import type {
  DoctorResult,
  FsckResult,
  ReindexResult,
  RemoteDoctorResult,
} from '../../store/results.ts'
import { formatBytes, formatCount } from '../../core/amounts.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'

export function renderFsck(result: FsckResult, paint: Paint): string {
  const problems = result.problems.map((problem) => {
    const state = problem.repaired ? paint('green', 'repaired') : paint('red', 'damaged ')
    return `${state}  ${visible(problem.where)}: ${visible(problem.what)}`
  })
  const notes = result.notes.map(
    ({ where, what }) => `${paint('yellow', 'note    ')}  ${visible(where)}: ${visible(what)}`,
  )
  const checked = `${formatCount(result.objects, 'object')}, ${formatBytes(result.bytes)} checked`
  const found = problems.length === 0 ? 'no problems' : formatCount(problems.length, 'problem')
  return [...problems, ...notes, `${checked}: ${found}`].join('\n')
}

export function renderReindex(result: ReindexResult): string {
  const { versions, runs, events } = result
  return `Rebuilt from the journal: ${formatCount(versions, 'version')}, ${formatCount(runs, 'run')}, ${formatCount(events, 'event')}`
}

export function renderDoctor(result: DoctorResult, paint: Paint): string {
  return result.checks
    .map((check) => checkLine(check.ok, `${visible(check.name)}: ${visible(check.detail)}`, paint))
    .join('\n')
}

export function renderRemoteDoctor(result: RemoteDoctorResult, paint: Paint): string {
  const { conditionalCreate, list, range } = result.capabilities
  const lines = [
    renderRemoteName(result),
    checkLine(conditionalCreate, 'conditional writes: many people can push', paint),
    checkLine(range, 'ranged reads', paint),
    checkLine(list, 'listing', paint),
    ...result.warnings.map((warning) => `  ${paint('yellow', 'note')}  ${visible(warning)}`),
    ...result.problems.map((problem) => `  ${paint('red', 'problem')}  ${visible(problem)}`),
  ]
  return lines.join('\n')
}

function renderRemoteName(result: RemoteDoctorResult): string {
  const state = result.seq === null ? 'nothing pushed yet' : `at entry ${result.seq}`
  return `${visible(result.name)}  ${visible(result.url)}  (${state})`
}

/** `ok` or `FAIL` and what was checked. */
function checkLine(ok: boolean, what: string, paint: Paint): string {
  return `  ${ok ? paint('green', 'ok  ') : paint('red', 'FAIL')}  ${what}`
}
