/**
 * A readable card as data, and as Markdown.
 *
 * Everything that somebody else wrote (names, values, reasons) is a `Value`, and stands in Markdown
 * as a code span: there nothing is markup, no link, no image, no mention, whoever renders it.
 * Headings, titles and words between are ours.
 */

import { visible } from '../visible-text.ts'

/** Text that is shown and never interpreted. */
export type Value = { readonly value: string }

/** Our words, and values among them. */
export type Inline = readonly (string | Value)[]

export type CardTable = {
  /** Empty titles: a table of facts, whose first column says what they are. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Inline[])[]
}

export type CardSection = {
  readonly title: string
  readonly tables: readonly CardTable[]
  /** Sentences below the tables. */
  readonly remarks: readonly Inline[]
}

export type CardDocument = {
  /** The version: `model/resnet@v12`. */
  readonly title: string
  readonly sections: readonly CardSection[]
}

export function value(text: string): Value {
  return { value: text }
}

/** Markdown as GitHub and its kin read it. */
export function documentMarkdown({ title, sections }: CardDocument): string {
  const blocks = [`# ${codeSpan(title)}`, ...sections.filter(hasContent).flatMap(sectionBlocks)]
  return `${blocks.join('\n\n')}\n`
}

function hasContent({ tables, remarks }: CardSection): boolean {
  return remarks.length > 0 || tables.some(({ rows }) => rows.length > 0)
}

function sectionBlocks({ title, tables, remarks }: CardSection): string[] {
  return [
    `## ${title}`,
    ...tables.filter(({ rows }) => rows.length > 0).map(tableMarkdown),
    ...remarks.map(inlineMarkdown),
  ]
}

function tableMarkdown({ columns, rows }: CardTable): string {
  const lines = [
    columns.join(' | '),
    columns.map(() => '---').join(' | '),
    ...rows.map((cells) => cells.map(inlineMarkdown).join(' | ')),
  ]
  return lines.map((line) => `| ${line} |`).join('\n')
}

function inlineMarkdown(inline: Inline): string {
  return inline.map((part) => (typeof part === 'string' ? part : codeSpan(part.value))).join('')
}

/**
 * The text as a code span that may stand anywhere, in a table too.
 *
 * The fence is longer than any run of backticks in the text. A `|` would end the cell: it is
 * escaped, or, behind a backslash, where renderers disagree about that, written by its number.
 */
function codeSpan(text: string): string {
  const shown = visible(text).replaceAll('\\|', '\\\\u{7c}').replaceAll('|', '\\|')
  if (shown === '') return '(empty)'
  const runs = shown.match(/`+/g) ?? []
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1)
  const isStripped = shown.startsWith(' ') && shown.endsWith(' ') && shown.trim() !== ''
  const pad = shown.startsWith('`') || shown.endsWith('`') || isStripped ? ' ' : ''
  return `${fence}${pad}${shown}${pad}${fence}`
}
