/**
 * Three-way merge of `mlstore.lock`: by path, not by neighbouring lines.
 *
 * Git's own merge calls two paths that stand side by side a conflict. Here each path is merged
 * alone: changed on one side, that side wins; changed on both to different versions, both
 * lines are kept between conflict markers. Lines are never taken apart beyond their path, so a
 * newer format's further fields pass through.
 */

import type { UserValue } from '../../core/canonical-json.ts'

export type LockTexts = { readonly base: string; readonly ours: string; readonly theirs: string }

export type MergedLock = {
  readonly text: string
  /** Paths that both sides changed differently. */
  readonly conflicts: readonly string[]
}

/** Merges the three texts; with conflicts, the text holds git's usual markers. */
export function mergeLock({ base, ours, theirs }: LockTexts): MergedLock {
  const [before, left, right] = [linesByPath(base), linesByPath(ours), linesByPath(theirs)]
  const lines: string[] = []
  const conflicts: string[] = []
  for (const path of sorted(new Set([...left.keys(), ...right.keys()]))) {
    const [a, b] = [left.get(path), right.get(path)]
    if (a === b || b === before.get(path)) lines.push(...present(a))
    else if (a === before.get(path)) lines.push(...present(b))
    else {
      conflicts.push(path)
      lines.push('<<<<<<< ours', ...present(a), '=======', ...present(b), '>>>>>>> theirs')
    }
  }
  const header = headerOf(ours) ?? headerOf(theirs)
  const all = header === undefined ? lines : [header, ...lines]
  return { text: all.map((line) => `${line}\n`).join(''), conflicts }
}

function linesByPath(text: string): Map<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [pathOf(line), line]))
}

/** The first field: up to two spaces, or a JSON string. */
function pathOf(line: string): string {
  const [quoted] = /^"(?:[^"\\]|\\.)*"/.exec(line) ?? []
  if (quoted !== undefined) return unquoted(quoted)
  const end = line.indexOf('  ')
  return end === -1 ? line : line.slice(0, end)
}

function unquoted(text: string): string {
  try {
    const value: UserValue = JSON.parse(text)
    return typeof value === 'string' ? value : text
  } catch {
    return text
  }
}

/** The order of the format: the bytes of the paths. */
function sorted(paths: ReadonlySet<string>): string[] {
  return [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

function present(line: string | undefined): string[] {
  return line === undefined ? [] : [line]
}

function headerOf(text: string): string | undefined {
  const [first = ''] = text.split(/\r?\n/)
  return first.startsWith('#') ? first : undefined
}
