/** Edges that somebody added and that count nowhere, as they would close a cycle, in words. */

import type { LoggedEvent } from '../core/events/bulk-event.ts'
import { type NodeId, versionNode } from '../core/lineage/graph.ts'
import { SoundLineage } from '../core/lineage/sound-lineage.ts'
import { titlesOfNodes } from './lineage-nodes.ts'
import type { StoreParts } from './parts.ts'

/** A sentence for each `lineage.add` among the events that is left out, as far as is known now. */
export function leftOutNotes(
  { catalog }: Pick<StoreParts, 'catalog'>,
  events: readonly LoggedEvent[],
): string[] {
  const ends = events.flatMap((event): NodeId[] =>
    event.type === 'lineage.add' ? [versionNode(event.to)] : [],
  )
  if (ends.length === 0) return []
  const graph = new SoundLineage(catalog.lineage)
  graph.into(ends)
  const ids = new Set(events.map(({ id }) => id))
  const leftOut = graph.leftOut.filter(({ added }) => added !== undefined && ids.has(added.id))
  return leftOut.map(({ from, to }) => {
    const [source = '', target = ''] = titlesOfNodes({ catalog }, [from, to])
    return `The lineage ${source} -> ${target} counts nowhere: with what others said it closes a cycle.`
  })
}
