/**
 * What a client of MLflow says of a data set that a run read: its name, where it lies, what it is
 * like. The bytes lie elsewhere; the digest is the client's own word for their state.
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../canonical-json.ts'

export type DataSet = {
  readonly name: string
  readonly digest: string
  /** What kind of place the source is: `local`, `hugging_face`. */
  readonly sourceType: string
  readonly source: string
  /** JSON; empty where nothing is known. */
  readonly schema: string
  /** JSON; empty where nothing is known. */
  readonly profile: string
  /** Said of it as an input of the run. */
  readonly tags: ReadonlyMap<string, string>
}

/** What is empty is left out. */
export function dataSetJson({ tags, ...texts }: DataSet): JsonObject {
  const said = Object.entries(texts).filter(([, text]) => text !== '')
  return {
    ...Object.fromEntries(said),
    ...(tags.size > 0 && { tags: Object.fromEntries(tags) }),
  }
}

/** `undefined`: it is no description of a data set. */
export function dataSetOf(value: JsonValue | undefined): DataSet | undefined {
  if (!isJsonObject(value)) return undefined
  const { tags = {}, ...rest } = value
  const texts = textsOf(rest)
  const tagTexts = textsOf(tags)
  if (texts === undefined || tagTexts === undefined) return undefined
  const text = (field: string): string => texts.get(field) ?? ''
  return {
    name: text('name'),
    digest: text('digest'),
    sourceType: text('sourceType'),
    source: text('source'),
    schema: text('schema'),
    profile: text('profile'),
    tags: tagTexts,
  }
}

/** `undefined`: not all of its values are texts. */
function textsOf(value: JsonValue): Map<string, string> | undefined {
  if (!isJsonObject(value)) return undefined
  const texts = new Map<string, string>()
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') return undefined
    texts.set(key, text)
  }
  return texts
}
