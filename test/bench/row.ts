/**
 * What a row of the bench is: a piece of work, the yardstick it is held against, and what must be
 * reached. The numbers are those of the design; what DVC 3.67 took for the same work on a machine
 * of the same kind stands beside them.
 */

import type { BenchPlace } from './place.ts'

/** What one run of the work counted besides its time. */
export type Facts = {
  readonly requests?: number
  readonly bytesSent?: number
  /** On the disk, when it is done. */
  readonly bytesStored?: number
  /** As the work itself measured it, instead of the time of `run`. */
  readonly seconds?: number
}

/** Repeatable work: `prepare` is not timed, `run` is. */
export type Work = {
  readonly prepare?: () => Promise<void>
  readonly run: () => Promise<Facts>
}

export type Measure = 'ratio' | 'seconds' | 'requests' | 'bytesSent' | 'bytesStored'

/** The most that may be measured. */
export type Must = {
  readonly measure: Measure
  readonly limit: number
  /** DVC's figure, as it is shown. */
  readonly dvc: string
  /** DVC's figure in the unit of the measure, where it is known: no row may be worse. */
  readonly dvcValue?: number
}

export type Trial = {
  readonly work: Work
  readonly yardstick?: Work
  /** DVC or MLflow doing the same; it is run once, as it takes its time. */
  readonly rival?: Work | undefined
  /** Lets go of what only this row needed. */
  readonly end?: () => Promise<void>
}

export type Row = {
  readonly name: string
  readonly title: string
  /** What the ratio is taken against. */
  readonly yardstick: string
  readonly needsS3?: boolean
  /** Timed runs of each side; the median counts. Default: 3. */
  readonly rounds?: number
  readonly musts: readonly Must[]
  /** Makes the input and whatever else the runs share. */
  readonly start: (place: BenchPlace) => Promise<Trial>
}
