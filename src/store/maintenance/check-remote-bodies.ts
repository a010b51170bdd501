/**
 * Checks that the bodies of bulk events are where the log says, or where a repair put them.
 *
 * One that is missing stops every clone and every fetch at its entry, so it can be put back by
 * whoever has the event: its maker, and everybody who fetched it.
 */

import { type BulkEvent, isBodyOf } from '../../core/events/bulk-event.ts'
import { encodeEvent } from '../../core/events/event-codec.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import { bulkKey, packKey } from '../../core/remote-layout.ts'
import { throwIfAborted } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import { getRepairedBody } from '../sync/fetch-bodies.ts'
import type { RemoteCheck } from './remote-check.ts'
import type { RemoteHoldings } from './remote-holdings.ts'

/** @param holdings What the live packs hold, with the places of these bodies. */
export async function checkRemoteBodies(
  check: RemoteCheck,
  holdings: RemoteHoldings,
  bulk: readonly BulkEvent[],
): Promise<void> {
  const lost = bulk.filter(({ body }) => !holdings.hasBody(body))
  const looks = mapOrdered(lost, check.concurrency, async (event) => {
    throwIfAborted(check.signal)
    return { event, bytes: await getRepairedBody(check.remote, event, check.signal) }
  })
  for await (const { event, bytes } of looks) if (bytes === undefined) report(check, event)
}

function report({ findings }: RemoteCheck, { id, body }: BulkEvent): void {
  const what =
    `the body of event ${id} cannot be read there: clones and fetches stop in front of it. ` +
    '`--repair`, run in a store that made or fetched it, puts it back.'
  const mend = { kind: 'key', key: bulkKey(body.digest) } as const
  findings.report({ where: packKey(body.location.packId), what, mend })
}

/** Bodies that this store knows, of those that are to be put back, by their keys. */
export function* knownBodies(
  { catalog }: Pick<StoreParts, 'catalog'>,
  bulk: readonly BulkEvent[],
  wanted: ReadonlySet<string>,
): Generator<readonly [key: string, bytes: Uint8Array]> {
  for (const each of bulk) {
    const key = bulkKey(each.body.digest)
    const event = wanted.has(key) ? catalog.events.get(each.id) : undefined
    if (event !== undefined && isBodyOf(event, each)) yield [key, encodeEvent(event)]
  }
}
