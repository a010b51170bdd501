/**
 * Running a program, as a use case that records it sees it.
 *
 * Whoever launches passes the output through to where it belongs, and signals on to the program;
 * the use case only watches.
 */

/** A program and its arguments. */
export type ProgramLine = readonly [program: string, ...programArguments: string[]]

export type ProgramStart = {
  readonly command: ProgramLine
  /** Variables on top of those of this process. */
  readonly env: Readonly<Record<string, string>>
  /** Sees what the program writes to stdout and stderr, in the order it comes. */
  readonly onOutput: (bytes: Uint8Array) => void
}

export type ProgramEnd = {
  /** As shells have it: 127 and 126 for what cannot be started, 128+n after signal n. */
  readonly exitCode: number
  /** A signal ended it, or was passed on to it. */
  readonly killed: boolean
  /** Why it could not be started; `undefined`: it was. */
  readonly failure?: string | undefined
}

/** Resolves when the program has ended and its output has been passed through. */
export type LaunchProgram = (start: ProgramStart) => Promise<ProgramEnd>
