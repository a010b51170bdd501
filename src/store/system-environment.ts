/**
 * The environment of this process: its variables, clock, randomness and user.
 *
 * The default for callers of the library; the one place of store/ that touches the process.
 */

import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

import { throwIfAborted } from '../errors.ts'
import type { Clock, IdSource } from '../ports/clock.ts'
import type { Environment } from './environment.ts'

/** Reads the process once; a later change of its working directory is not followed. */
export function systemEnvironment(): Environment {
  return {
    env: process.env,
    cwd: workingDirectory(),
    clock: systemClock,
    ids: systemIds,
    user: userName(process.env),
    host: hostname(),
    stderr: (text) => void process.stderr.write(text),
  }
}

const systemClock: Clock = {
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  sleep: async (timeoutMs, signal) => {
    try {
      await sleep(timeoutMs, undefined, { signal })
    } catch (error) {
      throwIfAborted(signal)
      throw error
    }
  },
}

const systemIds: IdSource = {
  id: () => randomBytes(16).toString('hex'),
  random: () => Math.random(),
}

/** A working directory that was deleted keeps its name, and what is wanted there is not found. */
function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return process.env['PWD'] ?? '/'
  }
}

/** A container may run under a user id that has no name. */
function userName(env: NodeJS.ProcessEnv): string {
  const named = env['USER'] || env['LOGNAME'] || env['USERNAME']
  if (named !== undefined && named !== '') return named
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
