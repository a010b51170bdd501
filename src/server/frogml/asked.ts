/** What a request of FrogML's protocol asks for: the names of its path, and what it brought. */

import type { IncomingMessage } from 'node:http'

import type { PackageId, PackageKind, PackageName } from '../../core/packages/package.ts'
import { checkPackageName, checkPackageVersion } from '../../core/packages/package-names.ts'
import type { Clock } from '../../ports/clock.ts'
import type { PackageDepot } from '../../store/packages/depot.ts'
import { decodeOnce, isSafePath } from '../safe-path.ts'
import { FrogmlError } from './frogml-error.ts'

export type Asked = {
  readonly method: string
  /** Below `/artifactory/`, each decoded. */
  readonly names: readonly string[]
  readonly request: IncomingMessage
}

export type Services = { readonly depot: PackageDepot; readonly clock: Clock }

/**
 * From the URL as it came: what reads URLs would resolve `..` before we see it.
 *
 * @throws {FrogmlError} 400 for a path that leads elsewhere.
 */
export function namesOf(url: string, prefix: string): string[] {
  const [path = ''] = url.split('?', 1)
  const encoded = path.slice(path.indexOf(prefix) + prefix.length)
  const names = encoded.split('/').map((name) => decodeOnce(name) ?? '')
  if (path.includes(prefix) && names.every(isSafeName)) return names
  throw new FrogmlError(400, 'The path is not one of a repository.')
}

/** @throws {FrogmlError} 404 */
export function kindOf(text: string | undefined): PackageKind {
  if (text === 'model' || text === 'dataset') return text
  throw unknownPath()
}

/**
 * A package by the names of a path, with or without a namespace.
 *
 * @throws {FrogmlError} 404; {MlstoreError} `INVALID_ARGUMENT` for a name that no package has.
 */
export function packageOfNames(
  kind: PackageKind,
  repository: string,
  names: readonly string[],
): PackageName {
  const [name, namespace, ...others] = names.toReversed()
  if (name === undefined || others.length > 0) throw unknownPath()
  const found = { kind, repository, namespace, name }
  checkPackageName(found)
  return found
}

/** The same with the version behind it. */
export function versionOfNames(
  kind: PackageKind,
  repository: string,
  names: readonly string[],
): PackageId {
  const version = names.at(-1)
  if (version === undefined) throw unknownPath()
  checkPackageVersion(version)
  return { ...packageOfNames(kind, repository, names.slice(0, -1)), version }
}

export function unknownPath(): FrogmlError {
  return new FrogmlError(404, 'There is nothing at this path.')
}

/** Repositories may have a slash in their name, encoded. */
function isSafeName(name: string): boolean {
  return name !== '' && isSafePath(name)
}
