/**
 * Unfinished writes of a directory remote: their names, and who may remove them.
 *
 * They live in `.tmp/` of the remote's folder, named `<host>-<pid>-<start>-<random>`, where
 * `start` tells a process from a later one of the same number. A temp is swept when its process
 * is known to be dead. Of another host nothing can be known, so its temps are swept a week after
 * the last byte, by the folder's own clock; a writer that slept that long fails its rename and
 * loses nothing.
 */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { lstat, readdir, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

const foreignAgeMs = 7 * 24 * 3600 * 1000
const namePattern = /^(?<host>.+)-(?<pid>\d+)-(?<start>\d+)-[0-9a-f]+$/

type Owner = { readonly host: string; readonly pid: number; readonly start: string }

/** A name that no other process and no other call uses. */
export function tempName(): string {
  const { host, pid, start } = thisProcess()
  return `${host}-${pid}-${start}-${randomBytes(8).toString('hex')}`
}

/**
 * Removes what dead processes left in the folder.
 *
 * @param newest A temp just written there: its time is what the folder's clock says now.
 */
export async function sweepTemps(folder: string, newest: string): Promise<void> {
  const nowMs = (await lstat(join(folder, newest))).mtimeMs
  for (const name of await readdir(folder)) {
    const owner = ownerOf(name)
    if (owner === undefined || name === newest) continue
    const path = join(folder, name)
    // Another process may sweep, or finish, at the same time: then there is nothing left to do.
    if (await isAbandoned(path, owner, nowMs)) await unlink(path).catch(() => undefined)
  }
}

function ownerOf(name: string): Owner | undefined {
  const groups = namePattern.exec(name)?.groups
  if (groups === undefined) return undefined
  const { host = '', pid = '', start = '' } = groups
  return { host, pid: Number(pid), start }
}

async function isAbandoned(path: string, owner: Owner, nowMs: number): Promise<boolean> {
  const self = thisProcess()
  if (owner.host === self.host) return !isAlive(owner)
  const stat = await lstat(path).catch(() => undefined)
  return stat !== undefined && nowMs - stat.mtimeMs > foreignAgeMs
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: it runs as another user.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
  }
  const start = startOf(owner.pid)
  return start === unknownStart || owner.start === unknownStart || start === owner.start
}

function thisProcess(): Owner {
  const host = hostname().replaceAll(/[^A-Za-z0-9_-]/g, '_') || 'host'
  return { host, pid: process.pid, start: startOf(process.pid) }
}

/** What stands for a start time where the system does not tell it. */
const unknownStart = '0'

/** When the process started, in clock ticks since boot; Linux only. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field, the name in parentheses, may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[19] ?? unknownStart
  } catch {
    return unknownStart
  }
}
