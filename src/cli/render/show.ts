/** Everything about one version as text: what `show` prints. */

import type { CodeState, LinkedRun, ShowResult, VersionInput } from '../../store/results.ts'
import { formatContent, formatTime, shortDigest } from '../../core/amounts.ts'
import { aligned } from './columns.ts'
import { visible } from '../../core/visible-text.ts'
import { isEverydayRole } from './lineage-names.ts'
import type { Paint } from './paint.ts'
import { tagsOf, versionName } from './versions.ts'

type Row = readonly [title: string, fact: string]

/** How many of a kind are shown; a data set may have been read by thousands of runs. */
const shownMax = 10

export function renderShow(result: ShowResult, paint: Paint): string {
  const { attachments, inputs, locations, madeBy, meta, tags, usedBy } = result
  const by = result.by === null ? '' : ` by ${visible(result.by)}`
  const rows: Row[] = [
    ['digest', result.digest],
    ['root', result.root],
    ['created', formatTime(result.createdAt) + by],
    ['content', `${formatContent(result)}${result.shape === 'file' ? ' (one file)' : ''}`],
    ['tags', tagsOf(tags).join(' ')],
    ...Object.entries(meta).map(([key, value]) => metaRow(key, value)),
    ...first(madeBy, 'made by', runOf),
    ['code', result.code === null ? '' : codeOf(result.code)],
    ...first(inputs, 'input', inputOf),
    ...usedBy.aliases.map((alias) => aliasRow(alias)),
    ...first(usedBy.versions, 'used by', (user) => withRole(nameOf(user), user.role)),
    ...first(usedBy.runs, 'used by', runOf),
    ...first(attachments, 'attached', ({ name }) => visible(name)),
    ['locations', locations.map(visible).join(', ')],
  ]
  const facts = aligned(rows.filter(([, fact]) => fact !== '')).map((line) => `  ${line}`)
  const removed = result.removed ? paint('red', '  (removed)') : ''
  return [paint('bold', versionName(result)) + removed, ...facts].join('\n')
}

/** A row each, and one that counts those that are left. */
function first<Item>(
  items: readonly Item[],
  title: string,
  factOf: (item: Item) => string,
): readonly Row[] {
  const rows = items.slice(0, shownMax).map((item): Row => [title, factOf(item)])
  const left = items.length - rows.length
  return left === 0 ? rows : [...rows, [title, `and ${left} more`]]
}

function metaRow(key: string, value: unknown): Row {
  return ['meta', `${visible(key)} = ${visible(JSON.stringify(value))}`]
}

function runOf({ run, name, experiment, status, removed, role }: LinkedRun): string {
  if (name === null) return withRole(`run ${shortDigest(run)} (only its id is known here)`, role)
  const known = [experiment, status].flatMap((fact) => (fact === null ? [] : visible(fact)))
  const facts = [...known, ...(removed ? ['removed'] : [])]
  return withRole(`run ${visible(name)} (${facts.join(', ')})`, role)
}

function codeOf({ commit, branch, dirty, remote }: CodeState): string {
  const facts = [
    `commit ${visible(commit)}${dirty === true ? ' with changes' : ''}`,
    ...(branch === null ? [] : [`branch ${visible(branch)}`]),
    ...(remote === null ? [] : [visible(remote)]),
  ]
  return facts.join(', ')
}

function inputOf(input: VersionInput): string {
  const said = input.via === 'added' ? ', added later' : ''
  return `${nameOf(input)} (${visible(input.role)}${said})`
}

function aliasRow({ alias, at, by, reason }: ShowResult['usedBy']['aliases'][number]): Row {
  const because = reason === null ? '' : `: ${visible(reason)}`
  return ['alias', `${visible(alias)} since ${formatTime(at)} by ${visible(by)}${because}`]
}

function nameOf({
  name,
  version,
}: {
  readonly name: string | null
  readonly version: string
}): string {
  return name === null ? `${shortDigest(version)} (only its id is known here)` : visible(name)
}

function withRole(text: string, role: string): string {
  return isEverydayRole(role) ? text : `${text} as ${visible(role)}`
}
