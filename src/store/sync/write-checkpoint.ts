/**
 * Writing checkpoints: a shorter way through the log for the next fresh clone (rules C1 and C2).
 *
 * Every sixteenth entry, the client that committed it makes one. What goes into new segments is
 * read back from the remote and followed through its hash chain up to the head this client knows,
 * so nothing is published that was not verified as others will read it. Segments of the checkpoint
 * before are taken over as they are. A failure here is no failure of the push.
 */

import { digestOf } from '../../core/digest.ts'
import {
  type CheckpointRoot,
  type CheckpointSegment,
  encodeCheckpoint,
} from '../../core/log/checkpoint.ts'
import type { LogHead } from '../../core/log/entry.ts'
import {
  encodeSegment,
  planSegments,
  readSegment,
  segmentBytesMax,
  type SegmentSpan,
} from '../../core/log/segment.ts'
import { checkpointHintKey, checkpointKey, logKey, segmentKey } from '../../core/remote-layout.ts'
import { corrupt, isMlstoreError } from '../../errors.ts'
import {
  checkpointFrame,
  type CheckpointStore,
  readCheckpointRoot,
  readSegmentObject,
} from './checkpoint.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import { headAt } from './read-checkpoint.ts'

/** A checkpoint each time that many entries were added. */
const checkpointInterval = 16

/** Packs as a checkpoint lists them, at the head it covers. */
export type PackStates = { readonly live: readonly string[]; readonly swept: readonly string[] }

export type DueCheckpoint = {
  /** The head before the first entry. */
  readonly start: LogHead
  /** What was just committed. */
  readonly head: LogHead
  readonly packs: PackStates
}

export function isCheckpointDue({ seq }: LogHead): boolean {
  return seq % checkpointInterval === 0
}

/**
 * Writes a checkpoint.
 *
 * @returns Why there is none, in one sentence; `undefined` when all went well.
 */
export async function tryWriteCheckpoint(
  store: CheckpointStore,
  due: DueCheckpoint,
): Promise<string | undefined> {
  try {
    await writeCheckpoint(store, due)
    return undefined
  } catch (error) {
    if (!isMlstoreError(error)) throw error
    return `The checkpoint of entry ${due.head.seq} was not written: ${error.message}`
  }
}

async function writeCheckpoint(store: CheckpointStore, due: DueCheckpoint): Promise<void> {
  const { start, head } = due
  const previous = await readCheckpointRoot(store, head.repoId)
  if (previous !== undefined && previous.head.seq >= head.seq) return
  const plan = new SegmentPlan(previous?.segments ?? [], head.seq)
  const segments = plan.kept()
  let known = (await headAt(store, start, segments.at(-1)?.last ?? 0)) ?? start
  for (let span = plan.after(segments); span !== undefined; span = plan.after(segments)) {
    const bytes = await readSpan(store, plan.old, span)
    if (bytes === undefined) plan.refuse(span)
    else {
      const hash = digestOf(bytes)
      for (const entry of readSegment(bytes, hash, span, known)) known = entry.head
      const key = segmentKey(span.level, span.first, hash)
      await store.remote.put(key, checkpointFrame(store, bytes), store.options)
      segments.push({ first: span.first, last: span.last, key })
    }
  }
  if (known.hash !== head.hash) throw corrupt('the checkpoint', 'it does not end at the head')
  await publish(store, { head, segments, ...due.packs })
}

/** The root, then the hint; the segments are there. */
async function publish(store: CheckpointStore, root: CheckpointRoot): Promise<void> {
  const bytes = encodeCheckpoint(root)
  const key = checkpointKey(root.head.seq, digestOf(bytes))
  await store.remote.put(key, checkpointFrame(store, bytes), store.options)
  await store.remote.put(checkpointHintKey, Buffer.from(key), store.options)
}

/** Which segments shall cover the log; those that turn out too large stay in their parts. */
class SegmentPlan {
  /** Of the checkpoint before. */
  readonly old: readonly CheckpointSegment[]
  readonly #seq: number
  readonly #refused = new Set<string>()

  constructor(old: readonly CheckpointSegment[], seq: number) {
    this.old = old
    this.#seq = seq
  }

  /** What is taken over from the checkpoint before: the first segments of the plan. */
  kept(): CheckpointSegment[] {
    const spans = this.#spans()
    return this.old.filter((segment) => spans.some((span) => isSame(span, segment)))
  }

  /** The span that comes after these segments; `undefined` behind the last. */
  after(segments: readonly CheckpointSegment[]): SegmentSpan | undefined {
    const first = (segments.at(-1)?.last ?? 0) + 1
    return this.#spans().find((span) => span.first === first)
  }

  refuse(span: SegmentSpan): void {
    this.#refused.add(nameOf(span))
  }

  #spans(): readonly SegmentSpan[] {
    return planSegments(
      this.#seq,
      (span) => this.#refused.has(nameOf(span)) || this.#wasRefused(span),
    ).segments
  }

  /** Whoever wrote the checkpoint before could have made this segment and did not. */
  #wasRefused(span: SegmentSpan): boolean {
    const covered = this.old.at(-1)?.last ?? 0
    return span.last <= covered && !this.old.some((segment) => isSame(span, segment))
  }
}

/**
 * The bytes of a span: of older segments where there are any, of single entries behind them.
 *
 * @returns `undefined` if they are more than a segment may have.
 */
async function readSpan(
  store: CheckpointStore,
  old: readonly CheckpointSegment[],
  span: SegmentSpan,
): Promise<Uint8Array | undefined> {
  const within = old.filter(({ first, last }) => first >= span.first && last <= span.last)
  const next = (within.at(-1)?.last ?? span.first - 1) + 1
  const slots = Array.from({ length: span.last - next + 1 }, (_, index) => next + index)
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  const read = mapOrdered([...within, ...slots], store.concurrency, (part) => readPart(store, part))
  for await (const bytes of read) {
    parts.push(bytes)
    sizeBytes += bytes.length
    if (span.level > 1 && sizeBytes > segmentBytesMax) return undefined
  }
  return Buffer.concat(parts)
}

async function readPart(
  store: CheckpointStore,
  part: CheckpointSegment | number,
): Promise<Uint8Array> {
  if (typeof part !== 'number') return readSegmentObject(store, part)
  const bytes = await store.remote.get(logKey(part), store.options)
  if (bytes === undefined) throw corrupt(logKey(part), 'it is not there')
  return encodeSegment([bytes])
}

function nameOf({ level, first }: SegmentSpan): string {
  return `${level} ${first}`
}

function isSame(span: SegmentSpan, segment: CheckpointSegment): boolean {
  return span.first === segment.first && span.last === segment.last
}
