/** Files at a place of the artifact proxy, whatever the place is of. */

import type { TrackedFile } from '../../store/tracking/tracked-files.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import type { ArtifactPlace } from './artifact-path.ts'
import { requireRun } from './endpoint.ts'

/** All that are within the folder, by path. */
export async function filesOf(tracking: Tracking, place: ArtifactPlace): Promise<TrackedFile[]> {
  if (place.kind === 'version') return tracking.versionFiles.list(place.version, place.path)
  return tracking.files.list(place.run, place.path)
}

export async function fileOf(
  tracking: Tracking,
  place: ArtifactPlace,
): Promise<TrackedFile | undefined> {
  if (place.kind === 'version') return tracking.versionFiles.get(place.version, place.path)
  requireRun(tracking, place.run)
  return tracking.files.get(place.run, place.path)
}

export function readFileOf(tracking: Tracking, place: ArtifactPlace): AsyncGenerator<Uint8Array> {
  return place.kind === 'version'
    ? tracking.versionFiles.read(place.version, place.path)
    : tracking.files.read(place.run, place.path)
}
