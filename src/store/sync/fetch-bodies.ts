/**
 * Fetching the bodies of bulk events: what log entries name and packs hold.
 *
 * All that a few entries need is read together, with as few ranged reads as its places allow. A
 * body that is not where the entry says, or not what it says, is looked for where a repair would
 * have put it; without it, the entry cannot be taken in, since nobody here could say later what
 * was in it.
 */

import { type Digest, digestOf } from '../../core/digest.ts'
import { type BulkEvent, readBulkBody } from '../../core/events/bulk-event.ts'
import type { Event } from '../../core/events/event.ts'
import { packKind } from '../../core/pack/format.ts'
import type { LocatorEntry } from '../../core/pack/locator.ts'
import { bulkKey, packKey } from '../../core/remote-layout.ts'
import { MlstoreError } from '../../errors.ts'
import type { Remote } from '../../ports/remote.ts'
import { type RemoteObjectReader, readRemoteObjects } from './remote-objects.ts'

type BodyItem = {
  readonly digest: Digest
  readonly kind: typeof packKind.blob
  readonly location: LocatorEntry
  readonly bulk: BulkEvent
}

/**
 * Fetches bodies.
 *
 * @param bulk Together of no more bytes than may be in memory.
 * @returns The events, by id.
 * @throws {MlstoreError} `OBJECT_MISSING` if one is nowhere on the remote; `CORRUPT` if one is not
 * the event that the log says.
 */
export async function fetchBodies(
  reader: RemoteObjectReader,
  bulk: readonly BulkEvent[],
): Promise<Map<string, Event>> {
  const bodies = new Map<string, Event>()
  const lost: BulkEvent[] = []
  for await (const { objects, stale } of readRemoteObjects(reader, bulk.map(itemOf))) {
    for (const { item, bytes } of objects) bodies.set(item.bulk.id, readBulkBody(item.bulk, bytes))
    lost.push(...stale.map((item) => item.bulk))
  }
  for (const each of lost) bodies.set(each.id, await fetchRepaired(reader, each))
  return bodies
}

function itemOf(bulk: BulkEvent): BodyItem {
  const { digest, location } = bulk.body
  return { digest, kind: packKind.blob, location, bulk }
}

async function fetchRepaired(
  { remote, signal }: RemoteObjectReader,
  bulk: BulkEvent,
): Promise<Event> {
  const bytes = await getRepairedBody(remote, bulk, signal)
  if (bytes !== undefined) return readBulkBody(bulk, bytes)
  const key = packKey(bulk.body.location.packId)
  throw new MlstoreError(
    'OBJECT_MISSING',
    `${remote.url}: the log names an event ${bulk.id} that ${key} should hold, and it cannot be read there.`,
    {
      hint: 'Nothing was taken in. `mlstore fsck --remote NAME --repair`, run in a store that has fetched it or made it, puts it back.',
      details: { event: bulk.id, digest: bulk.body.digest },
    },
  )
}

/** The body as a repair put it back, verified; `undefined` if none did. */
export async function getRepairedBody(
  remote: Remote,
  { body }: BulkEvent,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const bytes = await remote.get(bulkKey(body.digest), { signal })
  return bytes !== undefined && digestOf(bytes) === body.digest ? bytes : undefined
}
