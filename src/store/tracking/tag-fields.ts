/** Setting tags, as events. */

import type { EventFields } from '../../core/events/event.ts'

/**
 * @param target Text that `parseTagTarget` reads.
 * @param tags `null` takes the tag away.
 */
export function tagFields(
  target: string,
  tags: Iterable<readonly [key: string, value: string | null]>,
): EventFields[] {
  return Array.from(tags, ([key, value]) => ({ type: 'tag.set', target, key, value }))
}
