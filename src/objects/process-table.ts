/**
 * Which processes live on this host.
 *
 * A pid alone is no proof of life: it is given again, soon in a container, where every first
 * process is 1. On Linux the start time of the process tells the two apart; elsewhere the pid must
 * do, which at worst keeps a dead process's temporary file a while longer.
 */

import { readFileSync } from 'node:fs'

import { systemCodeOf } from './system-error.ts'

export interface ProcessTable {
  /**
   * When the process started, in a unit of the system's own; `undefined` if no such process lives.
   * `0` where the system does not tell.
   */
  startTime(pid: number): number | undefined
}

/** Position of `starttime` in /proc/<pid>/stat, counted from the field after the name. */
const startTimeField = 19

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCodeOf(error) === 'EPERM'
  }
}

/** The name stands in parentheses and may hold any character, so fields count from its end. */
function parseStartTime(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTime = Number(fields[startTimeField])
  return Number.isSafeInteger(startTime) ? startTime : 0
}

/** The processes that this process can see. */
export class SystemProcessTable implements ProcessTable {
  startTime(pid: number): number | undefined {
    if (!isAlive(pid)) return undefined
    try {
      return parseStartTime(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    } catch {
      return 0
    }
  }
}
