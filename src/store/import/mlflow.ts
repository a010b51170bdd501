/**
 * `import mlflow`: the experiments, runs and models of an MLflow store, file or sqlite.
 *
 * The store is only read. Data sets are listed in a file of the run, since MLflow knows their
 * names and not their bytes.
 */

import { resolve } from 'node:path'

import { invalidArgument, notFound } from '../../errors.ts'
import { isFile, isFolder } from '../../foreign/files.ts'
import type { ForeignStore } from '../../foreign/foreign-run.ts'
import type { StoreParts } from '../parts.ts'
import { ModelImport } from './models.ts'
import type { ImportMlflowRequest, ImportResult } from './results.ts'
import { RunImport } from './runs.ts'
import { ImportSession } from './session.ts'

/** @throws {MlstoreError} `NOT_FOUND`, `INVALID_ARGUMENT` if the path is no store of MLflow. */
export async function importMlflow(
  parts: StoreParts,
  request: ImportMlflowRequest,
): Promise<ImportResult> {
  using source = await openSource(parts, request)
  return await ImportSession.run(parts, 'import', request, async (session) => {
    const runs = new RunImport(session)
    const modelInputs: { readonly run: string; readonly model: string }[] = []
    for (const experiment of source.experiments()) runs.addExperiment(experiment)
    for (const run of source.runs()) {
      await runs.addRun(run)
      modelInputs.push(...run.modelInputs.map((model) => ({ run: run.id, model })))
    }
    runs.end()
    const models = new ModelImport(session, runs)
    await models.addAll([...source.models()])
    for (const name of source.modelNames()) models.addName(name)
    for (const { run, model } of modelInputs) models.addInput(run, model)
    for (const problem of source.problems) session.note(`Left out: ${problem}`)
  })
}

async function openSource(
  { cwd }: StoreParts,
  { path, artifacts }: ImportMlflowRequest,
): Promise<ForeignStore> {
  const absolute = resolve(cwd, path)
  const folder = artifacts === undefined ? undefined : resolve(cwd, artifacts)
  if (folder !== undefined && !isFolder(folder)) throw notFound(`There is no folder ${folder}.`)
  if (isFolder(absolute)) {
    const { openFileStore } = await import('../../foreign/mlflow/file-store.ts')
    return openFileStore(absolute, folder)
  }
  if (!isFile(absolute)) throw notFound(`There is no file or folder ${path}.`)
  if (path.endsWith('.yaml')) {
    throw invalidArgument(`${path} is a part of a store.`, 'Name the folder mlruns.')
  }
  const { openSqliteStore } = await import('../../foreign/mlflow/sqlite-store.ts')
  return openSqliteStore(absolute, folder)
}
