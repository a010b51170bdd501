/**
 * Checks the live packs of a remote: there, as long as the log says, and each with its index.
 *
 * Of the packs in the sample every frame is read, decoded and hashed. The others cost three small
 * requests each.
 */

import { type Digest, digestOf } from '../../core/digest.ts'
import type { RemotePack } from '../../core/log/entry.ts'
import {
  type PackFooter,
  readFooter,
  readPackIndex,
  readTrailer,
} from '../../core/pack/footer-reader.ts'
import {
  checkPackHeader,
  type PackEntry,
  packKind,
  packTrailerBytes,
} from '../../core/pack/format.ts'
import { decodeLocator } from '../../core/pack/locator.ts'
import { packIndexKey, packKey } from '../../core/remote-layout.ts'
import { isMlstoreError, throwIfAborted } from '../../errors.ts'
import { decodeFrame } from '../../objects/frame-reader.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import { rowsOfFooter } from '../sync/pack-rows.ts'
import type { RemoteCheck } from './remote-check.ts'
import { RemoteHoldings } from './remote-holdings.ts'
import { sentences } from './sentences.ts'

const elsewhere =
  'What needs it cannot be fetched from here: a store that has the bytes can push them to another remote.'

/**
 * Returns what can be counted on.
 *
 * @param bodies Digests of the bodies of events that packs hold.
 */
export async function checkRemotePacks(
  check: RemoteCheck,
  packs: readonly RemotePack[],
  bodies: Iterable<Digest>,
): Promise<RemoteHoldings> {
  const holdings = new RemoteHoldings(bodies)
  const checked = mapOrdered(packs, check.concurrency, (pack) => {
    throwIfAborted(check.signal)
    return checkPack(check, pack)
  })
  for await (const { footer, unreadable } of checked) {
    if (footer !== undefined) holdings.addPack(rowsOfFooter(footer), unreadable)
  }
  return holdings
}

type CheckedPack = {
  readonly footer: PackFooter | undefined
  readonly unreadable: ReadonlySet<Digest>
}

const nothing: CheckedPack = { footer: undefined, unreadable: new Set() }

async function checkPack(check: RemoteCheck, pack: RemotePack): Promise<CheckedPack> {
  const isWhole = check.sample.takes(pack.id)
  const found = isWhole ? await readWhole(check, pack) : await readEnd(check, pack)
  if (found === undefined) return nothing
  await checkIndex(check, pack, found)
  const { bytes, footer } = found
  const unreadable =
    bytes === undefined ? new Set<Digest>() : checkFrames(check, pack, { bytes, footer })
  check.task.advance({ bytes: pack.sizeBytes })
  return { footer, unreadable }
}

type FoundPack = {
  readonly footer: PackFooter
  /** Footer and trailer. */
  readonly tail: Uint8Array
  /** All of it, if all of it was read. */
  readonly bytes?: Uint8Array
}

type WholePack = { readonly bytes: Uint8Array; readonly footer: PackFooter }

async function readWhole(check: RemoteCheck, pack: RemotePack): Promise<FoundPack | undefined> {
  const key = packKey(pack.id)
  const bytes = await check.remote.get(key, { signal: check.signal })
  if (!isAsLong(check, pack, bytes?.length) || bytes === undefined) return undefined
  try {
    const footer = readFooter(bytes, pack.id, bytes.length)
    return { bytes, footer, tail: bytes.subarray(footer.trailer.endOfFrames) }
  } catch (error) {
    return damagedPack(check, pack, error)
  }
}

/** Reads the footer of a pack that is too far from the sample to be read whole. */
async function readEnd(check: RemoteCheck, pack: RemotePack): Promise<FoundPack | undefined> {
  const { remote, signal } = check
  const key = packKey(pack.id)
  const head = await remote.head(key, { signal })
  if (!isAsLong(check, pack, head?.sizeBytes)) return undefined
  try {
    const read = async (length: number): Promise<Uint8Array> => {
      const range = { start: pack.sizeBytes - length, end: pack.sizeBytes }
      return (await remote.get(key, { range, signal })) ?? new Uint8Array(0)
    }
    const { footerBytes } = readTrailer(await read(packTrailerBytes), pack.id, pack.sizeBytes)
    const tail = await read(footerBytes + packTrailerBytes)
    return { footer: readFooter(tail, pack.id, pack.sizeBytes), tail }
  } catch (error) {
    return damagedPack(check, pack, error)
  }
}

function isAsLong(check: RemoteCheck, pack: RemotePack, sizeBytes: number | undefined): boolean {
  if (sizeBytes === pack.sizeBytes) return true
  const what =
    sizeBytes === undefined
      ? `the pack is gone. ${elsewhere}`
      : `the pack has ${sizeBytes} bytes where ${pack.sizeBytes} were pushed. ${elsewhere}`
  check.findings.report({ where: packKey(pack.id), what })
  return false
}

function damagedPack(check: RemoteCheck, pack: RemotePack, error: unknown): undefined {
  if (!isMlstoreError(error, 'CORRUPT')) throw error
  check.findings.report({ where: packKey(pack.id), what: sentences(error.message, elsewhere) })
  return undefined
}

/** `index/<id>` must be the end of the pack, byte for byte, and can be made again from it. */
async function checkIndex(check: RemoteCheck, pack: RemotePack, found: FoundPack): Promise<void> {
  const key = packIndexKey(pack.id)
  const index = await check.remote.get(key, { signal: check.signal })
  const problem = indexProblem(index, pack.id, found.tail)
  if (problem === undefined) return
  check.rightBytes.set(key, found.tail)
  const what = sentences(problem, '`--repair` makes it again from the end of the pack.')
  check.findings.report({ where: key, what, mend: { kind: 'key', key } })
}

function indexProblem(
  index: Uint8Array | undefined,
  packId: string,
  tail: Uint8Array,
): string | undefined {
  if (index === undefined) return 'the index of this pack is gone.'
  if (Buffer.compare(index, tail) === 0) return undefined
  try {
    readPackIndex(index, packId)
    return 'the index is not the end of its pack.'
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) return error.message
    throw error
  }
}

function checkFrames(check: RemoteCheck, pack: RemotePack, found: WholePack): Set<Digest> {
  const key = packKey(pack.id)
  const unreadable = new Set<Digest>()
  const report = (what: string): void => check.findings.report({ where: key, what })
  try {
    checkPackHeader(found.bytes, pack.id)
  } catch (error) {
    if (!isMlstoreError(error, 'CORRUPT')) throw error
    report(sentences(error.message))
  }
  for (const entry of found.footer.entries()) {
    const problem = frameProblem(check, found.bytes, entry)
    check.findings.count(1, entry.sizeBytes)
    if (problem === undefined) continue
    report(sentences(`object ${entry.digest} at byte ${entry.offset}: ${problem}`, elsewhere))
    // A damaged locator is a lost hint; its node is as good as before.
    if (entry.kind !== packKind.locator) unreadable.add(entry.digest)
  }
  return unreadable
}

function frameProblem(
  { codec }: RemoteCheck,
  bytes: Uint8Array,
  entry: PackEntry,
): string | undefined {
  const stored = bytes.subarray(entry.offset, entry.offset + entry.storedBytes)
  try {
    const object = decodeFrame(codec, entry, stored, 'the frame')
    if (entry.kind === packKind.locator) decodeLocator(object, 'the locator')
    else if (digestOf(object) !== entry.digest) return 'its bytes have changed'
    return undefined
  } catch (error) {
    if (isMlstoreError(error)) return error.message
    throw error
  }
}
