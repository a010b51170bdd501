/**
 * The process as the command line sees it.
 *
 * With `main.ts` the only place that touches `process`, the clock and randomness; everything
 * else gets them as arguments.
 */

import { once } from 'node:events'
import { addAbortSignal } from 'node:stream'

import { MlstoreError, throwIfAborted } from '../errors.ts'
import { systemEnvironment } from '../store/system-environment.ts'
import type { ProgramLine } from '../ports/program.ts'
import type { ProgramResult, Shell } from './context.ts'
import type { Interruption } from './interruption.ts'
import type { Sink } from './output.ts'
import type { Questions } from './questions.ts'

export function processShell(version: string, interruption: Interruption): Shell {
  const environment = systemEnvironment()
  const { signal } = interruption
  // The SDK would tell every user on Node 20 to update Node, on stderr, with each command.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  return {
    environment,
    version,
    platform: `Node ${process.versions.node} on ${process.platform} ${process.arch}`,
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    // Whoever reads it when Ctrl-C comes stops reading.
    stdin: () => addAbortSignal(signal, process.stdin),
    signal,
    loadQuestions: isAttended(process) ? () => terminalQuestions(signal) : undefined,
    loadLibrary: () => import('../store/open.ts'),
    loadDisplay: async (line) => {
      const { terminalDisplay } = await import('./terminal-display.ts')
      return terminalDisplay(process.stderr, line)
    },
    startServer: async (options) => {
      const { startServer } = await import('../server/server.ts')
      return startServer(options)
    },
    untilStopped: async () => {
      if (!signal.aborted) await once(signal, 'abort')
    },
    runProgram: (line) => runProgram(line, environment.cwd, signal),
    launchProgram: async (start, output) => {
      const { runChildProgram } = await import('./child-program.ts')
      const hasTerminal = [process.stdin, process.stdout, process.stderr].some(isTerminal)
      return runChildProgram(start, output, { ...environment, interruption, hasTerminal })
    },
  }
}

/** Whether somebody can be asked: answers come from a terminal and questions go to one. */
function isAttended({ stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>): boolean {
  return isTerminal(stdin) && isTerminal(stderr)
}

async function terminalQuestions(signal: AbortSignal): Promise<Questions> {
  const { TerminalQuestions } = await import('./terminal-questions.ts')
  const { stdin: input, stderr: output } = process
  // A terminal that does not know its size says 0: questions would be a letter wide, answers unseen.
  output.columns ||= 80
  output.rows ||= 24
  return new TerminalQuestions({ input, output, signal })
}

/**
 * A stream whose reader may go away: `mlstore ls | head` is no failure.
 *
 * Each write waits until the system has the bytes, so that nothing piles up in memory and a
 * full disk is an error and not a shortened file.
 */
function sinkOf(stream: NodeJS.WriteStream): Sink {
  // Errors reach the callback of `write`; without a listener the stream would throw them as well.
  stream.on('error', () => undefined)
  return {
    isTerminal: stream.isTTY,
    get columns() {
      // A terminal that does not know its width says 0.
      return stream.columns || 80
    },
    write: (data) =>
      new Promise((done, failed) => {
        stream.write(data, (error) => {
          if (error === null || error === undefined) done(true)
          else if (isReaderGone(error)) done(false)
          else failed(outputFailed(error))
        })
      }),
  }
}

function isTerminal(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true
}

function isReaderGone(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'
}

function outputFailed(error: NodeJS.ErrnoException): MlstoreError {
  const code = error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'NO_SPACE' : 'IO_ERROR'
  return new MlstoreError(code, 'The output cannot be written.', { cause: error })
}

async function runProgram(
  [program, ...programArguments]: ProgramLine,
  cwd: string,
  signal: AbortSignal,
): Promise<ProgramResult> {
  const { execFile } = await import('node:child_process')
  const result = await new Promise<ProgramResult>((done) => {
    const child = execFile(program, programArguments, { cwd, signal }, (_error, stdout) => {
      done({ exitCode: child.exitCode ?? 127, stdout })
    })
    child.stderr?.pipe(process.stderr, { end: false })
  })
  throwIfAborted(signal)
  return result
}
