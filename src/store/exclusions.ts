/**
 * What `add` was told to leave out of paths: `.mlstore/exclusions.json`.
 *
 * `--exclude` and `--no-hidden` say how a path becomes a version, so `status` and the next `add` of
 * that path have to know them, or they would find what was left out to be new. They belong to the
 * path and the tree it made, not to the path alone: after a `git checkout` of a version that was
 * made without them, everything counts again. Rules that everybody shares stand in
 * `.mlstoreignore`; these are of this working tree only. Losing the file loses no data.
 */

import { join } from 'node:path'

import type { Digest } from '../core/digest.ts'
import { expectString, Fields } from '../core/json-shape.ts'
import { isMlstoreError, MlstoreError } from '../errors.ts'
import { IgnoreRules } from '../worktree/ignore-rules.ts'
import type { StoreParts } from './parts.ts'

export const exclusionsFileName = 'exclusions.json'

/** What is left out besides what `.mlstoreignore` says. */
export type Exclusions = {
  /** Globs in gitignore syntax. */
  readonly exclude: readonly string[]
  /** Names that start with `.` or `__`. */
  readonly noHidden: boolean
}

export const noExclusions: Exclusions = { exclude: [], noHidden: false }

/** A path of the lock, and the root of the tree that it had. */
export type MadeTree = { readonly path: string; readonly root: Digest }

type KnownExclusions = MadeTree & Exclusions

/** Beyond it the oldest are forgotten: the file is read and written as a whole. */
const knownMax = 1000

type FileParts = Pick<StoreParts, 'fs' | 'layout' | 'durableWrite'>

/** What was left out of paths when their trees were made, read once for many questions. */
export class ExclusionsOfPaths {
  readonly #known: readonly KnownExclusions[]

  /** @throws {MlstoreError} `CORRUPT` */
  constructor(parts: FileParts) {
    this.#known = read(parts)
  }

  of({ path, root }: MadeTree): Exclusions {
    const known = this.#known.find((one) => one.path === path && one.root === root)
    if (known === undefined) return noExclusions
    return { exclude: known.exclude, noHidden: known.noHidden }
  }

  rulesOf(made: MadeTree): IgnoreRules {
    return IgnoreRules.top(this.of(made))
  }
}

/** Notes what was left out of a path; the caller holds the writer lock. */
export function noteExclusions(parts: FileParts, made: MadeTree, left: Exclusions): void {
  const known = read(parts)
  const before = known.find(({ path, root }) => path === made.path && root === made.root)
  if (isSame(before ?? noExclusions, left)) return
  const others = known.filter((one) => one !== before)
  const { path, root } = made
  const { exclude, noHidden } = left
  const all = hasAny(left) ? [{ path, root, exclude, noHidden }, ...others] : others
  const text = `${JSON.stringify({ known: all.slice(0, knownMax) }, undefined, 2)}\n`
  parts.durableWrite(filePath(parts), Buffer.from(text))
}

export function hasAny({ exclude, noHidden }: Exclusions): boolean {
  return noHidden || exclude.length > 0
}

function isSame(a: Exclusions, b: Exclusions): boolean {
  const isSameList =
    a.exclude.length === b.exclude.length && a.exclude.every((glob, at) => glob === b.exclude[at])
  return a.noHidden === b.noHidden && isSameList
}

function filePath({ layout }: FileParts): string {
  return join(layout.directory, exclusionsFileName)
}

function read(parts: FileParts): readonly KnownExclusions[] {
  const path = filePath(parts)
  if (parts.fs.lstat(path) === undefined) return []
  try {
    const fields = new Fields(JSON.parse(parts.fs.readFile(path).toString('utf8')), path)
    return fields.array('known').map((one) => knownFrom(new Fields(one, `${path}: known`)))
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !isMlstoreError(cause, 'CORRUPT')) throw cause
    throw new MlstoreError('CORRUPT', `${path} is damaged.`, {
      hint: 'Delete it, and give `--exclude` and `--no-hidden` again with the next `mlstore add`.',
      cause,
    })
  }
}

function knownFrom(fields: Fields): KnownExclusions {
  return {
    path: fields.string('path'),
    root: fields.digest('root'),
    exclude: fields.array('exclude').map((glob) => expectString(glob, fields.where)),
    noHidden: fields.boolean('noHidden'),
  }
}
