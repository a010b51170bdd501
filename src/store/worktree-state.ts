/**
 * What mlstore wrote where, last: `.mlstore/worktree.json`.
 *
 * The lock file says what a path *should* hold and changes under git; this file says what mlstore
 * put there. Their difference is what `checkout` has to do, and the trees named here are how it
 * tells mlstore's files from the user's. Losing it loses no data: what cannot be proved to be
 * mlstore's is taken for the user's.
 */

import { join } from 'node:path'

import { type Digest, isDigest } from '../core/digest.ts'
import { expectObject, Fields } from '../core/json-shape.ts'
import { isMlstoreError, MlstoreError } from '../errors.ts'
import type { StoreParts } from './parts.ts'

const fileName = 'worktree.json'

type StateParts = Pick<StoreParts, 'fs' | 'layout' | 'durableWrite'>

/** Roots of the trees by path; relative to the repository inside of it, else absolute. */
export function readWorktreeState({ fs, layout }: StateParts): Map<string, Digest> {
  const path = join(layout.directory, fileName)
  return fs.lstat(path) === undefined ? new Map() : parse(fs.readFile(path).toString('utf8'), path)
}

/** Notes what paths hold now; the caller holds the writer lock. */
export function noteWritten(parts: StateParts, written: ReadonlyMap<string, Digest>): void {
  const before = readWorktreeState(parts)
  if ([...written].every(([path, root]) => before.get(path) === root)) return
  const all = [...new Map([...before, ...written])].sort(([a], [b]) => (a < b ? -1 : 1))
  const text = `${JSON.stringify({ roots: Object.fromEntries(all) }, undefined, 2)}\n`
  parts.durableWrite(join(parts.layout.directory, fileName), Buffer.from(text))
}

function parse(text: string, path: string): Map<string, Digest> {
  try {
    const fields = new Fields(JSON.parse(text), path)
    const roots = Object.entries(expectObject(fields.get('roots'), `${path}: roots`))
    return new Map(
      roots.flatMap(([at, root]) =>
        typeof root === 'string' && isDigest(root) ? [[at, root]] : [],
      ),
    )
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !isMlstoreError(cause, 'CORRUPT')) throw cause
    throw new MlstoreError('CORRUPT', `${path} is damaged.`, {
      hint: 'Delete it: mlstore then takes every file in the working tree for yours.',
      cause,
    })
  }
}
