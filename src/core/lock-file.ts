/**
 * `mlstore.lock`: which version each path of a repository holds (docs/format.md).
 *
 * Text under git: one line a path, sorted, so that changes to different paths merge by
 * themselves. It comes with a `git pull` and says what is written where, so a line is taken only
 * if its path stays inside the repository; reading never guesses.
 */

import { invalidArgument, isMlstoreError, MlstoreError } from '../errors.ts'
import { type Digest, isDigest } from './digest.ts'
import { type ArtifactName, splitTreePath } from './names.ts'
import { formatReference, parseReference } from './reference.ts'

export type LockEntry = {
  /** Relative to the repository's root, with `/`. */
  readonly path: string
  readonly artifact: ArtifactName
  /** For people; the version is what counts. */
  readonly label: string
  readonly version: Digest
  readonly root: Digest
}

/** One line that names a path, as it stands. */
export type LockLine = {
  readonly path: string
  /** What follows the path, not yet looked at. */
  readonly rest: string
  readonly text: string
  /** Counted from 1. */
  readonly number: number
}

const formatVersion = 1
export const lockFileHeader: string = `# mlstore lock ${formatVersion}: which version each path holds; written by mlstore`
const separator = '  '
const conflictMarker = /^(?:<{7}|={7}|>{7}|\|{7})(?: |$)/

/** The text of the file; lines sorted by the bytes of their paths. */
export function serializeLockFile(entries: Iterable<LockEntry>): string {
  const lines = [...entries]
    .sort(byPathBytes)
    .map(({ path, artifact, label, version, root }) =>
      [quote(path), quote(formatReference({ artifact, selector: label })), version, root].join(
        separator,
      ),
    )
  return `${[lockFileHeader, ...lines].join('\n')}\n`
}

/**
 * Reads the file.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` naming the line: what a merge left, a line that is
 * none, a path outside the repository, or one that stands twice. `FORMAT_UNSUPPORTED` if a newer
 * mlstore wrote the file.
 */
export function parseLockFile(text: string): LockEntry[] {
  return lockLines(text).map(entryOf)
}

/**
 * The lines that name paths, each path once; what follows a path is not looked at.
 *
 * @throws {MlstoreError} As `parseLockFile`.
 */
export function lockLines(text: string): LockLine[] {
  const lines: LockLine[] = []
  const paths = new Set<string>()
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '')
    const number = index + 1
    refuseNewerFormat(line)
    if (line === '' || line.startsWith('#')) continue
    refuseConflict(line, number)
    const { field: path, rest } = readField(line, number)
    if (paths.has(path)) throw wrongLine(number, `${JSON.stringify(path)} stands there twice`)
    paths.add(path)
    lines.push({ path, rest, text: line, number })
  }
  return lines
}

/** The order of the lines: by the bytes of the paths, as `LC_ALL=C sort` has it. */
export function byPathBytes(a: { readonly path: string }, b: { readonly path: string }): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))
}

function entryOf({ path, rest, number }: LockLine): LockEntry {
  const reference = readField(rest, number)
  const [version = '', root = '', ...more] = reference.rest.split(separator)
  if (!isDigest(version) || !isDigest(root) || more.length > 0) {
    throw wrongLine(number, 'a path, type/name@label, a version and a root belong there')
  }
  try {
    splitTreePath(path)
    const { artifact, selector, path: inside } = parseReference(reference.field)
    if (selector !== undefined && inside === undefined) {
      return { path, artifact, label: selector, version, root }
    }
  } catch (error) {
    if (isMlstoreError(error)) throw wrongLine(number, error.message)
    throw error
  }
  throw wrongLine(number, `${JSON.stringify(reference.field)} is not type/name@label`)
}

function refuseNewerFormat(line: string): void {
  const [, version] = /^# mlstore lock (\d+):/.exec(line) ?? []
  if (version === undefined || Number(version) === formatVersion) return
  throw new MlstoreError('FORMAT_UNSUPPORTED', `mlstore.lock has format ${version}`, {
    hint: 'A newer mlstore wrote it: update mlstore.',
  })
}

function refuseConflict(line: string, number: number): void {
  if (!conflictMarker.test(line)) return
  throw invalidArgument(
    `mlstore.lock, line ${number}: a merge left a conflict here.`,
    'Choose a line for each path and delete the markers; `mlstore git install` sets up a merge driver.',
  )
}

/** Fields that could be taken for something else stand as JSON strings. */
function quote(field: string): string {
  const isPlain = !/[\p{Control}"\\]| {2}|^[# ]| $/u.test(field) && !conflictMarker.test(field)
  return isPlain ? field : JSON.stringify(field)
}

/** The first field of a text, and what follows the separator behind it. */
function readField(
  text: string,
  number: number,
): { readonly field: string; readonly rest: string } {
  const [quoted] = /^"(?:[^"\\]|\\.)*"/.exec(text) ?? []
  const end = text.startsWith('"') ? (quoted?.length ?? -1) : text.indexOf(separator)
  if (end < 0 || !text.startsWith(separator, end)) {
    throw wrongLine(number, 'fields are separated by two spaces; something is missing')
  }
  const field = quoted === undefined ? text.slice(0, end) : unquote(quoted, number)
  return { field, rest: text.slice(end + separator.length) }
}

function unquote(quoted: string, number: number): string {
  try {
    const field: unknown = JSON.parse(quoted)
    if (typeof field === 'string') return field
  } catch {
    // Said below, with the line's number.
  }
  throw wrongLine(number, `${quoted} is not a JSON string`)
}

function wrongLine(number: number, why: string): MlstoreError {
  return invalidArgument(`mlstore.lock, line ${number}: ${why}.`, 'Take the file from git again.')
}
