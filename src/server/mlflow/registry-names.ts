/**
 * Names of the registry: MLflow's model `NAME` is the artifact `model/NAME` of the store.
 *
 * Characters that a name may not have here are escaped, and shown as they were. The store's names
 * may have segments, so `model/team/resnet` is the model `team/resnet`, though a client cannot
 * register a name with a slash.
 */

import { posix } from 'node:path'

import { decodeForeignName, foreignAlias, foreignArtifact } from '../../core/foreign-names.ts'
import type { AliasName, ArtifactName } from '../../core/names.ts'
import { modelType } from '../../store/tracking/registered-models.ts'
import { checkKey, checkLength, keyCharactersMax, type Pair } from './limits.ts'
import { invalidValue, missing } from './message.ts'
import { invalidParameter } from './mlflow-error.ts'

const aliasCharactersMax = 255
const tagCharactersMax = 100_000

export function artifactOfModel(name: string): ArtifactName {
  return foreignArtifact(modelType, name)
}

export function modelOfArtifact(artifact: ArtifactName): string {
  return artifact
    .slice(modelType.length + 1)
    .split('/')
    .map(decodeForeignName)
    .join('/')
}

/** The name of a model that is to be made. @param parameter What the request calls it. */
export function checkModelName(name: string, parameter = 'name'): void {
  if (name.trim() === '') throw missing(parameter)
  if (/[/:]/.test(name)) {
    throw invalidParameter(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`)
  }
  if (posix.normalize(name) === name && !/^\.{1,2}$/.test(name)) return
  const why =
    'Names may be treated as files in certain cases, and must not resolve to other names when ' +
    `treated as such. This name would resolve to '${posix.normalize(name)}'`
  throw invalidValue(parameter, name, why)
}

export function checkRegistryTag({ key, value }: Pair): void {
  checkKey('key', key)
  checkLength('key', keyCharactersMax, key)
  checkLength('value', tagCharactersMax, value)
}

export function aliasOfWire(alias: string): AliasName {
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) {
    throw invalidParameter(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    )
  }
  checkLength('Registered model alias name', aliasCharactersMax, alias)
  return foreignAlias(alias)
}

/** The alias that is to be set: what would be taken for a version is refused. */
export function newAliasOfWire(alias: string): AliasName {
  if (alias.toLowerCase() === 'latest') {
    throw invalidParameter("'latest' alias name (case insensitive) is reserved.")
  }
  if (/^v\d+$/i.test(alias)) {
    throw invalidParameter(`Version alias name '${alias}' is reserved.`)
  }
  return aliasOfWire(alias)
}

export function aliasToWire(alias: string): string {
  return decodeForeignName(alias)
}
