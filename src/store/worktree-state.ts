/**
 * What mlstore wrote where, last: `.mlstore/worktree.json`.
 *
 * The lock file says what a path *should* hold and changes under git; this file says what mlstore
 * put there. Their difference is what `checkout` has to do, and the trees named here are how it
 * tells mlstore's files from the user's. Losing it loses no data: what cannot be proved to be
 * mlstore's is taken for the user's.
 */

import { join } from 'node:path'

import { type JsonObject } from '../core/canonical-json.ts'
import { type Digest, isDigest } from '../core/digest.ts'
import { expectObject, Fields } from '../core/json-shape.ts'
import { corrupt } from '../errors.ts'
import type { StoreParts } from './parts.ts'

const fileName = 'worktree.json'

type StateParts = Pick<StoreParts, 'fs' | 'layout' | 'durableWrite'>

/** Roots of the trees by path; relative to the repository inside of it, else absolute. */
export function readWorktreeState({ fs, layout }: StateParts): Map<string, Digest> {
  const path = join(layout.directory, fileName)
  if (fs.lstat(path) === undefined) return new Map()
  const fields = new Fields(parse(fs.readFile(path), path), path)
  const roots = Object.entries(expectObject(fields.get('roots'), `${path}: roots`))
  return new Map(
    roots.flatMap(([at, root]) => (typeof root === 'string' && isDigest(root) ? [[at, root]] : [])),
  )
}

/** Notes what a path holds now; the caller holds the writer lock. */
export function noteWritten(parts: StateParts, written: ReadonlyMap<string, Digest>): void {
  if (written.size === 0) return
  const all = new Map([...readWorktreeState(parts), ...written])
  const roots = Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1)))
  const text = `${JSON.stringify({ roots }, undefined, 2)}\n`
  parts.durableWrite(join(parts.layout.directory, fileName), Buffer.from(text))
}

function parse(bytes: Buffer, path: string): JsonObject {
  try {
    return expectObject(JSON.parse(bytes.toString('utf8')), path)
  } catch (cause) {
    throw corrupt(path, 'it is not JSON; delete it, and mlstore takes every file for yours', cause)
  }
}
