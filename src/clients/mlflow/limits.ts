/**
 * What MLflow keeps as keys and values of tags and params.
 *
 * It refuses keys that could be other names as paths, and cuts what is too long in silence; so what
 * does not fit is refused here, before anything is sent.
 */

import { posix } from 'node:path'

import { invalidArgument } from '../../errors.ts'

export type Texts = Readonly<Record<string, string>>

/** Characters that the newest server keeps; what is beyond, it drops. */
const tagCharactersMax = 8000
const paramCharactersMax = 6000

const keyCharactersMax = 250

/** @throws {MlstoreError} `INVALID_ARGUMENT` for a key or a value that MLflow does not keep. */
export function checkTags(tags: Texts): void {
  checkAll('tag', tags, tagCharactersMax)
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` for a key or a value that MLflow does not keep. */
export function checkParams(params: Texts): void {
  checkAll('param', params, paramCharactersMax)
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` */
export function checkKey(kind: string, key: string): void {
  if (characters(key) > keyCharactersMax) {
    throw invalidArgument(`The ${kind} ${key} has a name of more than ${keyCharactersMax} letters.`)
  }
  const isPlain = /^[\p{L}\p{N}_\-. :/]+$/u.test(key)
  const isOtherPath = posix.normalize(key) !== key || key === '.' || /^(\.\.|\/)|\/$/.test(key)
  if (isPlain && !isOtherPath) return
  throw invalidArgument(
    `MLflow has no ${kind} ${JSON.stringify(key)}.`,
    'Use letters, digits, underscores, dashes, dots, spaces, colons, and slashes as in a path.',
  )
}

/** As Python counts: code points. */
export function characters(text: string): number {
  return Array.from(text).length
}

function checkAll(kind: string, texts: Texts, charactersMax: number): void {
  for (const [key, value] of Object.entries(texts)) {
    checkKey(kind, key)
    if (!value.isWellFormed()) throw invalidArgument(`The ${kind} ${key} is not valid Unicode.`)
    const count = characters(value)
    if (count <= charactersMax) continue
    throw invalidArgument(
      `The ${kind} ${key} has ${count} characters, and MLflow keeps ${charactersMax}.`,
      'Log the value as a file with logArtifact.',
    )
  }
}
