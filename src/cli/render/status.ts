/** `status` as text: what changed here, what is not pushed, what is not fetched. */

import type { Conflict, StatusResult } from '../../store/results.ts'
import { formatCount, shortDigest } from '../../core/amounts.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'

type LockedPath = StatusResult['paths'][number]

/** More files of one path than this are counted, not named. */
const filesShownMax = 10

/** Whether there is something to add, to push or to resolve. */
export function needsAction(status: StatusResult): boolean {
  return (
    status.paths.some((path) => path.state !== 'unchanged') ||
    status.unpushed.some(lacksSomething) ||
    status.conflicts.length > 0
  )
}

export function renderStatus(status: StatusResult, paint: Paint): string {
  const blocks = [
    ...status.paths
      .filter((path) => path.state !== 'unchanged')
      .map((path) => pathBlock(path, paint)),
    ...status.unpushed.filter(lacksSomething).map(unpushedLine),
    ...status.behind.filter((remote) => remote.entries > 0).map(behindLine),
    renderConflicts(status.conflicts, paint),
  ].filter((block) => block !== '')
  if (blocks.length > 0) return blocks.join('\n')
  return status.paths.length === 0 ? 'Nothing to push.' : 'Nothing changed, nothing to push.'
}

function pathBlock(path: LockedPath, paint: Paint): string {
  const state = paint(path.state === 'missing' ? 'red' : 'yellow', path.state.padEnd(8))
  const version = visible(path.label === null ? path.artifact : `${path.artifact}@${path.label}`)
  const files = [
    ...path.added.map((file) => paint('green', `    + ${visible(file)}`)),
    ...path.removed.map((file) => paint('red', `    - ${visible(file)}`)),
    ...path.changed.map((file) => paint('yellow', `    ~ ${visible(file)}`)),
  ]
  const hidden = files.length - filesShownMax
  const more = hidden > 0 ? [`    … and ${formatCount(hidden, 'more file')}`] : []
  const head = `${state}  ${visible(path.path)}  (${version})`
  return [head, ...files.slice(0, filesShownMax), ...more].join('\n')
}

type Unpushed = StatusResult['unpushed'][number]

function lacksSomething(unpushed: Unpushed): boolean {
  return unpushed.versions.length > 0 || unpushed.events > 0
}

function unpushedLine(unpushed: Unpushed): string {
  const versions = formatCount(unpushed.versions.length, 'version')
  const events = formatCount(unpushed.events, 'event')
  return `unpushed  ${versions} and ${events} that ${visible(unpushed.remote)} lacks; mlstore push`
}

function behindLine(behind: StatusResult['behind'][number]): string {
  const entries = formatCount(behind.entries, 'new entry', 'new entries')
  return `behind    ${visible(behind.remote)} had ${entries}; mlstore pull`
}

/** Both values of everything that two people changed, and what to do about it. */
export function renderConflicts(conflicts: readonly Conflict[], paint: Paint): string {
  return conflicts.map((conflict) => conflictBlock(conflict, paint)).join('\n')
}

function conflictBlock(conflict: Conflict, paint: Paint): string {
  const what = visible(`${conflict.artifact}@${conflict.name}`)
  const by = conflict.theirsBy === null ? '' : ` (${visible(conflict.theirsBy)})`
  return [
    `${paint('red', 'conflict')}  ${conflict.kind} ${what} on ${visible(conflict.remote)}`,
    `    ours    ${shortDigest(conflict.ours)}`,
    `    theirs  ${shortDigest(conflict.theirs)}${by}`,
    `    ${visible(conflict.hint)}`,
  ].join('\n')
}
