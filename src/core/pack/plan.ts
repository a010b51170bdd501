/**
 * Decides which frames travel together. Pure: no I/O, no clock, same input same plan.
 *
 * Requests follow bytes, not files: frames share packs on the way to a remote, and neighbours
 * share ranged reads on the way back. Order is kept, so that what was written together (the chunks
 * of one file, the files of one folder) lies together and is read with one request.
 */

/**
 * Groups items into packs, keeping their order (next fit).
 *
 * A pack's frames never exceed `packSizeBytesMax`, except that a single larger item gets a pack of
 * its own: nothing is split here.
 */
export function planPacks<Item extends { readonly storedBytes: number }>(
  items: Iterable<Item>,
  packSizeBytesMax: number,
): Item[][] {
  const packs: Item[][] = []
  let pack: Item[] = []
  let packBytes = 0
  for (const item of items) {
    if (pack.length > 0 && packBytes + item.storedBytes > packSizeBytesMax) {
      packs.push(pack)
      pack = []
      packBytes = 0
    }
    pack.push(item)
    packBytes += item.storedBytes
  }
  if (pack.length > 0) packs.push(pack)
  return packs
}

/** A pack of the local store, and how much is in it. */
export type LocalPack = {
  readonly id: string
  readonly entryCount: number
  /** Length of all its frames together. */
  readonly storedBytes: number
}

/** A frame that the other side lacks; `packId` is undefined when it is in no local pack. */
export type WantedFrame = {
  readonly packId: string | undefined
  readonly storedBytes: number
}

export type UploadLimits = {
  /** A pack with less in it is joined with others. */
  readonly packSizeBytesMin: number
  readonly packSizeBytesMax: number
}

export type UploadPlan<Frame> = {
  /** Packs whose frames are sent as they are, with a fresh footer. */
  readonly whole: readonly LocalPack[]
  /** The frames of packs to be made, each at most the maximum. */
  readonly joined: readonly (readonly Frame[])[]
}

/**
 * Decides what is sent as it is and what is put together anew.
 *
 * A local pack goes whole only when every frame in it is wanted and it is neither small nor larger
 * than a pack on a remote may be; else its wanted frames are joined with others, in order.
 *
 * @param wanted Each frame once.
 * @param packs Local packs by id; a frame of an unknown pack is joined.
 */
export function planUpload<Frame extends WantedFrame>(
  wanted: readonly Frame[],
  packs: ReadonlyMap<string, LocalPack>,
  limits: UploadLimits,
): UploadPlan<Frame> {
  const whole = new Map<string, LocalPack>()
  for (const [packId, wantedCount] of countByPack(wanted)) {
    const pack = packs.get(packId)
    if (pack !== undefined && goesWhole(pack, wantedCount, limits)) whole.set(packId, pack)
  }
  const rest = wanted.filter(({ packId }) => packId === undefined || !whole.has(packId))
  return { whole: [...whole.values()], joined: planPacks(rest, limits.packSizeBytesMax) }
}

/** A piece of a pack that is to be read. */
export type PackRange = {
  readonly packId: string
  readonly offset: number
  /** How many bytes. */
  readonly storedBytes: number
}

/** One request: the bytes [start, end) of a pack, and the pieces that lie in them. */
export type PackRead<Range> = {
  readonly packId: string
  readonly start: number
  readonly end: number
  /** By offset. */
  readonly members: readonly Range[]
}

export type ReadLimits = {
  /** Bytes that nobody asked for and that are still cheaper to read than another request. */
  readonly gapBytesMax: number
  /** One request reads no more, except for a single longer piece. */
  readonly rangeBytesMax: number
}

/**
 * Joins neighbouring pieces into few reads.
 *
 * Every piece is a member of exactly one read and lies within it. Packs come in the order in which
 * they are first named, reads of one pack by offset.
 */
export function coalesceRanges<Range extends PackRange>(
  ranges: Iterable<Range>,
  limits: ReadLimits,
): PackRead<Range>[] {
  const byPack = new Map<string, Range[]>()
  for (const range of ranges) {
    const members = byPack.get(range.packId)
    if (members) members.push(range)
    else byPack.set(range.packId, [range])
  }
  return [...byPack].flatMap(([packId, members]) => coalesceOnePack(packId, members, limits))
}

function countByPack(wanted: readonly WantedFrame[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { packId } of wanted) {
    if (packId !== undefined) counts.set(packId, (counts.get(packId) ?? 0) + 1)
  }
  return counts
}

function goesWhole(pack: LocalPack, wantedCount: number, limits: UploadLimits): boolean {
  return (
    wantedCount === pack.entryCount &&
    pack.storedBytes >= limits.packSizeBytesMin &&
    pack.storedBytes <= limits.packSizeBytesMax
  )
}

function coalesceOnePack<Range extends PackRange>(
  packId: string,
  members: readonly Range[],
  { gapBytesMax, rangeBytesMax }: ReadLimits,
): PackRead<Range>[] {
  const reads: { packId: string; start: number; end: number; members: Range[] }[] = []
  for (const member of members.toSorted((a, b) => a.offset - b.offset)) {
    const memberEnd = member.offset + member.storedBytes
    const read = reads.at(-1)
    const end = Math.max(read?.end ?? 0, memberEnd)
    const isNear = read !== undefined && member.offset - read.end <= gapBytesMax
    if (isNear && (end === read.end || end - read.start <= rangeBytesMax)) {
      read.end = end
      read.members.push(member)
    } else {
      reads.push({ packId, start: member.offset, end: memberEnd, members: [member] })
    }
  }
  return reads
}
