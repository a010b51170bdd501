/** What imports are asked, and what they answer. Field names are those of the command line's JSON. */

import type { WorkOptions } from '../requests.ts'

export type ImportOptions = WorkOptions & {
  /** Reads everything and changes nothing. Default: false. */
  readonly dryRun?: boolean | undefined
}

export type ImportMlflowRequest = ImportOptions & {
  /** The folder `mlruns`, or the sqlite file of a tracking store. */
  readonly path: string
  /** What a server keeps the artifacts in that it calls `mlflow-artifacts:`. */
  readonly artifacts?: string | undefined
}

export type ImportJsonlRequest = ImportOptions & {
  /** The bytes of the lines, in pieces of any size. */
  readonly input: AsyncIterable<Uint8Array>
  /** Names the input in messages. */
  readonly name: string
}

export type ImportDvcRequest = ImportOptions & {
  /** A repository of DVC, or a folder in it. Default: the working directory. */
  readonly path?: string | undefined
  /** Every version that any commit names, not only those of the working tree. Default: false. */
  readonly allCommits?: boolean | undefined
  /** First part of the artifacts' names. Default: `data`. */
  readonly type?: string | undefined
}

/** What was new. */
export type ImportResult = {
  readonly versions: number
  /** Runs that were not here. */
  readonly runs: number
  readonly experiments: number
  readonly points: number
  /** Of content that the store did not have. */
  readonly bytes: number
  /** None: everything was here already. */
  readonly events: number
  readonly dryRun: boolean
  /** What was left out, or has another name here, and why; a sentence each. */
  readonly notes: readonly string[]
}
