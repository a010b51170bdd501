/**
 * Cutting a push into log entries of at most 1 MiB, and 16 MiB of bodies beside them. Pure.
 *
 * Order is kept, and what needs another never comes before it: packs stand in the entry of the
 * first version or an earlier one, and a version's location in the entry of its `version.add`, so
 * that each entry alone leaves only complete versions behind.
 */

import { jsonBytes } from '../canonical-json.ts'
import type { LoggedEvent } from '../events/bulk-event.ts'
import {
  bulkBytesIn,
  type EntryContent,
  entryBulkBytesMax,
  entryBytesMax,
  packJson,
  type RemotePack,
  type VersionLocation,
  versionJson,
} from './entry.ts'

/** What every entry says besides its content: ids, hashes, time and tool, generously. */
const envelopeBytes = 4096

/** The most content one entry holds, in bytes of JSON. */
export const entryContentBytesMax: number = entryBytesMax - envelopeBytes

/** What goes into an entry together. */
type Piece = {
  readonly event?: LoggedEvent | undefined
  readonly pack?: RemotePack
  readonly version?: VersionLocation | undefined
}

/**
 * Groups the content of a push into the contents of as few entries as next fit gives, in order.
 *
 * A version that comes after some of the packs uses them.
 *
 * @param contentBytesMax Smaller in tests.
 * @returns At least one; a piece larger than the limit gets one of its own, which `encodeEntry`
 * then refuses.
 */
export function splitIntoEntries(
  content: EntryContent,
  contentBytesMax: number = entryContentBytesMax,
): EntryContent[] {
  const groups: EntryContent[] = []
  const earlierPacks: string[] = []
  let group: Piece[] = []
  let groupBytes = 0
  let bulkBytes = 0

  for (const piece of piecesOf(content)) {
    const sizeBytes = sizeOf(using(piece, earlierPacks))
    const isFull =
      groupBytes + sizeBytes > contentBytesMax || bulkBytes + bulkOf(piece) > entryBulkBytesMax
    if (group.length > 0 && isFull) {
      groups.push(contentOf(group))
      for (const { pack } of group) if (pack !== undefined) earlierPacks.push(pack.id)
      group = []
      groupBytes = 0
      bulkBytes = 0
    }
    const placed = using(piece, earlierPacks)
    group.push(placed)
    groupBytes += sizeOf(placed)
    bulkBytes += bulkOf(placed)
  }

  return [...groups, contentOf(group)]
}

/** Packs first; then locations of versions that are added nowhere here; then the events. */
function* piecesOf({ events, packs, versions }: EntryContent): Generator<Piece> {
  for (const pack of packs) yield { pack }
  const added = new Set(events.map((event) => event.type === 'version.add' && event.version))
  for (const version of versions) if (!added.has(version.version)) yield { version }

  const locations = new Map(versions.map((version) => [version.version, version]))
  for (const event of events) {
    if (event.type !== 'version.add') yield { event }
    else {
      yield { event, version: locations.get(event.version) }
      locations.delete(event.version)
    }
  }
}

function using(piece: Piece, packs: readonly string[]): Piece {
  const { version } = piece
  if (version === undefined || packs.length === 0) return piece
  return { ...piece, version: { ...version, uses: [...new Set([...version.uses, ...packs])] } }
}

function contentOf(pieces: readonly Piece[]): EntryContent {
  return {
    events: pieces.flatMap(({ event }) => event ?? []),
    packs: pieces.flatMap(({ pack }) => pack ?? []),
    versions: pieces.flatMap(({ version }) => version ?? []),
  }
}

function bulkOf({ event }: Piece): number {
  return event === undefined ? 0 : bulkBytesIn([event])
}

/** Each with the comma that follows. */
function sizeOf({ event, pack, version }: Piece): number {
  return (
    (event ? jsonBytes(event.json) + 1 : 0) +
    (pack ? jsonBytes(packJson(pack)) + 1 : 0) +
    (version ? jsonBytes(versionJson(version)) + 1 : 0)
  )
}
