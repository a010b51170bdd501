/**
 * What a command is given: the library, the output, and nothing of the process.
 *
 * `Shell` is the outside world, made once in `environment.ts` (or by a test); `CliContext` is
 * that world for one invocation, with its global options applied.
 */

import type { ProgramEnd, ProgramLine, ProgramStart } from '../ports/program.ts'
import type { Progress } from '../ports/progress.ts'
import type { RunningServer, ServeOptions } from '../server/server.ts'
import type { Environment } from '../store/environment.ts'
import type { Accounts } from '../store/login/accounts.ts'
import type { CloneRequest } from '../store/requests.ts'
import type { CloneResult, InitResult } from '../store/results.ts'
import type { StoreApi } from '../store/store.ts'
import type { Output, Sink } from './output.ts'
import type { CurrentLine, ProgressDisplay } from './progress-bar.ts'
import type { Questions } from './questions.ts'

export type OpenOptions = {
  readonly cwd: string
  /** The folder that holds `.mlstore`, or that folder itself. Default: found upward from `cwd`. */
  readonly storeDirectory?: string | undefined
  readonly environment: Environment
  readonly progress: Progress
  /** Makes the store where `mlstore.json` names remotes and there is none. Default: false. */
  readonly createBesideConfig?: boolean | undefined
}

/** The doors of `store/open.ts`. */
export interface Library {
  initStore(directory: string, environment: Environment): Promise<InitResult>
  openStore(options: OpenOptions): Promise<StoreApi>
  cloneStore(request: CloneRequest, environment: Environment): Promise<CloneResult>
  openAccounts(environment: Environment): Promise<AccountsApi>
}

/** `Accounts` without its private parts, for tests. */
export type AccountsApi = Pick<Accounts, 'login' | 'logout' | 'whoami' | 'existing'>

export type ProgramResult = { readonly exitCode: number; readonly stdout: string }

export type Shell = {
  readonly environment: Environment
  readonly version: string
  /** Node and the system it runs on, for `doctor`. */
  readonly platform: string
  readonly stdout: Sink
  readonly stderr: Sink
  readonly stdin: () => AsyncIterable<Uint8Array>
  /** Raised by the first Ctrl-C. */
  readonly signal: AbortSignal
  /** Asks whoever sits at the terminal; left out where nobody does. */
  readonly loadQuestions?: (() => Promise<Questions>) | undefined
  readonly loadLibrary: () => Promise<Library>
  readonly loadDisplay: (line: CurrentLine) => Promise<ProgressDisplay>
  readonly startServer: (options: ServeOptions) => Promise<RunningServer>
  /** Until somebody asks the process to stop. */
  readonly untilStopped: () => Promise<void>
  /** Runs a program without a shell; its stderr is shown to the user. */
  readonly runProgram: (line: ProgramLine) => Promise<ProgramResult>
  /** Runs a program in our place: it has our stdin, its output is passed on, signals reach it. */
  readonly launchProgram: (
    start: ProgramStart,
    output: { readonly stdout: Sink; readonly stderr: Sink },
  ) => Promise<ProgramEnd>
}

export type CliContext = {
  readonly shell: Shell
  readonly environment: Environment
  readonly output: Output
  readonly progress: Progress
  readonly signal: AbortSignal
  /** @param options As of the library: `pull` and `fetch` make the store after a `git clone`. */
  readonly openStore: (options?: Pick<OpenOptions, 'createBesideConfig'>) => Promise<StoreApi>
  readonly openAccounts: () => Promise<AccountsApi>
  /** How the process ends when the command itself succeeds. */
  readonly setExitCode: (code: number) => void
}
