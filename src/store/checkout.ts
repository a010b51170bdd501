/**
 * `checkout`: makes the working tree what `mlstore.lock` says, without eating edits.
 *
 * All paths are planned before the first one changes, so that a conflict in one of them leaves
 * every one as it was.
 */

import { isMlstoreError, notFound } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { everyPath } from '../worktree/path-selection.ts'
import { treeChanged } from '../worktree/plan.ts'
import type { ArrivingFiles } from './arriving-files.ts'
import { ensureLocal } from './ensure-local.ts'
import { ExclusionsOfPaths } from './exclusions.ts'
import { type LockedPath, lockedPaths, lockFileName } from './lock-file.ts'
import type { StoreParts } from './parts.ts'
import { absolutePath, pathInRepository, realTarget } from './paths.ts'
import { previousRoot } from './previous-root.ts'
import { recallTree } from './remembered-tree.ts'
import type { CheckoutRequest } from './requests.ts'
import { deletedVersion } from './resolve.ts'
import type { CheckoutResult } from './results.ts'
import { ambientRun } from './runs/ambient-run.ts'
import { recordInputs } from './runs/input-links.ts'
import type { LookOptions } from './user-path.ts'
import { noteWritten } from './worktree-state.ts'
import { applyWriteOut, type PlannedWrite, planWriteOut } from './write-out.ts'

/**
 * Checks out the locked paths, or those of them that the request names.
 *
 * @param arrived Files that a download has written already.
 */
export async function checkout(
  parts: StoreParts,
  request: CheckoutRequest = {},
  arrived?: ArrivingFiles,
): Promise<CheckoutResult> {
  const { signal } = request
  const run = ambientRun(parts)
  const lines = chosenLines(parts, request.paths ?? [])
  const targets = lines.map((line) => ({ line, version: lockedVersion(parts, line) }))
  const toDo: Target[] = []
  const exclusions = new ExclusionsOfPaths(parts)
  for (const target of targets) {
    const rules = exclusions.rulesOf(target.line)
    if (!(await isRight(parts, target, { rules, signal }))) toDo.push(target)
  }
  let fetchedBytes = 0
  for (const { version } of toDo) {
    fetchedBytes += (await ensureLocal(parts, version, everyPath, signal)).receivedBytes
  }
  const planned = await planAll(parts, toDo, request)
  for (const each of planned) await applyWriteOut(parts, each, arrived)
  const written = new Map(targets.map(({ line, version }) => [line.path, version.root]))
  await parts.write(() => noteWritten(parts, written), signal)
  if (run !== undefined) {
    const read = targets.map(({ version }) => version.id)
    await recordInputs(parts, run, read, signal)
  }
  return {
    paths: lines.map(({ path }) => path),
    files: sum(targets.map(({ version }) => version.files)),
    sizeBytes: sum(targets.map(({ version }) => version.sizeBytes)),
    writtenFiles: sum(planned.map(({ plan }) => plan.writtenFiles)),
    removedFiles: sum(planned.map(({ plan }) => plan.removedFiles)),
    fetchedBytes,
  }
}

type Target = { readonly line: LockedPath; readonly version: VersionRow }

/** The quick way out: a folder that is known to hold just that. */
async function isRight(
  parts: StoreParts,
  { line, version }: Target,
  options: LookOptions,
): Promise<boolean> {
  const path = absolutePath(parts, line.path)
  if (parts.fs.lstat(path)?.kind !== 'directory') return false
  return (await recallTree(parts, path, { odd: 'report', ...options })) === version.root
}

/** @throws {MlstoreError} `WORKING_TREE_CHANGED` with what is in the way at any of the paths. */
async function planAll(
  parts: StoreParts,
  targets: readonly Target[],
  { force, signal }: CheckoutRequest,
): Promise<PlannedWrite[]> {
  const planned: PlannedWrite[] = []
  const inTheWay: string[] = []
  for (const { line, version } of targets) {
    const path = absolutePath(parts, line.path)
    const previous = await previousRoot(parts, path, signal)
    try {
      const request = { version, path, previousRoot: previous, force, signal }
      planned.push(await planWriteOut(parts, request))
    } catch (error) {
      const paths = isMlstoreError(error, 'WORKING_TREE_CHANGED') ? error.details?.['paths'] : []
      if (!isTextList(paths) || paths.length === 0) throw error
      inTheWay.push(...paths)
    }
  }
  if (inTheWay.length > 0) throw treeChanged(inTheWay)
  return planned
}

/** The version a line names; if it was deleted, any other with the same content. */
export function lockedVersion(parts: Pick<StoreParts, 'catalog'>, line: LockedPath): VersionRow {
  const { versions } = parts.catalog
  const named = versions.get(line.version)
  if (named !== undefined && !named.isRemoved) return named
  const same = versions.byRoot(line.root).find((version) => !version.isRemoved)
  if (same !== undefined) return same
  const title = `${line.artifact}@${line.label}, which ${lockFileName} names for ${line.path},`
  if (named !== undefined) throw deletedVersion(parts, named, title)
  throw notFound(
    `${title} is not known here.`,
    'Run `mlstore pull`: a colleague may have pushed it.',
  )
}

function chosenLines(parts: StoreParts, paths: readonly string[]): LockedPath[] {
  const lines = lockedPaths(parts)
  if (paths.length === 0) return lines
  return paths.map((path) => {
    const wanted = pathInRepository(parts, realTarget(parts, path))
    const line = lines.find((each) => each.path === wanted)
    if (line !== undefined) return line
    throw notFound(`${lockFileName} has no line for ${path}.`, '`mlstore status` lists its paths.')
  })
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
