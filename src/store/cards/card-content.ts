/** What a readable card says: the facts of a version as titles, words and values. */

import {
  formatBytes,
  formatContent,
  formatCount,
  formatDuration,
  formatTime,
} from '../../core/amounts.ts'
import {
  type CardDocument,
  type CardSection,
  type CardTable,
  type Inline,
  value,
} from '../../core/model-card/card-document.ts'
import { cardLeaves } from '../../core/model-card/stored-card.ts'
import type { ShowResult, VersionInput } from '../results.ts'
import type { RunDetails } from '../runs/results.ts'
import { shortDigest } from '../version-title.ts'
import type { CardFacts, CardResult } from './results.ts'

type Row = readonly Inline[]

/** How many of a kind are listed; a data set may have been read by thousands. */
const listedMax = 20

/** The whole card. Pure: the same facts give the same document. */
export function cardDocument(facts: CardFacts): CardDocument {
  const { version, card, runs } = facts
  return {
    title: `${version.artifact}@${version.label ?? shortDigest(version.digest)}`,
    sections: [
      section('Overview', [factTable(overview(facts))]),
      cardSection(card),
      ...runs.map((run) => runSection(run, runs.length)),
      section('Made from', [table(['Version', 'As'], facts.inputs.map(inputRow))]),
      section('Code', [factTable(codeRows(facts.code))]),
      section('Used by', [table(['What', 'As'], usedByRows(version))]),
      section('Metadata', [factTable(Object.entries(version.meta).map(memberRow))]),
      section('Reports', [
        table(['Report', 'Made', 'Content'], version.attachments.map(reportRow)),
      ]),
      filesSection(facts),
    ],
  }
}

function section(
  title: string,
  tables: readonly CardTable[],
  remarks: readonly Inline[] = [],
): CardSection {
  return { title, tables, remarks }
}

/** Rows beyond what is listed are counted in a last one. */
function table(columns: readonly string[], rows: readonly Row[]): CardTable {
  const left = rows.length - listedMax
  if (left <= 0) return { columns, rows }
  const blanks = columns.slice(1).map((): Inline => [])
  return { columns, rows: [...rows.slice(0, listedMax), [[`and ${left} more`], ...blanks]] }
}

function factTable(rows: readonly Row[]): CardTable {
  return { columns: ['', ''], rows }
}

function fact(title: string, ...content: Inline): Row {
  return [[title], content]
}

function overview({ version, previous }: CardFacts): Row[] {
  const { digest, createdAt, by, aliases, tags, locations } = version
  const [before] = previous
  return [
    fact('Digest', value(digest)),
    fact('Made', value(formatTime(createdAt)), ...(by === null ? [] : [' by ', value(by)])),
    fact('Content', formatContent(version)),
    ...(aliases.length === 0 ? [] : [fact('Aliases', ...listed(aliases))]),
    ...Object.entries(tags).map(([key, text]): Row => [['Tag ', value(key)], [value(text)]]),
    ...(locations.length === 0 ? [] : [fact('Where', ...listed(locations))]),
    ...(before === undefined ? [] : [fact('Goes on from', value(before))]),
  ]
}

function listed(texts: readonly string[]): Inline {
  return texts.flatMap((text, i) => (i === 0 ? [value(text)] : [', ', value(text)]))
}

function cardSection(card: CardResult | null): CardSection {
  if (card === null) return section('Model card', [])
  const missing = new Set(card.missing.map(({ field }) => field))
  const said = cardLeaves(card.card).filter(([field, text]) => !isPlaceholder(field, text))
  const rows = said.map(([field, text]): Row => {
    const remark = missing.has(field) ? [' (not in this version)'] : []
    return [[value(field)], [value(text), ...remark]]
  })
  const remarks = card.problems.map(({ field, problem }): Inline => {
    return ['Not valid: ', value(`${field}: ${problem}`)]
  })
  return section('Model card', [{ columns: ['Field', 'Value'], rows }], remarks)
}

/** What CI did not say is empty or has its own name as its value, and tells a reader nothing. */
function isPlaceholder(field: string, text: string): boolean {
  return text === '' || field.endsWith(`.${text}`)
}

function runSection(run: RunDetails, count: number): CardSection {
  const { name, experiment, status, startedAt, durationMs, user, params, note } = run
  const facts = [
    fact('Run', value(name), ' in ', value(experiment)),
    fact('Status', value(status)),
    fact('Started', value(formatTime(startedAt)), ' by ', value(user)),
    ...(durationMs === null ? [] : [fact('Took', formatDuration(durationMs))]),
    ...(note === null ? [] : [fact('Note', value(note))]),
  ]
  const metrics = Object.entries(run.metricSummaries).map(([key, { last, min, max }]): Row => {
    return [[value(key)], ...[last, min, max].map((number): Inline => [value(String(number))])]
  })
  const title = count === 1 ? 'Training run' : 'Run that made it'
  return section(title, [
    factTable(facts),
    { columns: ['Parameter', 'Value'], rows: Object.entries(params).map(memberRow) },
    { columns: ['Metric', 'Last', 'Least', 'Greatest'], rows: metrics },
  ])
}

function memberRow([key, member]: readonly [string, unknown]): Row {
  return [[value(key)], [value(typeof member === 'string' ? member : JSON.stringify(member))]]
}

function inputRow({ name, version, role }: VersionInput): Row {
  return [[value(name ?? version)], [value(role)]]
}

function usedByRows({ usedBy }: ShowResult): Row[] {
  return [
    ...usedBy.versions.map(({ name, version, role }): Row => {
      return [[value(name ?? version)], [value(role)]]
    }),
    ...usedBy.runs.map(({ name, run, role }): Row => [['run ', value(name ?? run)], [value(role)]]),
  ]
}

function codeRows(code: CardFacts['code']): Row[] {
  if (code === null) return []
  const { commit, branch, dirty, remote } = code
  return [
    fact('Commit', value(commit), ...(dirty === true ? [', with changes'] : [])),
    ...(branch === null ? [] : [fact('Branch', value(branch))]),
    ...(remote === null ? [] : [fact('Repository', value(remote))]),
  ]
}

function reportRow({ name, createdAt, files, sizeBytes }: ShowResult['attachments'][number]): Row {
  return [[value(name)], [value(formatTime(createdAt))], [formatContent({ files, sizeBytes })]]
}

function filesSection({ version, files }: CardFacts): CardSection {
  const rows = files.map(({ path, sizeBytes }): Row => [[value(path)], [formatBytes(sizeBytes)]])
  const left = version.files - rows.length
  const remarks: Inline[] = left > 0 ? [[`And ${formatCount(left, 'more file')}.`]] : []
  return section('Files', [{ columns: ['File', 'Size'], rows }], remarks)
}
