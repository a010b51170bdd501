/**
 * Values of params, tags and notes: what they are as text, and where text goes that is too long.
 *
 * Values are shown in tables and compared in queries; a long one becomes a file of the run, and
 * its beginning stands for it.
 */

import { invalidArgument, type MlstoreError } from '../../errors.ts'
import { digestOf } from '../digest.ts'

/** The tag that is shown as the note of a run; MLflow's name for it. */
export const noteKey = 'mlflow.note.content'

/** Characters of a value that is kept as it is. */
export const valueCharactersMax: number = 8000

const shownCharacters = 1000

/** Of the names that common file systems take, with room for the ending. */
const fileNameCharactersMax = 200

/** A value that is short enough, and the file that holds all of it if it was not. */
export type FittedValue = {
  readonly value: string
  readonly file?: { readonly path: string; readonly text: string }
}

/**
 * @param folder Of the run's tree: `params`, `tags`.
 * @throws {MlstoreError} `INVALID_ARGUMENT` naming the key, if a program gave what is no text.
 */
export function fitValue(folder: string, key: string, text: string): FittedValue {
  if (typeof text !== 'string') throw noText(key, text)
  if (text.length <= valueCharactersMax) return { value: text }
  const path = `${folder}/${fileNameOf(key)}.txt`
  const start = text.slice(0, shownCharacters).replace(/[\uD800-\uDBFF]$/, '')
  const value = `${start}… (${text.length} characters; all of them are in the run's file ${path})`
  return { value, file: { path, text } }
}

/**
 * A param as it is kept: numbers as JavaScript writes them.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` naming the key, if a program gave what has no text.
 */
export function paramText(key: string, value: string | number | boolean | null): string {
  const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value)
  if (!isPlain) throw noText(key, value)
  return String(value)
}

function noText(key: string, value: unknown): MlstoreError {
  const kind = Array.isArray(value) ? 'array' : typeof value
  return invalidArgument(
    `${JSON.stringify(key)} is no text: ${kind === 'object' || kind === 'array' ? `an ${kind}` : String(value)}`,
    'Log values with parts as JSON text, or as a file of the run.',
  )
}

/** Keys may hold what names of files may not. */
function fileNameOf(key: string): string {
  const name = encodeURIComponent(key)
  if (name.length <= fileNameCharactersMax) return name
  const digest = digestOf(Buffer.from(key)).slice(0, 12)
  return `${name.slice(0, fileNameCharactersMax).replace(/%.?$/, '')}-${digest}`
}
