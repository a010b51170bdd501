/**
 * Paths of attributes: how files of a folder and attributes of a model version are named after
 * each other, both ways. Pure.
 *
 * A path is names with slashes between them, as in a tree. A namespace is all that stands below a
 * path: it matches whole names only, so `model/a` is not the beginning of `model/ab`.
 */

import { invalidArgument } from '../../errors.ts'
import { splitTreePath } from '../names.ts'

/** Names that an upload of a folder leaves out unless it is told otherwise, by how they begin. */
export const hiddenPrefixes: readonly string[] = ['__', '.']

/**
 * The path as it is stored: no slashes at its ends.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for what no tree can hold, such as `..`.
 */
export function parseAttributePath(text: string): string {
  const path = withoutOuterSlashes(text)
  if (path === '') {
    throw invalidArgument('The path of the attribute is empty.', 'Name it: model/model_card.')
  }
  return splitTreePath(path).join('/')
}

/** The same for a namespace: `''` is all there is. */
export function parseNamespace(text: string): string {
  return withoutOuterSlashes(text) === '' ? '' : parseAttributePath(text)
}

function withoutOuterSlashes(text: string): string {
  return text.replace(/^\/+/, '').replace(/\/+$/, '')
}

/** The attribute of a file of an uploaded folder. @param file Relative to the folder. */
export function attributeOfFile(namespace: string, file: string): string {
  return namespace === '' ? file : `${namespace}/${file}`
}

/** The file an attribute of the namespace becomes in a folder; `undefined` if it is not in it. */
export function fileOfAttribute(namespace: string, attribute: string): string | undefined {
  if (namespace === '') return attribute
  return attribute.startsWith(`${namespace}/`) ? attribute.slice(namespace.length + 1) : undefined
}

/** Whether an attribute is the path itself or stands below it. */
export function isAtOrBelow(path: string, attribute: string): boolean {
  return attribute === path || fileOfAttribute(path, attribute) !== undefined
}

/** Whether a name on the way to a file begins with one of the prefixes. */
export function isExcluded(file: string, prefixes: readonly string[]): boolean {
  return file.split('/').some((name) => prefixes.some((prefix) => name.startsWith(prefix)))
}

/** The namespaces around an attribute, outermost first: of `a/b/c` they are `a` and `a/b`. */
export function foldersOf(path: string): string[] {
  const names = path.split('/')
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join('/'))
}
