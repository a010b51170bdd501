/**
 * Names of unfinished files, and the broom for those whose writer died.
 *
 * A name says who writes: `<host>-<pid>-<start time>-<random>`. Only files of this host whose
 * process is gone are swept: another host's process cannot be asked whether it lives, and a name
 * that does not parse is none of ours.
 */

import { join } from 'node:path'

import type { IdSource } from '../ports/clock.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { ProcessTable } from './process-table.ts'

/** The process that writes, as the names of its temporary files give it. */
export type Owner = { readonly host: string; readonly pid: number; readonly startTime: number }

export type TemporaryParts = {
  readonly fs: FileSystem
  readonly ids: IdSource
  readonly processes: ProcessTable
  readonly host: string
  readonly pid: number
}

/** In a working tree the name stands behind a mark of its own, and may say what the file is for. */
const namePattern =
  /^(?:\.mlstore-tmp-)?(?<host>.+)-(?<pid>\d+)-(?<startTime>\d+)-[0-9a-f]{32}(?:\+\w+)?$/

function parseOwner(name: string): Owner | undefined {
  const groups = namePattern.exec(name)?.groups
  if (groups === undefined) return undefined
  return {
    host: groups['host'] ?? '',
    pid: Number(groups['pid']),
    startTime: Number(groups['startTime']),
  }
}

/** Makes and sweeps the temporary files of one process. */
export class Temporaries {
  readonly #fs: FileSystem
  readonly #ids: IdSource
  readonly #processes: ProcessTable
  readonly #owner: Owner

  constructor(parts: TemporaryParts) {
    this.#fs = parts.fs
    this.#ids = parts.ids
    this.#processes = parts.processes
    this.#owner = {
      host: parts.host.replaceAll(/[^A-Za-z0-9.-]/g, '_'),
      pid: parts.pid,
      startTime: parts.processes.startTime(parts.pid) ?? 0,
    }
  }

  /** A name that no file has yet. */
  name(): string {
    const { host, pid, startTime } = this.#owner
    return `${host}-${pid}-${startTime}-${this.#ids.id()}`
  }

  /**
   * Deletes what dead processes of this host left unfinished in `folder`.
   *
   * Safe at any time and next to any other process. Returns the paths it deleted.
   */
  sweep(folder: string): string[] {
    const swept: string[] = []
    for (const { name } of this.#fs.readDirectory(folder)) {
      if (!this.isAbandoned(name)) continue
      const path = join(folder, name)
      this.#fs.removeTree(path)
      swept.push(path)
    }
    return swept
  }

  /** Whether the name is one of these, and who made it is a dead process of this host. */
  isAbandoned(name: string): boolean {
    const owner = parseOwner(name)
    return owner !== undefined && this.#isDead(owner)
  }

  #isDead(owner: Owner): boolean {
    if (owner.host !== this.#owner.host) return false
    const startTime = this.#processes.startTime(owner.pid)
    if (startTime === undefined) return true
    const told = startTime !== 0 && owner.startTime !== 0
    return told && startTime !== owner.startTime
  }
}
