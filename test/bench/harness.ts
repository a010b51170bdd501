/**
 * Runs a row: yardstick and work in turn, so that a machine that slows down slows both, and
 * compares the medians with what must be reached.
 */

import { type BenchPlace, syncDisk } from './place.ts'
import type { Facts, Measure, Must, Row, Work } from './row.ts'

export type Verdict = 'met' | 'missed' | 'worse than DVC'

export type Finding = {
  readonly must: Must
  readonly measured: number
  /** The same measure of DVC, run beside it; `undefined` where it was not. */
  readonly dvc: number | undefined
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
  const { work, yardstick, dvc, end } = await row.start(place)
  const runs: Run[] = []
  const yardstickRuns: Run[] = []
  for (let round = 0; round < (row.rounds ?? roundsDefault); round++) {
    if (yardstick !== undefined) yardstickRuns.push(await timed(yardstick, place))
    runs.push(await timed(work, place))
  }
  const dvcRun = dvc === undefined ? undefined : await timed(dvc, place)
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
  const dvcValues: Partial<Record<Measure, number | undefined>> = {
    seconds: dvcRun?.seconds,
    ratio: dvcRun && dvcRun.seconds / (yardstickSeconds ?? Number.NaN),
  }
  const findings = row.musts.map((must) =>
    finding(must, values[must.measure], dvcValues[must.measure]),
  )
  return { row, seconds, yardstickSeconds, findings }
}

async function timed(work: Work, place: BenchPlace): Promise<Run> {
  await work.prepare?.()
  await syncDisk(place.folder)
  const start = performance.now()
  const facts = await work.run()
  return { ...facts, seconds: (performance.now() - start) / 1000 }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** A measure that was not taken is missed, never met. DVC counts as it was here, if it was. */
function finding(must: Must, measured: number, dvc: number | undefined): Finding {
  if (measured <= must.limit) return { must, measured, dvc, verdict: 'met' }
  const rival = dvc ?? must.dvcValue
  const isWorse = rival !== undefined && measured > rival
  return { must, measured, dvc, verdict: isWorse ? 'worse than DVC' : 'missed' }
}
