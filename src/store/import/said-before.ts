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
  // Most often both begin alike, to the end of what is known.
  const alike = wanted.findIndex((point, i) => pointKey(point) !== keyAt(known, i))
  const start = alike < 0 ? wanted.length : alike
  const have = new Map<string, number>()
  for (let i = start; i < known.values.length; i++) {
    const key = keyAt(known, i)
    have.set(key, (have.get(key) ?? 0) + 1)
  }
  return wanted.slice(start).filter((point) => {
    const key = pointKey(point)
    const left = have.get(key) ?? 0
    if (left > 0) have.set(key, left - 1)
    return left === 0
  })
}

function keyAt({ values, steps, times }: MetricColumns, place: number): string {
  const [value, step, time] = [values[place], steps[place], times[place]]
  if (value === undefined || step === undefined || time === undefined) return ''
  return pointKey({ value, step, time })
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
