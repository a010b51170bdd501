/**
 * Where a client says that the files of a model version are.
 *
 * Only what this store holds can be one: files of its runs, and versions. A path or a URL of another
 * scheme is refused, as the server must never read for a client what that could not read itself.
 */

import { isId } from '../../core/ids.ts'
import type { ModelSource } from '../../store/tracking/registry-results.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import { type ArtifactPlace, placeOf, type RunPlace, safePath } from './artifact-path.ts'
import { requireLoggedModel, requireRun } from './endpoint.ts'
import { invalidParameter, type MlflowError } from './mlflow-error.ts'
import { modelVersionOfUri } from './model-uri.ts'

export type NamedSource = {
  readonly from: ModelSource
  /** Id of the run that made it. */
  readonly run: string | undefined
  readonly modelId?: string | undefined
}

/** @throws {MlflowError} `INVALID_PARAMETER_VALUE`, `RESOURCE_DOES_NOT_EXIST` */
export function modelSourceOf(
  tracking: Tracking,
  source: string,
  runId: string | undefined,
): NamedSource {
  const [, scheme = '', path = ''] = /^([a-z-]+):\/(?!\/)(.*)$/s.exec(source) ?? []
  if (scheme === 'models') return sourceOfModel(tracking, source, runId)
  const place = scheme === 'runs' ? placeInRun(path) : proxied(scheme, path)
  if (place?.kind === 'run') return sourceInRun(tracking, source, place, runId)
  // What was made whole is registered whole.
  if (place === undefined || place.path !== '') throw invalidSource(source)
  if (place.kind === 'model') return sourceOfLogged(tracking, `m-${place.model}`, runId)
  const { version } = place
  return { from: { kind: 'version', version }, run: knownRun(tracking, runId) }
}

function placeInRun(path: string): ArtifactPlace {
  const [run = '', ...rest] = path.split('/')
  return { kind: 'run', run, path: safePath(rest.join('/')) }
}

function proxied(scheme: string, path: string): ArtifactPlace | undefined {
  return scheme === 'mlflow-artifacts' ? placeOf(safePath(path)) : undefined
}

function sourceOfModel(tracking: Tracking, uri: string, runId: string | undefined): NamedSource {
  const [, logged] = /^models:\/(m-[0-9a-f]{32})$/.exec(uri) ?? []
  if (logged !== undefined) return sourceOfLogged(tracking, logged, runId)
  const { id, run, modelId } = modelVersionOfUri(tracking, uri)
  const maker = runId === undefined ? run : knownRun(tracking, runId)
  return { from: { kind: 'version', version: id }, run: maker, modelId }
}

/** A model whose files may still come is no source. */
function sourceOfLogged(
  tracking: Tracking,
  modelId: string,
  runId: string | undefined,
): NamedSource {
  const { version, run } = requireLoggedModel(tracking, modelId)
  if (version === undefined) {
    throw invalidParameter(
      `The logged model ${modelId} is not finalized: its files may still come.`,
    )
  }
  const maker = runId === undefined ? run : knownRun(tracking, runId)
  return { from: { kind: 'version', version }, run: maker, modelId }
}

function invalidSource(source: string): MlflowError {
  return invalidParameter(
    `Invalid model version source: '${source}'. It must be files of a run, runs:/RUN/PATH, or a version, models:/NAME/VERSION.`,
  )
}

function sourceInRun(
  tracking: Tracking,
  source: string,
  { run, path }: RunPlace,
  runId: string | undefined,
): NamedSource {
  if (!isId(run)) throw invalidSource(source)
  if (runId !== undefined && runId !== run) {
    throw invalidParameter(
      `Invalid model version source: '${source}'. The run_id request parameter must identify the ` +
        'resource that contains the source.',
    )
  }
  const { id } = requireRun(tracking, run)
  return { from: { kind: 'run', run: id, path }, run: id }
}

function knownRun(tracking: Tracking, runId: string | undefined): string | undefined {
  return runId === undefined ? undefined : requireRun(tracking, runId).id
}
