/** Files of a run, as they are so far: sealed or not. */

import { MlstoreError, notFound } from '../../errors.ts'
import { selectPaths } from '../../worktree/path-selection.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { StoreParts } from '../parts.ts'
import { resolveRun } from './resolve-run.ts'
import type { RunFile } from './results.ts'
import { filesArtifact } from './seal-files.ts'

/** By path. */
export function listRunFiles(parts: Pick<StoreParts, 'catalog'>, which: string): RunFile[] {
  const { id } = resolveRun(parts, which)
  return parts.catalog.runFiles.of(id).map(({ path, sizeBytes, digest, localTo }) => {
    return { path, sizeBytes, digest, ...(localTo === null ? {} : { localTo }) }
  })
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
  if (!parts.objects.has(file.digest)) {
    if (file.localTo !== null) throw staysElsewhere(path, file.localTo)
    const sealed = parts.catalog.versions.newest(filesArtifact(id))
    if (sealed !== undefined) await ensureLocal(parts, sealed, selectPaths([path]), undefined)
  }
  yield* parts.objects.readFile(file.digest)
}

/** A file whose bytes never leave one computer, asked for on another, or after they were lost. */
export function staysElsewhere(path: string, host: string): MlstoreError {
  return new MlstoreError(
    'OBJECT_MISSING',
    `${path} was kept on ${host} only: its bytes were never pushed.`,
    { hint: `Take it from ${host}, or upload it again there with S3 on.`, details: { path, host } },
  )
}
