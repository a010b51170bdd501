/**
 * All corpora under other chunk parameters and zstd levels, by simulation.
 *
 * Chosen is the least total among those that no corpus makes worse than restic by more than 3 %.
 */

import { openCodec } from '../../../src/objects/compression.ts'
import type { Codec } from '../../../src/ports/codec.ts'
import { type Compared, resticRatioMax } from './comparison.ts'
import { sumOf } from './contenders.ts'
import { normalised, openCutter, type Parameters } from './parameter-cutter.ts'
import { type FileDigests, SimulatedRemote } from './simulated-remote.ts'
import { mebibytes, ratioText, type Table } from './tables.ts'
import { openCodecOfLevel } from './zstd.ts'

export type SweepRequest = {
  /** `16/64/256`, in KiB. */
  readonly sizes: readonly string[]
  /** How many bits the masks are apart from the target, on each side. */
  readonly normalisations: readonly number[]
  /** zstd levels; none: what the product does. */
  readonly levels: readonly number[]
}

export type Swept = {
  readonly sizes: string
  readonly normalisation: number
  readonly level: number | undefined
  /** Bytes on the remote, by corpus. */
  readonly bytes: ReadonlyMap<string, number>
  readonly totalBytes: number
  /** The corpus that does worst against restic. */
  readonly worst: { readonly name: string; readonly ratio: number }
  readonly chunksPerGiB: number
  /** Footers (in pack and index), recipes, locators and trees for each GiB of new content. */
  readonly indexBytesPerGiB: number
}

export async function* sweep(
  all: readonly Compared[],
  digests: FileDigests,
  { sizes, normalisations, levels }: SweepRequest,
): AsyncGenerator<Swept> {
  for (const level of levels.length > 0 ? levels : [undefined]) {
    const codec = level === undefined ? await openCodec() : await openCodecOfLevel(level)
    for (const size of sizes) {
      for (const normalisation of normalisations) {
        const point = { sizes: size, normalisation, level }
        const parameters = normalised(size, normalisation)
        yield { ...point, ...(await measurePoint(all, digests, parameters, codec)) }
      }
    }
  }
}

async function measurePoint(
  all: readonly Compared[],
  digests: FileDigests,
  parameters: Parameters,
  codec: Codec,
): Promise<Omit<Swept, 'sizes' | 'normalisation' | 'level'>> {
  const cutter = await openCutter(parameters)
  const bytes = new Map<string, number>()
  let worst = { name: '-', ratio: Number.NEGATIVE_INFINITY }
  const sums = { bytes: 0, indexBytes: 0, chunks: 0, chunkBytes: 0 }
  for (const { name, versions, restic } of all) {
    const remote = new SimulatedRemote(cutter, codec, digests)
    const pushes = versions.map((version) => remote.push(version))
    for (const push of pushes) {
      sums.bytes += push.bytes
      sums.indexBytes += push.bytes - push.contentBytes
      sums.chunks += push.chunks
      sums.chunkBytes += push.chunkBytes
    }
    const total = sumOf(pushes.map((push) => push.bytes))
    bytes.set(name, total)
    const ratio = restic === undefined ? Number.NaN : total / sumOf(restic.auto)
    if (ratio > worst.ratio) worst = { name, ratio }
  }
  const gibibytes = sums.chunkBytes / 1024 ** 3
  return {
    bytes,
    totalBytes: sums.bytes,
    worst,
    chunksPerGiB: sums.chunks / gibibytes,
    indexBytesPerGiB: sums.indexBytes / gibibytes,
  }
}

/** The best of those that are sound; `undefined` if none is. */
export function choose(points: readonly Swept[]): Swept | undefined {
  const sound = points.filter(({ worst }) => worst.ratio <= resticRatioMax)
  return sound.sort((a, b) => a.totalBytes - b.totalBytes)[0]
}

export function nameOf({ sizes, normalisation, level }: Swept): string {
  const compression = level === undefined ? '' : `, zstd ${level}`
  return `${sizes} ±${normalisation}${compression}`
}

export function sweepTable(points: readonly Swept[]): Table {
  const names = [...(points[0]?.bytes.keys() ?? [])]
  return {
    header: ['MiB', ...names, 'total', 'worst to restic', 'chunks a GiB', 'index a GiB, KiB'],
    rows: points.map((point) => [
      nameOf(point),
      ...names.map((name) => mebibytes(point.bytes.get(name) ?? 0)),
      mebibytes(point.totalBytes),
      `${ratioText(point.worst.ratio)} ${point.worst.name}`,
      Math.round(point.chunksPerGiB).toLocaleString('en'),
      Math.round(point.indexBytesPerGiB / 1024).toLocaleString('en'),
    ]),
  }
}
