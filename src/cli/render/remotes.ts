/** Remotes and what travels to and from them, as text. */

import type {
  CloneResult,
  CopyResult,
  DropResult,
  FetchResult,
  PullResult,
  PushResult,
  RemoteListing,
} from '../../store/results.ts'
import { formatBytes, formatCount } from '../../core/amounts.ts'
import { type Column, table } from './columns.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'
import { renderConflicts } from './status.ts'

const remoteColumns: readonly Column<RemoteListing>[] = [
  { title: 'NAME', cell: (row) => visible(row.name) + (row.default ? ' *' : '') },
  { title: 'SEQ', cell: (row) => (row.seq === null ? '-' : String(row.seq)), align: 'right' },
  { title: 'KEPT IN', cell: (row) => (row.local ? '.mlstore' : 'mlstore.json') },
  { title: 'URL', cell: (row) => visible(row.url) },
]

/** The default remote is marked with a star. */
export function renderRemotes(rows: readonly RemoteListing[], paint: Paint): string {
  return table(rows, remoteColumns, paint)
}

export function renderRemote(remote: RemoteListing): string {
  const kind = remote.default ? ' (default)' : ''
  return `Remote ${visible(remote.name)}${kind}: ${visible(remote.url)}`
}

export function renderPush(result: PushResult, paint: Paint): string {
  return pushText(result, pushLine(result), paint)
}

export function renderPushPlan(result: PushResult, paint: Paint): string {
  return pushText(result, planLine(result), paint)
}

/** What it would cost is only known when it is done. */
function planLine(result: PushResult): string {
  const remote = visible(result.remote)
  if (hasNoNews(result)) return `${remote} has everything.`
  return `Would push ${newsOf({ ...result, versions: result.versions.length })} to ${remote}.`
}

function pushText(result: PushResult, head: string, paint: Paint): string {
  const renumbered = result.renumbered.map(({ message }) => `${visible(message)}.`)
  const notes = (result.notes ?? []).map(visible)
  return [head, ...renumbered, ...notes, renderConflicts(result.conflicts, paint)]
    .filter((block) => block !== '')
    .join('\n')
}

function pushLine(result: PushResult): string {
  const remote = visible(result.remote)
  if (hasNoNews(result)) return `${remote} has everything.`
  const what = newsOf({ ...result, versions: result.versions.length })
  const bytes = `${formatBytes(result.bytesSent)} sent, ${formatBytes(result.bytesDeduped)} there already`
  const cost = `${formatCount(result.packs, 'pack')}, ${formatCount(result.requests, 'request')}`
  return `Pushed ${what} to ${remote} (entry ${result.seq}): ${bytes}; ${cost}`
}

export function renderFetch(result: FetchResult): string {
  const remote = visible(result.remote)
  if (result.seq === 0) return `${remote} holds nothing yet.`
  if (result.versions === 0 && result.events === 0) return `Nothing new on ${remote}.`
  return `Fetched ${newsOf(result)} from ${remote} (entry ${result.seq}); ${formatCount(result.requests, 'request')}`
}

function hasNoNews({ versions, events }: PushResult): boolean {
  return versions.length === 0 && events === 0
}

/** `2 versions, 3 runs, 17 events`; runs only where there are any. */
function newsOf({
  versions,
  runs,
  events,
}: Pick<FetchResult, 'versions' | 'runs' | 'events'>): string {
  const amounts = [formatCount(versions, 'version'), formatCount(events, 'event')]
  return (runs === 0 ? amounts : amounts.toSpliced(1, 0, formatCount(runs, 'run'))).join(', ')
}

export function renderPull(result: PullResult): string {
  const received = `${formatBytes(result.bytesReceived)} received`
  return `${renderFetch(result)}\n${received}, ${formatCount(result.files, 'file')} written`
}

export function renderClone(result: CloneResult): string {
  const store = visible(result.store)
  const head = result.created ? `Made ${store}` : `${store} is there already.`
  return `${head}\n${renderPull(result)}`
}

export function renderCopy(result: CopyResult): string {
  const what = `${formatCount(result.objects, 'object')}, ${formatBytes(result.bytes)}`
  const cost = formatCount(result.requests, 'request')
  return `Copied ${visible(result.from)} to ${visible(result.to)}: ${what}; ${cost}`
}

export function renderKey(entry: { readonly key: string; readonly sizeBytes: number }): string {
  return `${formatBytes(entry.sizeBytes).padStart(10)}  ${visible(entry.key)}`
}

export function renderDrop(result: DropResult): string {
  return dropLine('Freed', result)
}

export function renderDropPlan(result: DropResult): string {
  return dropLine('Would free', result)
}

function dropLine(verb: string, result: DropResult): string {
  const freed = `${verb} ${formatBytes(result.bytes)} in ${formatCount(result.objects, 'object')}.`
  const kept = result.kept.map((version) => {
    const reason = result.reasons[version]
    return `  kept  ${visible(version)}${reason === undefined ? '' : `: ${visible(reason)}`}`
  })
  return [freed, ...kept].join('\n')
}
