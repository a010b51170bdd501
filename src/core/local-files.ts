/**
 * Files that stay on the computer where they were made.
 *
 * They are versions like any other, of artifacts of the type `local`, so that they are kept, read
 * and checked like any other; but no push ever sends them. `local/<id>` holds those of a run.
 */

import { type ArtifactName, parseArtifactName } from './names.ts'

/** The type of artifacts that are never pushed. */
export const localType = 'local'

/** The artifact that holds the local files of a run. */
export function localFilesArtifact(run: string): ArtifactName {
  return parseArtifactName(`${localType}/${run}`)
}

/** Whether versions of this artifact stay where they are. */
export function isLocalArtifact(artifact: string): boolean {
  return artifact.startsWith(`${localType}/`)
}
