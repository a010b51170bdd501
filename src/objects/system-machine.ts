/** The computer that this process runs on. */

import { arch, cpus, release, totalmem, type } from 'node:os'
import { execFile } from 'node:child_process'

import type { Machine, MachineFacts, ProgramOptions, ProgramResult } from '../ports/machine.ts'
import { SystemProcessTable } from './process-table.ts'
import { systemCodeOf } from './system-error.ts'

export class SystemMachine implements Machine {
  readonly pid: number = process.pid
  readonly #processes = new SystemProcessTable()

  get commandLine(): readonly string[] {
    return process.argv
  }

  facts(): MachineFacts {
    const processors = cpus()
    return {
      node: process.versions.node,
      os: `${type()} ${release()}`,
      arch: arch(),
      cpu: processors[0]?.model.trim() ?? 'unknown',
      cpus: processors.length,
      memoryBytes: totalmem(),
    }
  }

  startTime(pid: number): number | undefined {
    return this.#processes.startTime(pid)
  }

  run(
    [program, ...args]: readonly [string, ...string[]],
    { cwd, env, timeoutMs, outputBytesMax }: ProgramOptions,
  ): Promise<ProgramResult> {
    const options = {
      cwd,
      env: { ...env },
      timeout: timeoutMs,
      maxBuffer: outputBytesMax,
      encoding: 'buffer',
      windowsHide: true,
    } as const
    return new Promise((resolve) => {
      const child = execFile(program, args, options, (error, stdout) => {
        const tooLong = systemCodeOf(error) === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'
        resolve({ exitCode: exitCodeOf(error), stdout, tooLong })
      })
      child.stdin?.end()
    })
  }
}

function exitCodeOf(error: Error | null): number | undefined {
  if (error === null) return 0
  return 'code' in error && typeof error.code === 'number' ? error.code : undefined
}
