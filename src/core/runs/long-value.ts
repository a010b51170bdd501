/**
 * Values of params, tags and notes: what they are as text, and where text goes that is too long.
 *
 * Values are shown in tables and compared in queries; a long one becomes a file of the run, and
 * its beginning stands for it.
 */

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

/** @param folder Of the run's tree: `params`, `tags`. */
export function fitValue(folder: string, key: string, text: string): FittedValue {
  if (text.length <= valueCharactersMax) return { value: text }
  const path = `${folder}/${fileNameOf(key)}.txt`
  const start = text.slice(0, shownCharacters).replace(/[\uD800-\uDBFF]$/, '')
  const value = `${start}… (${text.length} characters; all of them are in the run's file ${path})`
  return { value, file: { path, text } }
}

/** A param as it is kept: numbers as JavaScript writes them. */
export function paramText(value: string | number | boolean | null): string {
  return String(value)
}

/** Keys may hold what names of files may not. */
function fileNameOf(key: string): string {
  const name = encodeURIComponent(key)
  if (name.length <= fileNameCharactersMax) return name
  const digest = digestOf(Buffer.from(key)).slice(0, 12)
  return `${name.slice(0, fileNameCharactersMax).replace(/%.?$/, '')}-${digest}`
}
