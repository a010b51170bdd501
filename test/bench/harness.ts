/**
 * Runs a row: yardstick and work in turn, so that a machine that slows down slows both, and
 * compares the medians with what must be reached.
 */

import { type BenchPlace, syncDisk } from './place.ts'
import type { Facts, Measure, Must, Row, Work } from './row.ts'

export type Verdict = 'met' | 'missed' | 'worse than the rival'

export type Finding = {
  readonly must: Must
  readonly measured: number
  /** The same measure of DVC or MLflow, run beside it; `undefined` where it was not. */
  readonly rival: number | undefined
  readonly verdict: Verdict
}

export type Measured = {
  readonly row: Row
  readonly seconds: number
  readonly yardstickSeconds: number | undefined
  readonly findings: readonly Finding[]
}

type Run = Facts & { readonly seconds: number }

const roundsDefault = 3

export async function measure(row: Row, place: BenchPlace): Promise<Measured> {
  const { work, yardstick, rival, end } = await row.start(place)
  const runs: Run[] = []
  const yardstickRuns: Run[] = []
  for (let round = 0; round < (row.rounds ?? roundsDefault); round++) {
    if (yardstick !== undefined) yardstickRuns.push(await timed(yardstick, place))
    runs.push(await timed(work, place))
  }
  const rivalRun = rival === undefined ? undefined : await timed(rival, place)
  await end?.()
  const seconds = median(runs.map((run) => run.seconds))
  const yardstickSeconds =
    yardstickRuns.length > 0 ? median(yardstickRuns.map((run) => run.seconds)) : undefined
  const values: Record<Measure, number> = {
    seconds,
    ratio: seconds / (yardstickSeconds ?? Number.NaN),
    requests: median(runs.map((run) => run.requests ?? Number.NaN)),
    bytesSent: median(runs.map((run) => run.bytesSent ?? Number.NaN)),
    bytesStored: median(runs.map((run) => run.bytesStored ?? Number.NaN)),
  }
  const rivalValues: Partial<Record<Measure, number | undefined>> = {
    seconds: rivalRun?.seconds,
    ratio: rivalRun && rivalRun.seconds / (yardstickSeconds ?? Number.NaN),
  }
  const findings = row.musts.map((must) =>
    finding(must, values[must.measure], rivalValues[must.measure]),
  )
  return { row, seconds, yardstickSeconds, findings }
}

async function timed(work: Work, place: BenchPlace): Promise<Run> {
  await work.prepare?.()
  await syncDisk(place.folder)
  const start = performance.now()
  const facts = await work.run()
  return { seconds: (performance.now() - start) / 1000, ...facts }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** A measure that was not taken is missed, never met. DVC counts as it was here, if it was. */
function finding(must: Must, measured: number, rival: number | undefined): Finding {
  if (measured <= must.limit) return { must, measured, rival, verdict: 'met' }
  const value = rival ?? must.dvcValue
  const isWorse = value !== undefined && measured > value
  return { must, measured, rival, verdict: isWorse ? 'worse than the rival' : 'missed' }
}
