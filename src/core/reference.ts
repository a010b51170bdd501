/**
 * References: how a user names a version, and a file in it.
 *
 * `type/name[@X][:path]`, X an alias, a label or a digest prefix; without it the newest
 * version. Names hold neither `@` nor `:`, so the first of them ends the name, and the path
 * after the first `:` may hold both.
 */

import { invalidArgument } from '../errors.ts'
import { type ArtifactName, parseArtifactName, splitTreePath } from './names.ts'

export type Reference = {
  readonly artifact: ArtifactName
  /** Alias, label or digest prefix; absent for the newest version. */
  readonly selector?: string
  /** A path inside the version; absent for all of it. */
  readonly path?: string
}

/**
 * Reads a reference. A `:` with nothing behind it means the whole version, and slashes at the
 * end of a path are dropped.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT`
 */
export function parseReference(text: string): Reference {
  const colon = text.indexOf(':')
  const name = colon < 0 ? text : text.slice(0, colon)
  const at = name.indexOf('@')
  const artifact = parseArtifactName(at < 0 ? name : name.slice(0, at))
  const path = colon < 0 ? '' : text.slice(colon + 1).replace(/(?<=[^/])\/+$/, '')
  return {
    artifact,
    ...(at < 0 ? {} : { selector: parseSelector(text, name.slice(at + 1)) }),
    ...(path === '' ? {} : { path: splitTreePath(path).join('/') }),
  }
}

/** The text that `parseReference` reads back as the same reference. */
export function formatReference(reference: Reference): string {
  const selector = reference.selector === undefined ? '' : `@${reference.selector}`
  const path = reference.path === undefined ? '' : `:${reference.path}`
  return `${reference.artifact}${selector}${path}`
}

/** The label of a version that was given none: its UTC time, `yyyy-MM-dd-HH-mm-ss`. */
export function generatedLabel(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll(/[T:]/g, '-')
}

function parseSelector(reference: string, selector: string): string {
  const where = `reference ${JSON.stringify(reference)}`
  if (selector === '') {
    throw invalidArgument(`${where} has nothing after @`, 'Leave out @ for the newest version.')
  }
  if (selector.includes('/')) {
    throw invalidArgument(
      `${where} has a slash after @`,
      'A path follows a colon: type/name@X:path.',
    )
  }
  return selector
}
