/** Files at a place of the artifact proxy, whatever the place is of. */

import type { TrackedFile } from '../../store/tracking/tracked-files.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import type { ArtifactPlace, LoggedModelPlace, RunPlace, VersionPlace } from './artifact-path.ts'
import { requireActiveRun, requireLoggedModel, requireRun } from './endpoint.ts'
import { MlflowError } from './mlflow-error.ts'

/** All that are within the folder, by path. */
export async function filesOf(tracking: Tracking, place: ArtifactPlace): Promise<TrackedFile[]> {
  const at = place.kind === 'model' ? placeOfModel(tracking, place) : place
  if (at.kind === 'version') return tracking.versionFiles.list(at.version, at.path)
  return tracking.files.list(at.run, at.path)
}

export async function fileOf(
  tracking: Tracking,
  place: ArtifactPlace,
): Promise<TrackedFile | undefined> {
  if (place.kind === 'run') requireRun(tracking, place.run)
  const at = place.kind === 'model' ? placeOfModel(tracking, place) : place
  if (at.kind === 'version') return tracking.versionFiles.get(at.version, at.path)
  return tracking.files.get(at.run, at.path)
}

export function readFileOf(tracking: Tracking, place: ArtifactPlace): AsyncGenerator<Uint8Array> {
  const at = place.kind === 'model' ? placeOfModel(tracking, place) : place
  if (at.kind === 'version') return tracking.versionFiles.read(at.version, at.path)
  return place.kind === 'model'
    ? tracking.files.readDraft(at.run, at.path)
    : tracking.files.read(at.run, at.path)
}

/** Where files of the place are taken and removed. */
export function writablePlace(tracking: Tracking, place: ArtifactPlace): RunPlace {
  if (place.kind === 'run') {
    requireActiveRun(tracking, place.run)
    return place
  }
  const at = place.kind === 'model' ? placeOfModel(tracking, place) : place
  if (at.kind === 'run') return at
  throw new MlflowError('PERMISSION_DENIED', 'The files of a version never change.')
}

/** A pending one has its files in a draft, a final one in a version. */
function placeOfModel(
  tracking: Tracking,
  { model, path }: LoggedModelPlace,
): RunPlace | VersionPlace {
  const { version } = requireLoggedModel(tracking, `m-${model}`)
  return version === undefined
    ? { kind: 'run', run: model, path }
    : { kind: 'version', version, path }
}
