/**
 * Names of what is kept in buckets by type, project, name and alias: `bucket:type/name/alias`.
 *
 * All of these are part of what an artifact is: `type/project/name`, with the alias as an alias.
 * Each part may be any text; what a name cannot hold is written so that it can be read back.
 */

import { decodeForeignName, foreignAlias, foreignSegment } from './foreign-names.ts'
import { type AliasName, type ArtifactName, parseArtifactName } from './names.ts'
import { invalidArgument } from '../errors.ts'

export type BucketArtifact = {
  readonly type: string
  readonly project: string
  readonly name: string
}

/** The first part of the artifacts that are the files of runs. */
const runType = 'run'

/**
 * The artifact `type/project/name`; a slash in one of them does not separate.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for the type `run` and for parts that are empty.
 */
export function bucketArtifact({ type, project, name }: BucketArtifact): ArtifactName {
  const empty = Object.entries({ type, project, name }).find(([, text]) => text === '')
  if (empty !== undefined) throw invalidArgument(`The ${empty[0]} of the artifact is empty.`)
  if (type === runType) {
    throw invalidArgument('The type run is taken: such artifacts are the files of runs.')
  }
  return parseArtifactName([type, project, name].map(foreignSegment).join('/'))
}

/** The parts again; `undefined` if it has not three. */
export function partsOfBucketArtifact(artifact: ArtifactName): BucketArtifact | undefined {
  const [type, project, name, ...more] = artifact.split('/').map(decodeForeignName)
  if (type === undefined || project === undefined || name === undefined) return undefined
  return more.length > 0 ? undefined : { type, project, name }
}

/**
 * The alias as the store keeps it: one that reads as a digest, as the hash of a run's arguments
 * does, is written differently there.
 */
export function bucketAlias(text: string): AliasName {
  if (text === '') throw invalidArgument('The alias is empty.')
  return foreignAlias(text)
}

/** The alias as it was given. */
export function givenAlias(alias: string): string {
  return decodeForeignName(alias)
}

/** `type/name/alias`: where it stands in the bucket, and by default on disk. */
export function bucketPath(type: string, name: string, alias: string): string {
  return [type, name, alias].map(foreignSegment).join('/')
}
