/**
 * `mlstore.lock`: which version each path of a repository holds (docs/format.md).
 *
 * Text under git: one line a path, sorted, so that changes to different paths merge by
 * themselves. Reading it never guesses: a line that is none is an error with its number.
 */

import { invalidArgument } from '../errors.ts'
import { type Digest, isDigest } from './digest.ts'
import { compareNames } from './tree/name-order.ts'

export type LockEntry = {
  /** Relative to the repository's root, with `/`. */
  readonly path: string
  readonly artifact: string
  /** For people; the version is what counts. */
  readonly label: string
  readonly version: Digest
  readonly root: Digest
}

const header = '# mlstore lock 1: which version each path holds; written by mlstore'
const separator = '  '
const conflictMarker = /^(<{7}|={7}|>{7}|\|{7})( |$)/

/** The text of the file; lines sorted by the bytes of their paths. */
export function serializeLockFile(entries: Iterable<LockEntry>): string {
  const lines = [...entries]
    .sort((a, b) => compareNames(a.path, b.path))
    .map(({ path, artifact, label, version, root }) =>
      [writePath(path), `${artifact}@${label}`, version, root].join(separator),
    )
  return `${[header, ...lines].join('\n')}\n`
}

/**
 * Reads the file.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` naming the line: conflict markers of a merge, a line
 * that is none, or a path that stands twice.
 */
export function parseLockFile(text: string): LockEntry[] {
  const entries: LockEntry[] = []
  const seen = new Set<string>()
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '')
    if (line === '' || line.startsWith('#')) continue
    const entry = parseLine(line, index + 1)
    if (seen.has(entry.path)) throw wrongLine(index + 1, `${entry.path} stands there twice`)
    seen.add(entry.path)
    entries.push(entry)
  }
  return entries
}

function parseLine(line: string, number: number): LockEntry {
  if (conflictMarker.test(line)) {
    throw invalidArgument(
      `mlstore.lock, line ${number}: a merge left a conflict here.`,
      'Choose a line for each path and delete the markers; `mlstore git install` sets up a merge driver.',
    )
  }
  const { path, rest } = readPath(line, number)
  const [reference = '', version = '', root = '', ...more] = rest.split(separator)
  const at = reference.lastIndexOf('@')
  if (at <= 0 || !isDigest(version) || !isDigest(root) || more.length > 0) {
    throw wrongLine(number, 'a path, type/name@label, a version and a root belong there')
  }
  return { path, artifact: reference.slice(0, at), label: reference.slice(at + 1), version, root }
}

/** Paths that could be taken for something else stand as JSON strings. */
function writePath(path: string): string {
  const isPlain = !/[\p{Cc}"\\]| {2}|^#|^ | $/u.test(path) && !conflictMarker.test(path)
  return isPlain ? path : JSON.stringify(path)
}

function readPath(line: string, number: number): { path: string; rest: string } {
  if (!line.startsWith('"')) {
    const end = line.indexOf(separator)
    if (end < 0) throw wrongLine(number, 'nothing follows the path')
    return { path: line.slice(0, end), rest: line.slice(end + separator.length) }
  }
  const [quoted = ''] = /^"(?:[^"\\]|\\.)*"/.exec(line) ?? []
  const path = parseQuoted(quoted, number)
  return { path, rest: line.slice(quoted.length + separator.length) }
}

function parseQuoted(quoted: string, number: number): string {
  try {
    const path: unknown = JSON.parse(quoted)
    if (typeof path === 'string') return path
  } catch {
    // Said below, with the line's number.
  }
  throw wrongLine(number, 'the quoted path is not a JSON string')
}

function wrongLine(number: number, why: string): Error {
  return invalidArgument(`mlstore.lock, line ${number}: ${why}.`, 'Take the file from git again.')
}
