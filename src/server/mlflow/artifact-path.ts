/**
 * Paths of MLflow's artifact proxy: hostile until they were looked at.
 *
 * `EXPERIMENT/RUN/artifacts/PATH` names a file of a run, and `versions/DIGEST/artifacts/PATH` one of
 * a version: there clients find what a registered model holds. Those of a logged model are at
 * `EXPERIMENT/models/m-ID/artifacts/PATH`, whether it is final or not.
 *
 * A path is decoded once; what would lead elsewhere when it is decoded again, or on Windows, is
 * refused too, as MLflow's advisories of that class ask for. Nothing of it ever becomes a path on
 * the disk: files lie in the store.
 */

import { type Digest, isDigest } from '../../core/digest.ts'
import { isId } from '../../core/ids.ts'
import { decodeOnce, isSafePath } from '../safe-path.ts'
import { invalidParameter, type MlflowError } from './mlflow-error.ts'

export type ArtifactPlace = RunPlace | VersionPlace | LoggedModelPlace

/** The path is one in the tree; empty: all of it. */
export type RunPlace = { readonly kind: 'run'; readonly run: string; readonly path: string }
export type VersionPlace = {
  readonly kind: 'version'
  readonly version: Digest
  readonly path: string
}
/** The model is named without the `m-` of its id. */
export type LoggedModelPlace = {
  readonly kind: 'model'
  readonly model: string
  readonly path: string
}

const versionsFolder = 'versions'

/** @throws {MlflowError} `INVALID_PARAMETER_VALUE` */
export function decodedPath(encoded: string): string {
  const path = decodeOnce(encoded)
  if (path === undefined) throw invalidPath()
  return safePath(path)
}

/** A path that is decoded already, as one of a query. */
export function safePath(path: string): string {
  const trimmed = path.replace(/\/+$/, '')
  if (isSafePath(trimmed)) return trimmed
  throw invalidPath()
}

/** `undefined`: it is no place of a run, a version or a logged model. */
export function placeOf(path: string): ArtifactPlace | undefined {
  const [, model, inModel] =
    /^[^/]+\/models\/m-([0-9a-f]{32})\/artifacts(?:\/(.*))?$/s.exec(path) ?? []
  if (model !== undefined) return { kind: 'model', model, path: inModel ?? '' }
  const [place, id = '', folder, ...rest] = path.split('/')
  if (!place || folder !== 'artifacts') return undefined
  const within = rest.join('/')
  if (place === versionsFolder && isDigest(id)) {
    return { kind: 'version', version: id, path: within }
  }
  return isId(id) ? { kind: 'run', run: id, path: within } : undefined
}

/** Where clients fetch the files of a version. */
export function versionUri(version: Digest): string {
  return `mlflow-artifacts:/${versionsFolder}/${version}/artifacts`
}

function invalidPath(): MlflowError {
  return invalidParameter('Invalid path')
}
