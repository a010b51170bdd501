/**
 * What an import has to say about something that may be here already.
 *
 * A value that this store had before, and has no more, was changed here since an earlier import:
 * it stays as it is. So a second import says nothing, and one of a source that went on says what
 * is new in it.
 */

import { digestOf } from '../../core/digest.ts'
import type { EventFields } from '../../core/events/event.ts'
import { formatTagTarget, type TagTarget } from '../../core/events/tag-target.ts'
import type { MetricColumns, MetricPoint } from '../../core/runs/metric-points.ts'
import type { StoreParts } from '../parts.ts'

/** The tags that are to be set. */
export function tagsToSay(
  { catalog }: Pick<StoreParts, 'catalog'>,
  target: TagTarget,
  wanted: ReadonlyMap<string, string>,
): EventFields[] {
  const known = catalog.tags.of(target)
  return [...wanted]
    .filter(([key, value]) => {
      if (known.get(key) === value) return false
      return !catalog.tags.history(target, key).some((change) => change.value === value)
    })
    .map(([key, value]) => ({ type: 'tag.set', target: formatTagTarget(target), key, value }))
}

/** The points of `wanted` that are not among `known`, each as often as it is missing. */
export function pointsToSay(known: MetricColumns, wanted: readonly MetricPoint[]): MetricPoint[] {
  if (known.values.length === 0) return [...wanted]
  const have = new Map<string, number>()
  for (const [i, value] of known.values.entries()) {
    const key = pointKey({ value, step: known.steps[i] ?? 0, time: known.times[i] ?? 0 })
    have.set(key, (have.get(key) ?? 0) + 1)
  }
  return wanted.filter((point) => {
    const key = pointKey(point)
    const left = have.get(key) ?? 0
    if (left > 0) have.set(key, left - 1)
    return left === 0
  })
}

/**
 * An id for an event that two clones may make from the same source: made once, whoever imports,
 * so that their points are not counted twice when both push.
 */
export function eventIdOf(...said: readonly (string | number)[]): string {
  return digestOf(Buffer.from(JSON.stringify(['mlstore import', ...said]))).slice(0, 32)
}

function pointKey({ value, step, time }: MetricPoint): string {
  return `${step} ${time} ${Object.is(value, -0) ? '-0' : value}`
}
