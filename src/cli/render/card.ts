/** Model cards as a terminal shows them. */

import { cardLeaves } from '../../core/model-card/stored-card.ts'
import type { CardResult, SetCardResult } from '../../store/cards/results.ts'
import { formatContent, shortDigest } from '../../core/amounts.ts'
import { table } from './columns.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'
import { versionName } from './versions.ts'

type Field = { readonly name: string; readonly text: string; readonly remark: string }

export function renderCardFields(result: CardResult, paint: Paint): string {
  const { card, extraFields, missing, path, problems } = result
  const remarks = new Map<string, string>([
    ...extraFields.map((name) => [name, 'not a documented field'] as const),
    ...missing.map(({ field }) => [field, 'not in this version'] as const),
    ...problems.map(({ field, problem }) => [field, problem] as const),
  ])
  const fields = cardLeaves(card).map(([name, text]): Field => {
    const remark = remarks.get(name) ?? ''
    remarks.delete(name)
    return { name, text, remark }
  })
  const rest = [...remarks].map(([name, remark]): Field => ({ name, text: '-', remark }))
  const columns = [
    { title: 'FIELD', cell: ({ name }: Field) => visible(name) },
    { title: 'VALUE', cell: ({ text }: Field) => visible(text) },
    { title: '', cell: ({ remark }: Field) => paint('yellow', visible(remark)) },
  ]
  const title = `${paint('bold', versionName(result))}:${path}`
  return [title, '', table([...fields, ...rest], columns, paint)].join('\n')
}

export function renderCardSet(result: SetCardResult, paint: Paint): string {
  const { unchanged, aliases } = result
  const state = unchanged
    ? 'unchanged'
    : `the card and the bytes of ${shortDigest(result.previous)}`
  const named = aliases.length === 0 ? '' : `; alias ${aliases.map(visible).join(', ')}`
  return `${paint('bold', versionName(result))}  ${shortDigest(result.digest)}  ${formatContent(result)}, ${state}${named}`
}

/** What whoever set a card should know besides. */
export function cardNotes(result: SetCardResult): string[] {
  const { aliasesLeft, missing } = result
  const left = aliasesLeft.map(visible)
  return [
    ...missing.map(({ field, path }) => {
      return `${visible(field)} is ${visible(path)}, which is not in this version.`
    }),
    ...(left.length === 0
      ? []
      : [
          `Still at ${shortDigest(result.previous)}: ${left.join(', ')}. \`mlstore alias set ${versionName(result)} ${left[0] ?? ''}\` moves it.`,
        ]),
  ]
}
