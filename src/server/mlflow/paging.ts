/** Pages and views, as MLflow's searches ask for them. */

import { invalidParameter } from './mlflow-error.ts'
import type { Message } from './message.ts'

export type Limits = { readonly most: number; readonly usual: number }

export type ListPage<Item> = {
  readonly items: readonly Item[]
  /** `undefined`: this is the last one. */
  readonly next: string | undefined
}

/** @throws {MlflowError} unless it is a whole number from 1 to `most`, or not given. */
export function maxResultsOf(message: Message, { most, usual }: Limits): number {
  const wanted = message.integer('max_results') ?? usual
  if (wanted >= 1 && wanted <= most) return wanted
  const rule = wanted < 1 ? 'a positive integer' : `at most ${most}`
  throw invalidParameter(
    `Invalid value ${wanted} for parameter 'max_results' supplied. It must be ${rule}`,
  )
}

/** A page of a list that is in memory; the token says where the next one starts. */
export function pageOf<Item>(
  message: Message,
  list: readonly Item[],
  limits: Limits,
): ListPage<Item> {
  const start = startOf(message.text('page_token'))
  const end = start + maxResultsOf(message, limits)
  const next = end < list.length ? Buffer.from(`{"offset": ${end}}`).toString('base64') : undefined
  return { items: list.slice(start, end), next }
}

export type View = 'active' | 'removed' | 'all'

const views: Readonly<Record<string, View>> = {
  ACTIVE_ONLY: 'active',
  DELETED_ONLY: 'removed',
  ALL: 'all',
}

/** By name, or by the number that protobuf gives it. Default: active. */
export function viewOf(message: Message, name: string): View {
  const word = message.text(name) ?? ''
  if (word === '') return 'active'
  const view = views[word] ?? Object.values(views)[Number(word) - 1]
  if (view === undefined) throw invalidParameter(`Invalid view type: ${word}`)
  return view
}

function startOf(token: string | undefined): number {
  if (token === undefined || token === '') return 0
  const offset = /^\{"offset": (\d{1,9})\}$/.exec(Buffer.from(token, 'base64').toString())?.[1]
  if (offset !== undefined) return Number(offset)
  throw invalidParameter('Invalid page token, could not base64-decode')
}
