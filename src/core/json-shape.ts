/**
 * Typed reading of parsed JSON whose writer is not trusted.
 *
 * Everything that comes from a disk or a remote goes through here before it gets a type: a
 * wrong shape is `CORRUPT` and names the field. Unknown fields are left alone, because a newer
 * mlstore may have written them.
 */

import { corrupt, isMlstoreError, type MlstoreError } from '../errors.ts'
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './canonical-json.ts'
import { type Digest, isDigest } from './digest.ts'

/** @throws {MlstoreError} `CORRUPT` unless the value is an object. */
export function expectObject(value: JsonValue | undefined, where: string): JsonObject {
  if (isJsonObject(value)) return value
  throw corrupt(where, `expected an object, found ${kindOf(value)}`)
}

/** @throws {MlstoreError} `CORRUPT` unless the value is an array. */
export function expectArray(value: JsonValue | undefined, where: string): readonly JsonValue[] {
  if (isJsonArray(value)) return value
  throw corrupt(where, `expected an array, found ${kindOf(value)}`)
}

/** @throws {MlstoreError} `CORRUPT` unless the value is text. */
export function expectString(value: JsonValue | undefined, where: string): string {
  if (typeof value === 'string') return value
  throw corrupt(where, `expected a string, found ${kindOf(value)}`)
}

/** @throws {MlstoreError} `CORRUPT` unless the value is true or false. */
function expectBoolean(value: JsonValue | undefined, where: string): boolean {
  if (typeof value === 'boolean') return value
  throw corrupt(where, `expected true or false, found ${kindOf(value)}`)
}

/** @throws {MlstoreError} `CORRUPT` unless the value is a safe integer, at least `min`. */
export function expectSafeInteger(value: JsonValue | undefined, where: string, min = 0): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value
  throw corrupt(where, `expected an integer of at least ${min}, found ${kindOf(value)}`)
}

/** @throws {MlstoreError} `CORRUPT` unless the value is a digest. */
export function expectDigest(value: JsonValue | undefined, where: string): Digest {
  if (typeof value === 'string' && isDigest(value)) return value
  throw corrupt(where, `expected a sha256 digest, found ${kindOf(value)}`)
}

/** The fields of one object; each reader throws `CORRUPT` with the object's and field's name. */
export class Fields {
  readonly #object: JsonObject
  /** What the object is, as messages name it: `log entry 7: events[2]`. */
  readonly where: string

  constructor(value: JsonValue | undefined, where: string) {
    this.#object = expectObject(value, where)
    this.where = where
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#object, field)
  }

  /** The field as it is, or `undefined`; never something inherited. */
  get(field: string): JsonValue | undefined {
    return this.has(field) ? this.#object[field] : undefined
  }

  string(field: string): string {
    return expectString(this.get(field), this.#at(field))
  }

  optionalString(field: string): string | undefined {
    return this.has(field) ? this.string(field) : undefined
  }

  stringOrNull(field: string): string | null {
    return this.get(field) === null ? null : this.string(field)
  }

  boolean(field: string): boolean {
    return expectBoolean(this.get(field), this.#at(field))
  }

  /** A safe integer, by default not negative. */
  integer(field: string, min = 0): number {
    return expectSafeInteger(this.get(field), this.#at(field), min)
  }

  digest(field: string): Digest {
    return expectDigest(this.get(field), this.#at(field))
  }

  digestOrNull(field: string): Digest | null {
    return this.get(field) === null ? null : this.digest(field)
  }

  /** A random id: 32 lowercase hex characters. */
  id(field: string): string {
    return this.#matching(field, /^[0-9a-f]{32}$/, 'an id')
  }

  /** A UTC time as `Date.toISOString` writes it. */
  time(field: string): string {
    const text = this.#matching(field, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'a UTC time')
    const time = new Date(text)
    if (!Number.isNaN(time.getTime()) && time.toISOString() === text) return text
    throw this.wrong(field, `there is no time ${text}`)
  }

  oneOf<Choice extends string>(field: string, choices: readonly Choice[]): Choice {
    const value = this.get(field)
    const choice = choices.find((known) => known === value)
    if (choice !== undefined) return choice
    throw this.wrong(field, `expected one of ${choices.join(', ')}, found ${kindOf(value)}`)
  }

  array(field: string): readonly JsonValue[] {
    return expectArray(this.get(field), this.#at(field))
  }

  strings(field: string): readonly string[] {
    return this.array(field).map((item, i) => expectString(item, this.#at(`${field}[${i}]`)))
  }

  object(field: string): Fields {
    return new Fields(this.get(field), this.#at(field))
  }

  /** An array of objects. */
  objects(field: string): readonly Fields[] {
    return this.array(field).map((item, i) => new Fields(item, this.#at(`${field}[${i}]`)))
  }

  /** Text in a form of its own, read by `parse`, whose `INVALID_ARGUMENT` becomes `CORRUPT`. */
  parsed<Parsed>(field: string, parse: (text: string) => Parsed): Parsed {
    try {
      return parse(this.string(field))
    } catch (error) {
      if (!isMlstoreError(error, 'INVALID_ARGUMENT')) throw error
      throw this.wrong(field, error.message, error)
    }
  }

  /** The whole object, for what has no fixed fields. */
  asObject(): JsonObject {
    return this.#object
  }

  /** The error to throw when a field has the right type and still cannot be. */
  wrong(field: string, why: string, cause?: unknown): MlstoreError {
    return corrupt(this.#at(field), why, cause)
  }

  #matching(field: string, pattern: RegExp, what: string): string {
    const value = this.get(field)
    if (typeof value === 'string' && pattern.test(value)) return value
    throw this.wrong(field, `expected ${what}, found ${kindOf(value)}`)
  }

  #at(field: string): string {
    return `${this.where}: ${field}`
  }
}

const shownCharactersMax = 80

/** What stands there, short enough for a message. */
function kindOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (isJsonArray(value)) return 'an array'
  if (isJsonObject(value)) return 'an object'
  const text = JSON.stringify(value)
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}…`
}
