/**
 * Paths of MLflow's artifact proxy: hostile until they were looked at.
 *
 * `EXPERIMENT/RUN/artifacts/PATH` names a file of a run, and `versions/DIGEST/artifacts/PATH` one of
 * a version: there clients find what a registered model holds. A path is decoded once; what would lead
 * elsewhere when it is decoded again, or on Windows, is refused too, as MLflow's advisories of that
 * class ask for. Nothing of it ever becomes a path on the disk: files lie in the store.
 */

import { type Digest, isDigest } from '../../core/digest.ts'
import { isId } from '../../core/ids.ts'
import { invalidParameter, type MlflowError } from './mlflow-error.ts'

export type ArtifactPlace = RunPlace | VersionPlace

/** The path is one in the tree; empty: all of it. */
export type RunPlace = { readonly kind: 'run'; readonly run: string; readonly path: string }
export type VersionPlace = {
  readonly kind: 'version'
  readonly version: Digest
  readonly path: string
}

const versionsFolder = 'versions'

const decodingsMax = 6

/** @throws {MlflowError} `INVALID_PARAMETER_VALUE` */
export function decodedPath(encoded: string): string {
  const path = decodeOnce(encoded)
  if (path === undefined) throw invalidPath()
  return safePath(path)
}

/** A path that is decoded already, as one of a query. */
export function safePath(path: string): string {
  const trimmed = path.replace(/\/+$/, '')
  let form: string | undefined = trimmed
  for (let i = 0; i < decodingsMax && form !== undefined; i++) {
    if (!isSafe(form)) throw invalidPath()
    const next = decodeOnce(form)
    form = next === form ? undefined : next
  }
  return trimmed
}

/** `undefined`: it is no place of a run or a version. */
export function placeOf(path: string): ArtifactPlace | undefined {
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

function isSafe(path: string): boolean {
  if (path === '') return true
  const leadsElsewhere = path.split('/').some((name) => ['', '.', '..'].includes(name))
  const hasScheme = /^[a-z][a-z0-9+.-]*:|\/[a-z]:/i.test(path)
  return !leadsElsewhere && !hasScheme && !/[\\\p{Control}]/u.test(path)
}

function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function invalidPath(): MlflowError {
  return invalidParameter('Invalid path')
}
