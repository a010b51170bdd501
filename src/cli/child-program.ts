/**
 * Runs a program for the user and stands aside: it reads our stdin, its output goes through as it
 * comes, signals reach it, and what it ends with is what we report.
 *
 * Its output passes through pipes, so that the end of it can be recorded; a program that asks
 * finds no terminal there.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import assert from 'node:assert/strict'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'

import type { Clock } from '../ports/clock.ts'
import type { ProgramEnd, ProgramStart } from '../ports/program.ts'
import type { Interruption } from './interruption.ts'
import { closeWriteEnds, namedPipes } from './named-pipes.ts'
import type { Sink } from './output.ts'

/** Where its output goes. */
export type ProgramOutput = { readonly stdout: Sink; readonly stderr: Sink }

export type ProgramWorld = {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly interruption: Interruption
  /** The terminal itself sends Ctrl-C to all that it runs. */
  readonly hasTerminal: boolean
}

type Child = {
  readonly process: ChildProcess
  readonly stdout: Readable
  readonly stderr: Readable
}

type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** How long output is waited for when what the program left running still holds its pipes. */
const pipesGraceMs = 2000

/** Exit codes of shells. */
const cannotExecute = 126
const notThere = 127
const signalled = 128

export async function runChildProgram(
  start: ProgramStart,
  output: ProgramOutput,
  world: ProgramWorld,
): Promise<ProgramEnd> {
  let child: Child
  try {
    child = await spawned(start, world)
  } catch (error) {
    return endOfNoStart(start.command[0], error)
  }
  let passedOn = false
  using _signals = world.interruption.take((name) => {
    passedOn = true
    if (name !== 'SIGINT' || !world.hasTerminal) child.process.kill(name)
  })
  const { code, signal } = await passedThrough(child, { start, output, world })
  return {
    exitCode: signal === null ? (code ?? 0) : signalled + constants.signals[signal],
    killed: passedOn || signal !== null,
  }
}

/** Rejects if it cannot be started. Nothing of its output or its end is lost meanwhile. */
async function spawned({ command, env }: ProgramStart, world: ProgramWorld): Promise<Child> {
  const [program, ...programArguments] = command
  const pipes = namedPipes(2)
  const [toStdout, toStderr] = pipes?.map(({ writeEnd }) => writeEnd) ?? []
  try {
    const child = spawn(program, programArguments, {
      cwd: world.cwd,
      env: { ...world.env, ...env },
      stdio: ['inherit', toStdout ?? 'pipe', toStderr ?? 'pipe'],
    })
    await started(child)
    const [stdout, stderr] = pipes?.map(({ readable }) => readable) ?? [child.stdout, child.stderr]
    assert(stdout && stderr, 'a child has both outputs')
    return { process: child, stdout, stderr }
  } catch (error) {
    for (const { readable } of pipes ?? []) readable.destroy()
    throw error
  } finally {
    closeWriteEnds(pipes ?? [])
  }
}

/** The listener for errors stays: a signal that may not be sent to the program is one, too. */
function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.once('spawn', resolve)
  })
}

type Passing = {
  readonly start: ProgramStart
  readonly output: ProgramOutput
  readonly world: ProgramWorld
}

/** Resolves when it has ended and what it wrote is passed on. */
async function passedThrough(child: Child, { start, output, world }: Passing): Promise<Exit> {
  const exited = new Promise<Exit>((done) => {
    child.process.once('exit', (code, signal) => done({ code, signal }))
  })
  const passing = Promise.allSettled([
    passOn(child.stdout, output.stdout, start.onOutput),
    passOn(child.stderr, output.stderr, start.onOutput),
  ])
  const exit = await exited
  const waiting = new AbortController()
  await Promise.race([passing, world.clock.sleep(pipesGraceMs, waiting.signal)])
  waiting.abort()
  child.stdout.destroy()
  child.stderr.destroy()
  const failed = (await passing).find((each) => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return exit
}

/** A reader of ours that goes away takes the program's away: it learns as it would without us. */
async function passOn(
  stream: Readable,
  sink: Sink,
  onOutput: (bytes: Uint8Array) => void,
): Promise<void> {
  try {
    for await (const piece of stream) {
      if (!(piece instanceof Uint8Array)) continue
      onOutput(piece)
      if (!(await sink.write(piece))) return
    }
  } catch (error) {
    // What holds the pipe beyond the program's end is not waited for: see `pipesGraceMs`.
    if (codeOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}

function endOfNoStart(program: string, error: unknown): ProgramEnd {
  if (codeOf(error) === 'ENOENT') {
    return { exitCode: notThere, killed: false, failure: `There is no program ${program}.` }
  }
  const why = error instanceof Error ? error.message : String(error)
  const failure = `${program} cannot be started: ${why}.`
  return { exitCode: cannotExecute, killed: false, failure }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
