/** Machine: the computer and the process that a run is recorded on, asked for facts only. */

/** What kind of computer it is. */
export type MachineFacts = {
  /** Version of Node, without the `v`. */
  readonly node: string
  readonly os: string
  readonly arch: string
  readonly cpu: string
  readonly cpus: number
  readonly memoryBytes: number
}

export type ProgramOptions = {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeoutMs: number
  /** Of its output; more makes it fail. */
  readonly outputBytesMax: number
}

export type ProgramResult = {
  /** `undefined`: it could not be started, took too long or was stopped. */
  readonly exitCode: number | undefined
  readonly stdout: Buffer
  /** It wrote more than it was allowed to. */
  readonly tooLong: boolean
}

export interface Machine {
  readonly pid: number
  /** The program of this process and its arguments. */
  readonly commandLine: readonly string[]
  facts(): MachineFacts
  /**
   * When a process of this computer started, in a unit of the system's own; `undefined` if no such
   * process lives, 0 where the system does not tell.
   */
  startTime(pid: number): number | undefined
  /** Runs a program without a shell, with nothing to read; never rejects. */
  run(command: readonly [string, ...string[]], options: ProgramOptions): Promise<ProgramResult>
}
