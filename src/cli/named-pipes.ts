/**
 * Pipes for a program's output that are pipes to it, too.
 *
 * What Node gives a child is a socket, and a socket cannot be opened by name: every
 * `echo ... > /dev/stderr` of a script would fail. A named pipe can. It has a name only until both
 * ends are open.
 */

import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

export type NamedPipe = {
  /** Ends when nobody has the other end any more. */
  readonly readable: Readable
  /** For the child; the caller closes its own once the child has it. */
  readonly writeEnd: number
}

/** So many pipes; `undefined` where the system has no named ones, or no place for them. */
export function namedPipes(count: number): NamedPipe[] | undefined {
  const folder = temporaryFolder()
  if (folder === undefined) return undefined
  try {
    const paths = Array.from({ length: count }, (_, index) => join(folder, String(index)))
    if (spawnSync('mkfifo', ['-m', '600', ...paths]).status !== 0) return undefined
    return paths.map(opened)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function temporaryFolder(): string | undefined {
  try {
    return mkdtempSync(join(tmpdir(), 'mlstore-exec-'))
  } catch {
    return undefined
  }
}

/** Opening the read end waits for no writer; then opening the write end waits for no reader. */
function opened(path: string): NamedPipe {
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writeEnd = openSync(path, constants.O_WRONLY)
  return { readable: new Socket({ fd: readEnd, readable: true, writable: false }), writeEnd }
}

/** Closes our copies of what the child has. */
export function closeWriteEnds(pipes: readonly NamedPipe[]): void {
  for (const { writeEnd } of pipes) closeSync(writeEnd)
}
