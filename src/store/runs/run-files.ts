/** Files of a run, as they are so far: sealed or not. */

import { notFound } from '../../errors.ts'
import { selectPaths } from '../../worktree/path-selection.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { StoreParts } from '../parts.ts'
import { resolveRun } from './resolve-run.ts'
import type { RunFile } from './results.ts'
import { filesArtifact } from './seal-files.ts'

/** By path. */
export function listRunFiles(parts: Pick<StoreParts, 'catalog'>, which: string): RunFile[] {
  const { id } = resolveRun(parts, which)
  return parts.catalog.runFiles
    .of(id)
    .map(({ path, sizeBytes, digest }) => ({ path, sizeBytes, digest }))
}

/** @throws {MlstoreError} `NOT_FOUND`; `OBJECT_MISSING` if the bytes are nowhere. */
export async function* readRunFile(
  parts: StoreParts,
  which: string,
  path: string,
): AsyncGenerator<Uint8Array> {
  await parts.codec.open()
  const { id, name } = resolveRun(parts, which)
  const file = parts.catalog.runFiles.get(id, path)
  if (file === undefined) throw notFound(`Run ${name} has no file ${JSON.stringify(path)}.`)
  const sealed = parts.catalog.versions.newest(filesArtifact(id))
  if (sealed !== undefined && !parts.objects.has(file.digest)) {
    await ensureLocal(parts, sealed, selectPaths([path]), undefined)
  }
  yield* parts.objects.readFile(file.digest)
}
