/**
 * Canonical JSON: one value, one text, so that a digest of the text names the value.
 *
 * RFC 8785 made stricter: the only numbers are safe integers. The layer above it
 * (`encodeValue`, `decodeValue`) carries what users give, where numbers are doubles: those
 * that are no safe integer travel as `{"$number":"0.1"}`. Keys that start with `$` are
 * therefore refused in user values, so no user can forge a tag. Rules: docs/format.md.
 */

import { corrupt, invalidArgument, isMlstoreError, MlstoreError } from '../errors.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export type JsonObject = { readonly [key: string]: JsonValue }

/**
 * JSON as a user means it: any double is a number, NaN and the infinities too.
 *
 * It has the shape of `JsonValue`; the name says on which side of `encodeValue` it stands.
 */
export type UserValue = JsonValue
export type UserObject = { readonly [key: string]: UserValue }

/** How deep a user's value may be nested; more is a mistake or an attack. */
const userDepthMax = 64

/** How deep canonical JSON may be nested: a user's value inside record, event and entry. */
const canonicalDepthMax = 128

/**
 * The one canonical text of a value.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` if the value has no canonical form: a number that
 * is no safe integer, a lone surrogate, something that is not JSON, or too deep nesting.
 */
export function canonicalJson(value: JsonValue): string {
  return canonicalText(value, 0)
}

/** The UTF-8 bytes of `canonicalJson`, which digests are made of. */
export function canonicalBytes(value: JsonValue): Buffer {
  return Buffer.from(canonicalJson(value))
}

/**
 * How many bytes `canonicalBytes` gives of a value that has a canonical form, in a tenth of the
 * time: that form differs from `JSON.stringify` in nothing but the order of keys.
 */
export function jsonBytes(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/**
 * Reads canonical JSON and nothing else: any other spelling of the same value is refused.
 *
 * Duplicate keys, white space, other escapes, other key orders, `1.0` and invalid UTF-8 all
 * fail, so whoever holds the value can reproduce the bytes.
 *
 * @param where What is read, for the message: `version record 12ab…`.
 * @throws {MlstoreError} `CORRUPT`
 */
export function parseCanonical(input: string | Uint8Array, where: string): JsonValue {
  const text = typeof input === 'string' ? input : decodeUtf8(input, where)
  const value = parseJson(text, where)
  if (canonicalOfUntrusted(value, where) !== text) throw corrupt(where, 'it is not canonical JSON')
  return value
}

/**
 * The canonical text of a value that someone else wrote.
 *
 * @throws {MlstoreError} `CORRUPT` if it has none.
 */
export function canonicalOfUntrusted(value: JsonValue, where: string): string {
  try {
    return canonicalJson(value)
  } catch (error) {
    if (isMlstoreError(error)) throw corrupt(where, error.message, error)
    throw error
  }
}

/**
 * Turns a user's value into one that has a canonical form.
 *
 * @param where How the message names the value: `meta`.
 * @throws {MlstoreError} `INVALID_ARGUMENT`, naming the place: a key that starts with `$`, a
 * lone surrogate, something that is not JSON (`undefined`, a date, a bigint, a hole in an
 * array), or nesting deeper than 64.
 */
export function encodeValue(value: unknown, where = 'value'): JsonValue {
  return encodeAt(value, { where, depth: 0 })
}

/**
 * Reads JSON that a user wrote, without changing any number in silence.
 *
 * `JSON.parse` rounds what a double cannot hold. Integers beyond 2^53 and numbers beyond the
 * range of a double are refused with their place; fractions round as they do everywhere.
 *
 * @param where What is read, for the message: a file name or an option.
 * @throws {MlstoreError} `INVALID_ARGUMENT`
 */
export function parseUserJson(text: string, where = 'JSON'): UserValue {
  const value = parseLoosely(text, where)
  for (const token of numberTokens(text)) {
    if (isExact(token.text)) continue
    throw invalidArgument(
      `${where}: ${lineAndColumn(text, token.at)}: ${token.text} does not fit a number`,
      'Integers beyond 2^53 lose digits in JSON: write it as a string.',
    )
  }
  return value
}

/** The canonical form of a double: itself if it is a safe integer, else a tag. */
export function encodeNumber(number: number): JsonValue {
  if (Number.isSafeInteger(number) && !Object.is(number, -0)) return number
  return { $number: shortestForm(number) }
}

/**
 * Turns what `encodeValue` made back into the user's value.
 *
 * @param where What is read, for the message.
 * @throws {MlstoreError} `CORRUPT` if `encodeValue` cannot have made this value.
 */
export function decodeValue(value: JsonValue, where = 'value'): UserValue {
  return decodeAt(value, { where, depth: 0 })
}

/** `Array.isArray` does not narrow read-only arrays. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isJsonArray(value)
}

/** Whether the text holds half of a surrogate pair, so that UTF-8 cannot express it. */
export function hasLoneSurrogate(text: string): boolean {
  return !text.isWellFormed()
}

function canonicalText(value: JsonValue | undefined, depth: number): string {
  if (typeof value === 'string') return canonicalString(value)
  if (typeof value === 'number') return canonicalNumber(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (depth >= canonicalDepthMax) throw invalidArgument('a value is nested too deep')
  if (isJsonArray(value)) return canonicalArray(value, depth)
  if (typeof value === 'object') return canonicalObject(value, depth)
  throw invalidArgument(`not a JSON value: ${typeof value}`)
}

function canonicalArray(array: readonly JsonValue[], depth: number): string {
  // `Array.from` visits holes, `map` would skip them.
  return `[${Array.from(array, (item) => canonicalText(item, depth + 1)).join(',')}]`
}

function canonicalObject(object: JsonObject, depth: number): string {
  // The default order of `sort` is by UTF-16 code units, which is what RFC 8785 asks for.
  const members = Object.keys(object)
    .toSorted()
    .map((key) => `${canonicalString(key)}:${canonicalText(object[key], depth + 1)}`)
  return `{${members.join(',')}}`
}

function canonicalNumber(number: number): string {
  if (Number.isSafeInteger(number) && !Object.is(number, -0)) return String(number)
  throw invalidArgument(`only safe integers are canonical numbers, not ${shortestForm(number)}`)
}

function canonicalString(text: string): string {
  if (hasLoneSurrogate(text)) {
    throw invalidArgument(`text is not valid Unicode: ${JSON.stringify(text)}`)
  }
  return JSON.stringify(text)
}

function parseJson(text: string, where: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch (error) {
    throw corrupt(where, 'it is not JSON', error)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decodes UTF-8 and refuses anything that is not.
 *
 * @throws {MlstoreError} `CORRUPT`
 */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw corrupt(where, 'it is not UTF-8', error)
  }
}

/** `String` gives the shortest text that reads back to the same double, except for -0. */
function shortestForm(number: number): string {
  return Object.is(number, -0) ? '-0' : String(number)
}

type Place = { readonly where: string; readonly depth: number }

function below(place: Place, step: string): Place {
  return { where: `${place.where}${step}`, depth: place.depth + 1 }
}

function encodeAt(value: unknown, place: Place): JsonValue {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return encodeNumber(value)
  if (typeof value === 'string') return encodeText(value, place)
  if (place.depth >= userDepthMax) {
    throw invalidArgument(`${place.where} is nested deeper than ${userDepthMax}`)
  }
  if (Array.isArray(value)) {
    return Array.from(value, (item: unknown, i) => encodeAt(item, below(place, `[${i}]`)))
  }
  if (isPlainObject(value)) {
    return mapMembers(value, (key, member) => {
      const here = below(place, `.${encodeKey(key, place)}`)
      return encodeAt(member, here)
    })
  }
  throw invalidArgument(`${place.where} is not a JSON value: ${typeof value}`)
}

function encodeKey(key: string, place: Place): string {
  if (!key.startsWith('$')) return encodeText(key, place)
  throw invalidArgument(`${place.where}: a key cannot start with $: ${JSON.stringify(key)}`)
}

function encodeText(text: string, place: Place): string {
  if (!hasLoneSurrogate(text)) return text
  throw invalidArgument(`${place.where} is not valid Unicode: ${JSON.stringify(text)}`)
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A new object with each member replaced; safe for a key like `__proto__`. */
function mapMembers<Member>(
  object: Readonly<Record<string, Member>>,
  replace: (key: string, member: Member) => JsonValue,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, member]) => [key, replace(key, member)]),
  )
}

function decodeAt(value: JsonValue, place: Place): UserValue {
  if (value === null || typeof value !== 'object') return value
  if (isJsonArray(value)) {
    refuseDeep(place)
    return value.map((item, i) => decodeAt(item, below(place, `[${i}]`)))
  }
  if (Object.hasOwn(value, '$number')) return decodeNumber(value, place)
  refuseDeep(place)
  return mapMembers(value, (key, member) => {
    if (key.startsWith('$')) throw corrupt(place.where, `unknown tag ${JSON.stringify(key)}`)
    return decodeAt(member, below(place, `.${key}`))
  })
}

function refuseDeep(place: Place): void {
  if (place.depth >= userDepthMax) throw corrupt(place.where, 'it is nested too deep')
}

function decodeNumber(tag: JsonObject, place: Place): number {
  const text = tag['$number']
  if (typeof text === 'string' && Object.keys(tag).length === 1) {
    const number = Number(text)
    const isTagged = !Number.isSafeInteger(number) || Object.is(number, -0)
    if (isTagged && shortestForm(number) === text) return number
  }
  throw corrupt(place.where, `not a number tag: ${JSON.stringify(tag)}`)
}

function parseLoosely(text: string, where: string): UserValue {
  try {
    const value: UserValue = JSON.parse(text)
    return value
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be parsed'
    throw new MlstoreError('INVALID_ARGUMENT', `${where} is not JSON: ${why}`, { cause: error })
  }
}

type NumberToken = { readonly text: string; readonly at: number }

/** Every number of a text that is known to be JSON. */
function* numberTokens(text: string): Generator<NumberToken> {
  const token = /"|-?\d[\d.eE+-]*/g
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '"') token.lastIndex = endOfString(text, match.index)
    else yield { text: match[0], at: match.index }
  }
}

/** Where the string literal that opens at `start` is over. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function isExact(token: string): boolean {
  const number = Number(token)
  const isInteger = /^-?\d+$/.test(token)
  return isInteger ? Number.isSafeInteger(number) : Number.isFinite(number)
}

function lineAndColumn(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n')
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`
}
