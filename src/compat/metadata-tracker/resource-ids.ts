/**
 * Ids of resources, and the names that are made of them. Pure, and the same in every tracker, as
 * runs are read by other programs than the one that wrote them.
 */

import { isId } from '../../core/ids.ts'
import { invalidArgument } from '../../errors.ts'
import type { Resource } from './metadata-tracker.ts'

export const experimentType = 'experiment'

const jobEnding = '_predictions'

/**
 * What stands before the keys of a resource: its id, or of one that is a path the name of the file
 * without its last ending, with `_` for dots. `data/raw/sales.2024.csv` is `sales_2024`.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` if that leaves nothing.
 */
export function shortId(id: string): string {
  if (!id.includes('/')) return named(id, id)
  const name = id.split('/').findLast((segment) => segment !== '' && segment !== '.') ?? ''
  const dot = name.lastIndexOf('.')
  const stem = dot > 0 && dot < name.length - 1 ? name.slice(0, dot) : name
  return named(stem.replaceAll('.', '_'), id)
}

function named(text: string, id: string): string {
  if (text !== '') return text
  throw invalidArgument(`${JSON.stringify(id)} is no id of a resource.`)
}

/** The run's tag that holds what a resource says under a key. */
export function tagOf(resource: Resource, key: string): string {
  return `${shortId(resource.id)}.${key}`
}

/** The id that names a resource together with its run, as that of an experiment does. */
export function qualifiedId(run: string, id: string): string {
  return `${run}.${id}`
}

/** The run and the id in it; `undefined` for an id that names no run. */
export function splitQualifiedId(
  text: string,
): { readonly run: string; readonly id: string } | undefined {
  const dot = text.indexOf('.')
  const run = text.slice(0, Math.max(dot, 0))
  return isId(run) ? { run, id: text.slice(dot + 1) } : undefined
}

/** Whether the resource has a run of its own. */
export function isExperiment({ id, run }: Resource): boolean {
  return splitQualifiedId(id)?.run === run.id
}

/** The prediction job of a model. */
export function jobId(model: string): string {
  return `${model}${jobEnding}`
}

/** The model of a prediction job; `undefined` if the id is not made of one. */
export function modelOfJob(job: string): string | undefined {
  const model = job.endsWith(jobEnding) ? job.slice(0, -jobEnding.length) : ''
  return model === '' ? undefined : model
}
