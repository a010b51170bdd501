/**
 * What time it is for a file system, told by the time stamp it gives to a file written now.
 *
 * Time stamps of files come from that clock and in its ticks: milliseconds on ext4, seconds on
 * some, another machine's on a network mount. Only it can say whether a file may still change
 * without its time stamp changing.
 */

import { dirname } from 'node:path'

import { isMlstoreError } from '../errors.ts'
import type { FileSystem, OpenFile } from '../ports/file-system.ts'
import { unfinishedWithin } from './reserved-names.ts'

const triesMax = 50

/** A file that is touched to read the clock. Close it to remove it. */
export class FileSystemClock {
  readonly #fs: FileSystem
  readonly #path: string
  readonly #file: OpenFile
  #touches = 0

  private constructor(fs: FileSystem, path: string, file: OpenFile) {
    this.#fs = fs
    this.#path = path
    this.#file = file
  }

  /** @param path A file that is not there, on the file system that is asked. */
  static open(fs: FileSystem, path: string): FileSystemClock {
    return new FileSystemClock(fs, path, fs.open(path, 'create', 0o600))
  }

  /** Nanoseconds since 1970 on the file system's own clock. */
  now(): bigint {
    this.#file.write(Uint8Array.of(this.#touches++ & 0xff), 0)
    return this.#file.stat().mtimeNs
  }

  /**
   * Waits until the clock is past `timeNs`, but no longer than some 50 ms, and returns the time:
   * on file systems whose tick is a second the caller goes on without.
   */
  async after(timeNs: bigint): Promise<bigint> {
    let time = this.now()
    for (let tries = 0; time <= timeNs && tries < triesMax; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      time = this.now()
    }
    return time
  }

  /** Removes the file. Idempotent as far as the file system is. */
  close(): void {
    this.#file.close()
    this.#fs.removeTree(this.#path)
  }
}

export type TimeRequest = {
  /** The folder or file whose file system is asked; it need not be there yet. */
  readonly folder: string
  /** A folder of mlstore's own; touched instead when it is on the same file system. */
  readonly scratch: string
  readonly id: string
}

/** Two machines' clocks are taken to be no further apart than this. */
const skewNsMax = 600_000_000_000n

/**
 * Reads the clock of the file system that holds `folder`.
 *
 * Where nothing can be written there, the clock of `scratch` less ten minutes stands in: files
 * that changed since are then read again each time, all others are trusted.
 */
export function fileSystemTime(fs: FileSystem, request: TimeRequest): bigint {
  const { scratch, id } = request
  const folder = nearestFolder(fs, request.folder)
  if (fs.lstat(folder)?.device === fs.lstat(scratch)?.device) return readClock(fs, scratch, id)
  try {
    return readClock(fs, folder, id)
  } catch (error) {
    if (!isMlstoreError(error, 'REFUSED')) throw error
    return readClock(fs, scratch, id) - skewNsMax
  }
}

/** The path itself if it is a folder, else the first one above it. */
export function nearestFolder(fs: FileSystem, path: string): string {
  let folder = path
  while (fs.lstat(folder)?.kind !== 'directory' && dirname(folder) !== folder) {
    folder = dirname(folder)
  }
  return folder
}

function readClock(fs: FileSystem, folder: string, id: string): bigint {
  const clock = FileSystemClock.open(fs, unfinishedWithin(folder, `${id}+clock`))
  try {
    return clock.now()
  } finally {
    clock.close()
  }
}
