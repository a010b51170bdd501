/** One corpus through all contenders, and the check that the simulation tells the truth. */

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { openCodec } from '../../../src/objects/compression.ts'
import {
  type Growth,
  type ResticMode,
  saveWholeFiles,
  saveWithMlstore,
  saveWithRestic,
  type StoreGrowth,
  sumOf,
} from './contenders.ts'
import { bytesBelow } from './files.ts'
import { openCutter, parametersInUse } from './parameter-cutter.ts'
import { type FileDigests, type Pushed, SimulatedRemote } from './simulated-remote.ts'
import { mebibytes, ratioText, type Table } from './tables.ts'

/** restic cuts by a polynomial that is random for each repository: the median of so many counts. */
const resticRounds = 3

/** Part by which the simulation may differ from the real push (ids and orders are not the same). */
const simulationErrorMax = 0.001

/** The most that mlstore may need for a corpus, as a multiple of restic's bytes. */
export const resticRatioMax = 1.03

export type Restic = {
  /** The median of the rounds. */
  readonly auto: Growth
  readonly off: Growth
  /** Smallest and largest total of the rounds. */
  readonly range: readonly [number, number]
}

export type Compared = {
  readonly name: string
  readonly title: string
  readonly versions: readonly string[]
  readonly logicalBytes: number
  readonly wholeFiles: { readonly raw: Growth; readonly zstd: Growth }
  readonly restic: Restic | undefined
  readonly store: StoreGrowth
  readonly simulated: readonly Pushed[]
}

export type ComparisonPlace = {
  readonly folder: string
  readonly digests: FileDigests
  readonly hasRestic: boolean
}

export async function compare(
  corpus: Pick<Compared, 'name' | 'title' | 'versions'>,
  { folder, digests, hasRestic }: ComparisonPlace,
): Promise<Compared> {
  const { versions } = corpus
  const logicalBytes = versions.reduce((sum, version) => sum + bytesBelow(version), 0)
  const wholeFiles = await saveWholeFiles(versions, digests)
  const restic = hasRestic ? await measureRestic(versions, folder) : undefined
  const store = await inFreshFolder(folder, (place) => saveWithMlstore(versions, place))
  const cutter = await openCutter(parametersInUse)
  const remote = new SimulatedRemote(cutter, await openCodec(), digests)
  const simulated = versions.map((version) => remote.push(version))
  assertTrue(store, simulated)
  return { ...corpus, logicalBytes, wholeFiles, restic, store, simulated }
}

async function measureRestic(versions: readonly string[], folder: string): Promise<Restic> {
  const save = (mode: ResticMode): Promise<Growth> =>
    inFreshFolder(folder, (place) => saveWithRestic(versions, place, mode))
  const rounds: Growth[] = []
  for (let round = 0; round < resticRounds; round++) rounds.push(await save('auto'))
  rounds.sort((a, b) => sumOf(a) - sumOf(b))
  const [least = [], median = []] = [rounds[0], rounds[Math.floor(resticRounds / 2)]]
  const range = [sumOf(least), sumOf(rounds.at(-1) ?? [])] as const
  return { auto: median, off: await save('off'), range }
}

/** The saved folder lies at the same path each time, as in real life. */
async function inFreshFolder<T>(folder: string, use: (place: string) => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true })
  const place = mkdtempSync(join(folder, 'place-'))
  try {
    return await use(place)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** What a push says that it sent is what came to lie there, and what the simulation foretold. */
function assertTrue(store: StoreGrowth, simulated: readonly Pushed[]): void {
  for (const [i, { bytes }] of simulated.entries()) {
    const [real = 0, everything = 0, sent = 0] = [
      store.remotePacks[i],
      store.remote[i],
      store.sent[i],
    ]
    const error = Math.abs(bytes - real) / real
    assert.ok(error <= simulationErrorMax, `save ${i + 1}: ${bytes} simulated, ${real} pushed`)
    assert.ok(Math.abs(sent - everything) <= 0.001 * everything + 4096, `${sent} of ${everything}`)
  }
}

/** Bytes of mlstore on the remote as a multiple of restic's, for the saves from `first` on. */
export function againstRestic({ restic, store }: Compared, first = 0, end?: number): number {
  if (restic === undefined) return Number.NaN
  return sumOf(store.remote.slice(first, end)) / sumOf(restic.auto.slice(first, end))
}

export function comparisonTable(all: readonly Compared[]): Table {
  return {
    header: [
      'MiB',
      'all saves',
      'whole files',
      'with zstd 3',
      'restic off',
      'restic',
      'mlstore stored',
      'mlstore sent',
      'to restic',
      'first save',
      'later saves',
    ],
    rows: all.map((compared) => [
      compared.name,
      mebibytes(compared.logicalBytes),
      mebibytes(sumOf(compared.wholeFiles.raw)),
      mebibytes(sumOf(compared.wholeFiles.zstd)),
      ...resticCells(compared.restic),
      mebibytes(sumOf(compared.store.local)),
      mebibytes(sumOf(compared.store.remote)),
      ratioText(againstRestic(compared)),
      ratioText(againstRestic(compared, 0, 1)),
      ratioText(againstRestic(compared, 1)),
    ]),
  }
}

function resticCells(restic: Restic | undefined): string[] {
  if (restic === undefined) return ['-', '-']
  const [least, most] = restic.range
  const range = `${mebibytes(sumOf(restic.auto))} (${mebibytes(least)} to ${mebibytes(most)})`
  return [mebibytes(sumOf(restic.off)), range]
}
