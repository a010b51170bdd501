/**
 * Three-way merge of `mlstore.lock`: by path, not by neighbouring lines.
 *
 * Git calls changes to two paths that stand side by side a conflict. Here each path is merged
 * alone, and a conflict is only what the two sides decided differently.
 */

import { byPathBytes, lockFileHeader, lockLines } from './lock-file.ts'

export type LockTexts = { readonly base: string; readonly ours: string; readonly theirs: string }

export type MergedLock = {
  /** The merged file; with conflicts, both lines of each between git's markers. */
  readonly text: string
  /** Paths that the two sides changed differently. */
  readonly conflicts: readonly string[]
}

/**
 * Merges three texts. Lines are kept as they stand, so a field that this version does not know
 * passes through.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` or `FORMAT_UNSUPPORTED`, as `parseLockFile`.
 */
export function mergeLockFiles({ base, ours, theirs }: LockTexts): MergedLock {
  const [before, left, right] = [linesByPath(base), linesByPath(ours), linesByPath(theirs)]
  const paths = Array.from(new Set([...left.keys(), ...right.keys()]), (path) => ({ path }))
  const lines: string[] = []
  const conflicts: string[] = []
  for (const { path } of paths.sort(byPathBytes)) {
    const [old, our, their] = [before.get(path), left.get(path), right.get(path)]
    if (our === their || their === old) lines.push(...present(our))
    else if (our === old) lines.push(...present(their))
    else {
      conflicts.push(path)
      lines.push('<<<<<<< ours', ...present(our), '=======', ...present(their), '>>>>>>> theirs')
    }
  }
  return { text: [lockFileHeader, ...lines, ''].join('\n'), conflicts }
}

function linesByPath(text: string): ReadonlyMap<string, string> {
  return new Map(lockLines(text).map((line) => [line.path, line.text]))
}

function present(line: string | undefined): readonly string[] {
  return line === undefined ? [] : [line]
}
