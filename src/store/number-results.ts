/** What use cases about numbers answer: `TES-TEST-101`, version 3 of a model. */

/** What has a number. */
export type NumberedSubject = {
  readonly series: string
  readonly number: number
  /** `version:DIGEST` or `run:ID`. */
  readonly subject: string
  /** `type/name@label`, or the name of the run; `null` if it is not known here. */
  readonly name: string | null
  /** No remote has confirmed it: a push may have to give the subject another one. */
  readonly provisional: boolean
}

/** The number of a version or a run. */
export type NumberResult = NumberedSubject & {
  /** Somebody else pushed this number first: the next push gives the subject another one. */
  readonly taken: boolean
  /** Every number the subject had in the series, the first one first; the last is the current. */
  readonly history: readonly { readonly number: number; readonly at: string; readonly by: string }[]
}

/** A number that somebody else pushed first, and what the own subject has instead. */
export type Renumbering = {
  readonly series: string
  /** `version:DIGEST` or `run:ID`. */
  readonly subject: string
  readonly from: number
  readonly to: number
  /** For people. */
  readonly message: string
}
