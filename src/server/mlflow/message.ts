/**
 * A request of MLflow's protocol: JSON or a query, whose fields are read by name and type.
 *
 * What is missing or of another type is refused in the words of the real server. As there, fields
 * that are unknown are ignored, numbers may come as text, and a field that is the empty text is
 * missing where it is required.
 */

import { invalidParameter, type MlflowError } from './mlflow-error.ts'

type Values = Readonly<Record<string, unknown>>

const seeDocs = 'See the API docs for more information about request parameters.'

export class Message {
  readonly #values: Values
  readonly #isQuery: boolean

  private constructor(values: Values, isQuery = false) {
    this.#values = values
    this.#isQuery = isQuery
  }

  /** A body that is no object says nothing. Old clients encode theirs twice. */
  static ofBody(body: string): Message {
    const once = parsed(body)
    const value = typeof once === 'string' ? parsed(once) : once
    return new Message(isRecord(value) ? value : {})
  }

  /** Names may be repeated, for lists. */
  static ofQuery(query: URLSearchParams): Message {
    const values: Record<string, unknown> = {}
    for (const name of new Set(query.keys())) {
      const all = query.getAll(name)
      values[name] = all.length === 1 ? all[0] : all
    }
    return new Message(values, true)
  }

  /** The same, with what the path of the request says. */
  with(values: Values): Message {
    return new Message({ ...this.#values, ...values }, this.#isQuery)
  }

  /** `undefined` if it is not there. */
  text(name: string): string | undefined {
    const value = this.#get(name)
    if (value === undefined || typeof value === 'string') return value
    throw wrongType(name, value)
  }

  requiredText(name: string, ...others: readonly string[]): string {
    for (const each of [name, ...others]) {
      const text = this.text(each)
      if (text !== undefined && text !== '') return text
    }
    throw missing(name)
  }

  /** A whole number, as JSON has it or as text; of other numbers the whole part is refused. */
  integer(name: string): number | undefined {
    const value = this.#get(name)
    if (value === undefined) return undefined
    const number = typeof value === 'string' && value !== '' ? Number(value) : value
    if (typeof number === 'number' && Number.isSafeInteger(number)) return number
    throw wrongType(name, value)
  }

  requiredInteger(name: string): number {
    const number = this.integer(name)
    if (number === undefined) throw missing(name)
    return number
  }

  /** `NaN`, `Infinity` and `-Infinity` come as text, as protobuf writes them in JSON. */
  requiredNumber(name: string): number {
    const value = this.#get(name)
    if (value === undefined || value === '') throw missing(name)
    const number = typeof value === 'string' ? numberOf(value) : value
    if (typeof number === 'number') return number
    throw wrongType(name, value)
  }

  boolean(name: string): boolean | undefined {
    const value = this.#get(name)
    if (value === undefined || typeof value === 'boolean') return value
    const word = typeof value === 'string' ? value.toLowerCase() : undefined
    if (word === 'true' || word === 'false') return word === 'true'
    throw invalidParameter(`Invalid boolean value: ${shown(value)}, must be 'true' or 'false'.`)
  }

  /** None if it is not there. */
  texts(name: string): string[] {
    return this.#list(name).map((each) => {
      if (typeof each === 'string') return each
      throw wrongType(name, this.#get(name))
    })
  }

  /** None if it is not there. */
  messages(name: string): Message[] {
    return this.#list(name).map((each) => {
      if (isRecord(each)) return new Message(each)
      throw wrongType(name, this.#get(name))
    })
  }

  /** `undefined` if it is not there. */
  message(name: string): Message | undefined {
    const value = this.#get(name)
    if (value === undefined) return undefined
    if (isRecord(value)) return new Message(value)
    throw wrongType(name, value)
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined
  }

  isEmptyText(name: string): boolean {
    return this.#get(name) === ''
  }

  #get(name: string): unknown {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined
    return value === null ? undefined : value
  }

  /** What a query names once is no list there. */
  #list(name: string): readonly unknown[] {
    const value = this.#get(name)
    if (value === undefined) return []
    if (Array.isArray(value)) return value
    if (this.#isQuery && typeof value === 'string') return [value]
    throw wrongType(name, value)
  }
}

/** @param path Of the parameter. */
export function invalidValue(path: string, value: unknown, why?: string): MlflowError {
  const reason = why === undefined ? '.' : `: ${why}`
  return invalidParameter(`Invalid value ${shown(value)} for parameter '${path}' supplied${reason}`)
}

export function missing(path: string): MlflowError {
  return invalidParameter(`Missing value for required parameter '${path}'. ${seeDocs}`)
}

function wrongType(path: string, value: unknown): MlflowError {
  const hint = `Hint: Value was of type '${pythonType(value)}'. ${seeDocs}`
  return invalidValue(path, value, ` ${hint}`)
}

function isRecord(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

function numberOf(text: string): number | undefined {
  const word = text.trim()
  if (/^[+-]?nan$/i.test(word)) return Number.NaN
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(word)
  if (infinity !== null) return infinity[1] === '-' ? -Infinity : Infinity
  const number = Number(word)
  return Number.isNaN(number) ? undefined : number
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').slice(0, 1000)
}

function pythonType(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return typeof value === 'string' ? 'str' : 'dict'
}
