/**
 * `run exec`: a program, recorded as a run from its start to its end.
 *
 * The run exists before the program starts, so that what the program does with mlstore belongs to
 * it. Whatever happens to the program is recorded; what it ended with is the answer.
 */

import { OutputTail } from '../../core/runs/output-tail.ts'
import { redact, secretsIn } from '../../core/runs/redaction.ts'
import type { ProgramEnd } from '../../ports/program.ts'
import type { StoreParts } from '../parts.ts'
import type { EndedStatus, ExecRequest } from './requests.ts'
import type { ExecResult } from './results.ts'
import type { Run } from './run.ts'
import { startRun } from './start-run.ts'

/** How much of what the program writes is kept with the run. */
const outputBytesMax = 64 * 1024

/** Name of the file of the run that holds it. */
const outputFile = 'output.txt'

/**
 * Runs the program and records it.
 *
 * @throws {MlstoreError} What starting the run failed with: then the program was not started.
 */
export async function exec(parts: StoreParts, request: ExecRequest): Promise<ExecResult> {
  const { command, launch } = request
  const source = { kind: 'command', name: command[0], command } as const
  await using run = await startRun(parts, { ...request.run, source })
  request.onStart?.(run)
  const tail = new OutputTail(outputBytesMax)
  const end = await launch({
    command,
    env: {
      ...request.env?.(run),
      MLSTORE_RUN_ID: run.id,
      MLSTORE_DIR: parts.layout.directory,
    },
    onOutput: (bytes) => tail.add(bytes),
  })
  const output = redact(tail.text(), secretsIn(parts.env))
  if (output !== '') await run.logText(outputFile, output)
  return ended(run, end)
}

async function ended(run: Run, end: ProgramEnd): Promise<ExecResult> {
  const { exitCode, failure } = end
  const { name, experiment, status, durationMs } = await run.end(statusOf(end), { exitCode })
  return { run: run.id, name, experiment, status, exitCode, durationMs, failure: failure ?? null }
}

function statusOf({ exitCode, killed }: ProgramEnd): EndedStatus {
  if (killed) return 'KILLED'
  return exitCode === 0 ? 'FINISHED' : 'FAILED'
}
