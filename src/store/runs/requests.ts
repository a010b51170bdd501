/** What callers ask about experiments, runs and lineage. */

import type { RunStatus } from '../../core/runs/run-status.ts'
import type { LaunchProgram, ProgramLine } from '../../ports/program.ts'
import type { AddRequest, WorkOptions } from '../requests.ts'

export type StartRunRequest = {
  /** By name; made when there is none. Default: `default`. */
  readonly experiment?: string | undefined
  /** Default: a readable name that is made up. */
  readonly name?: string | undefined
  readonly params?: Readonly<Record<string, ParamValue>> | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** Id or unambiguous beginning of the run it is started within. */
  readonly parent?: string | undefined
  /** Id of a run to go on with, instead of a new one. */
  readonly resume?: string | undefined
  /** What is run. Default: the program of this process. */
  readonly source?: RunSource | undefined
  /**
   * Records the state of the code (git, what is changed) and what is installed, found out while
   * the run goes on already. Default: true.
   */
  readonly code?: boolean | undefined
  /** It goes on when this process ends, as others log into it: never stale. Default: false. */
  readonly detached?: boolean | undefined
} & LoggingOptions

export type LoggingOptions = {
  /**
   * What cannot be written is told once and does not stop the work: no call fails for it, and it
   * is tried again with what comes after. Default: false: the next call fails, once.
   */
  readonly keepGoing?: boolean | undefined
  /** Told instead of `process.emitWarning` with `keepGoing`. */
  readonly onProblem?: ((error: unknown) => void) | undefined
}

export type ParamValue = string | number | boolean | null

export type RunSource = {
  readonly kind: 'command' | 'script' | 'library'
  readonly name: string
  readonly command?: readonly string[]
}

export type RunLogOptions = {
  /** Default: 0, or one more than the last step this process logged for the key. */
  readonly step?: number | undefined
  /** Milliseconds since 1970. Default: now. */
  readonly time?: number | undefined
}

export type ListRunsRequest = {
  /** Names or ids; empty: all. */
  readonly experiments?: readonly string[]
  /** A query: `metrics.acc > 0.9 and params.optimizer = 'adam' order by metrics.acc desc`. */
  readonly query?: string | undefined
  /** Default: 100. */
  readonly limit?: number | undefined
  /** From the answer before. */
  readonly pageToken?: string | undefined
  /** Default: `active`. */
  readonly view?: 'active' | 'removed' | 'all' | undefined
}

export type UseOptions = WorkOptions & {
  /** What the version is to the run. Default: `data`. */
  readonly role?: string | undefined
}

export type OutputOptions = Omit<AddRequest, 'paths' | 'as'> & {
  /** What the version is to the run. Default: `output`. */
  readonly role?: string | undefined
}

export type EndRunOptions = {
  /** Of the command that was run. */
  readonly exitCode?: number | undefined
}

export type ListExperimentsRequest = { readonly view?: ListRunsRequest['view'] }

export type HistoryRequest = {
  readonly run: string
  readonly key: string
  /** At most so many points, minima and maxima kept. Default: all. */
  readonly points?: number | undefined
}

export type LineageRequest = {
  /** A version reference or `run:ID`. */
  readonly reference: string
  /** Default: both. */
  readonly direction?: 'up' | 'down' | 'both' | undefined
  /** Edges from the root. Default: all. */
  readonly depth?: number | undefined
}

export type ExecRequest = {
  readonly command: ProgramLine
  readonly run: StartRunRequest
  /** Runs the command; its output passes through on the way. */
  readonly launch: LaunchProgram
  /** Told of the run before the command starts. */
  readonly onStart?: ((run: RunName) => void) | undefined
  /** Further variables for the command's environment. */
  readonly env?: ((run: RunName) => Readonly<Record<string, string>>) | undefined
}

export type RunName = { readonly id: string; readonly name: string; readonly experiment: string }

export type EndedStatus = Extract<RunStatus, 'FINISHED' | 'FAILED' | 'KILLED'>
