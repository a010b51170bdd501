/**
 * What packages, their versions and their properties may be called, and what a store calls them.
 *
 * The rules are those of FrogML, so that a name that is good here is good in an Artifactory. In a
 * store the package is the artifact `model/<repository>/[<namespace>/]<name>` and the version a
 * label. Repositories may have any name and some versions are no labels (`20240131` could be the
 * beginning of a digest), so those are written in a form that can be read back.
 */

import { invalidArgument } from '../../errors.ts'
import { decodeForeignName, foreignArtifact, foreignLabel } from '../foreign-names.ts'
import { type ArtifactName, type Label, parseArtifactName } from '../names.ts'
import type { PackageId, PackageKind, PackageName } from './package.ts'

const charactersMax = 60
const namePattern = /^[a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_-]+)*$/
const valuePattern = /^[a-zA-Z0-9_-]+(?:[./][a-zA-Z0-9_-]+)*$/
const numericArray = /^\[[[\]\d.,\s-]+\]$/

/** Folders of an Artifactory repository; a package may not be called like what they hold. */
export const layoutFolders: Readonly<Record<PackageKind, string>> = {
  model: 'models',
  dataset: 'datasets',
}

/**
 * Refuses names that no repository takes.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` with the sentence that FrogML says.
 */
export function checkPackageName({ repository, namespace, name }: Omit<PackageName, 'kind'>): void {
  if (!isSaid(repository)) throw missing('repository')
  if (!isSaid(name)) throw missing('entity_name')
  checkName('Entity_name', name)
  if (namespace !== undefined) checkName('Namespace', namespace)
}

/** Callers without types may leave out what is required. */
function isSaid(text: unknown): boolean {
  return typeof text === 'string' && text !== ''
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` */
export function checkPackageVersion(version: string): void {
  checkName('Version', version)
}

/**
 * Properties: keys like names; values like names, with slashes too, or arrays of numbers.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT`
 */
export function checkProperties(properties: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(properties)) {
    checkName('Properties', key)
    checkLength('Properties', value)
    if (!valuePattern.test(value) && !numericArray.test(value)) throw invalid('Properties', value)
  }
}

/** The error for something that must be said. */
export function missing(what: string): Error {
  return invalidArgument(`${what} can't be 'None'.`, `Say which: ${what}.`)
}

/**
 * The artifact of a package.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a repository whose name is too long to be kept.
 */
export function packageArtifact(name: PackageName): ArtifactName {
  const { kind, repository, namespace } = name
  const [, segment = ''] = foreignArtifact(kind, repository, true).split('/')
  if (decodeForeignName(segment) !== repository) {
    throw invalidArgument(`The repository's name ${JSON.stringify(repository)} is too long.`)
  }
  const names = namespace === undefined ? [name.name] : [namespace, name.name]
  return parseArtifactName([kind, segment, ...names].join('/'))
}

/** The package that an artifact is; `undefined` if it is none. */
export function packageOfArtifact(artifact: string): PackageName | undefined {
  const [kind, segment, first, second, ...others] = artifact.split('/')
  if (kind !== 'model' && kind !== 'dataset') return undefined
  if (segment === undefined || first === undefined || others.length > 0) return undefined
  const repository = decodeForeignName(segment)
  if (second === undefined) return { kind, repository, name: first }
  return { kind, repository, namespace: first, name: second }
}

export function packageLabel(version: string): Label {
  return foreignLabel(version)
}

export function versionOfLabel(label: string): string {
  return decodeForeignName(label)
}

/** How messages call a package: `the model vision/resnet of main`. */
export function packageTitle({ kind, repository, namespace, name }: PackageName): string {
  const path = namespace === undefined ? name : `${namespace}/${name}`
  return `the ${kindInWords[kind]} ${path} of ${repository}`
}

/** `the model vision/resnet@1.0 of main`. */
export function versionTitleOf({ version, ...id }: PackageId): string {
  return packageTitle({ ...id, name: `${id.name}@${version}` })
}

export const kindInWords: Readonly<Record<PackageKind, string>> = {
  model: 'model',
  dataset: 'data set',
}

function checkName(field: string, text: string): void {
  checkLength(field, text)
  if (!namePattern.test(text)) throw invalid(field, text)
}

function checkLength(field: string, text: string): void {
  if (text.length > charactersMax) {
    throw invalidArgument(
      `Max length for ${field} is ${charactersMax} characters.`,
      'Choose a shorter one.',
    )
  }
}

function invalid(field: string, text: string): Error {
  return invalidArgument(
    `Invalid characters detected at ${field}: ${JSON.stringify(text).slice(1, -1)}`,
    'Letters, digits, _ and -, with single dots between them, such as my-model or 1.0.2.',
  )
}
