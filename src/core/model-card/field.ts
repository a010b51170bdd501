/**
 * Fields: what a card or a set of settings may hold, as data.
 *
 * One small table says of each field what it takes, what it is by default and which variable of the
 * environment sets it. The types of the values are inferred from it; reading, writing and the check
 * of references all go by it, so a field is declared once.
 */

import { isMlstoreError } from '../../errors.ts'
import { decodeValue, encodeValue, type JsonValue, parseUserJson } from '../canonical-json.ts'
import { Secret } from '../secret.ts'

export interface Field<Value = unknown> {
  readonly kind: 'field'
  /** What messages ask for: `a text`. */
  readonly wants: string
  /** The value, if it is one; `undefined` if not. */
  readonly check: (value: unknown) => Value | undefined
  /** The value that the text of a variable means; `undefined` if it means none. */
  readonly parse: (text: string) => Value | undefined
  /** Without one the field must be given, unless it is optional. */
  readonly fallback: Value | undefined
  readonly isOptional: boolean
  /** It is the path of another attribute of the model version. */
  readonly isReference: boolean
  /** It is left out of what is written, and no message shows it. */
  readonly isSecret: boolean
  /** Names of variables, the first that is set counts. Default: its own name in upper case. */
  readonly variables: readonly string[] | undefined
}

/** Fields that belong together under one name: an object in the object. */
export interface Group<Fields extends FieldTable = FieldTable> {
  readonly kind: 'group'
  readonly fields: Fields
}

/** Fields by their TypeScript names. Written names are the same in snake_case. */
export interface FieldTable {
  readonly [name: string]: Field | Group
}

/** The values of a table's fields. */
export type ValuesOf<Table extends FieldTable> = {
  -readonly [Name in keyof Table]: Table[Name] extends Group<infer Inner>
    ? ValuesOf<Inner>
    : Table[Name] extends Field<infer Value>
      ? Value
      : never
}

/** What may be given for them: none, some or all. */
export type InputOf<Table extends FieldTable> = {
  readonly [Name in keyof Table]?:
    | undefined
    | (Table[Name] extends Group<infer Inner>
        ? InputOf<Inner>
        : Table[Name] extends Field<infer Value>
          ? Value | SecretText<Value>
          : never)
}

/** A secret may be given as the text it hides. */
type SecretText<Value> = Secret extends Value ? string : never

export type FieldOptions<Value> = {
  /** Default: none, so that the field must be given. */
  readonly fallback?: Value
  readonly variables?: readonly string[]
}

/** Any text. An empty one too: pydantic keeps the variables of CI that are set to nothing. */
export function text(options: FieldOptions<string> = {}): Field<string> {
  const check = (value: unknown): string | undefined =>
    typeof value === 'string' && value.isWellFormed() ? value : undefined
  return field({ wants: 'a text', check, parse: check }, options)
}

/** A text that need not be there. */
export function optionalText(
  options: Pick<FieldOptions<string>, 'variables'> = {},
): Field<string | undefined> {
  return { ...text(options), isOptional: true }
}

/** The path of another attribute of the same model version. */
export function attributePath(options: FieldOptions<string> = {}): Field<string> {
  const check = (value: unknown): string | undefined =>
    typeof value === 'string' && isAttributePath(value) ? value : undefined
  const wants = 'the path of an attribute, such as model/model_artifacts'
  return { ...field({ wants, check, parse: check }, options), isReference: true }
}

/** One of a few words. */
export function choice<Choice extends string>(
  choices: readonly Choice[],
  options: FieldOptions<Choice> = {},
): Field<Choice> {
  const check = (value: unknown): Choice | undefined => choices.find((each) => each === value)
  return field({ wants: `one of ${choices.join(', ')}`, check, parse: check }, options)
}

/** A finite number. */
export function number(options: FieldOptions<number> = {}): Field<number> {
  const check = (value: unknown): number | undefined =>
    typeof value === 'number' && Number.isFinite(value) ? value : undefined
  return field({ wants: 'a number', check, parse: parseWith(check) }, options)
}

/** A whole number that a double holds exactly. */
export function integer(options: FieldOptions<number> = {}): Field<number> {
  const check = (value: unknown): number | undefined =>
    typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
  return field({ wants: 'a whole number', check, parse: parseWith(check) }, options)
}

/** True or false; in a variable also `yes`, `on`, `1` and their opposites, in any case. */
export function flag(options: FieldOptions<boolean> = {}): Field<boolean> {
  const check = (value: unknown): boolean | undefined =>
    typeof value === 'boolean' ? value : undefined
  return field({ wants: 'true or false', check, parse: parseFlag }, options)
}

/** Any value of JSON: a list of layers, parameters by name. */
export function json(options: FieldOptions<JsonValue> = {}): Field<JsonValue> {
  return field({ wants: 'a value of JSON', check: jsonValue, parse: parseJson }, options)
}

/** A text that is shown to nobody and written nowhere. It need not be there. */
export function secret(
  options: Pick<FieldOptions<string>, 'variables'> = {},
): Field<Secret | undefined> {
  const check = (value: unknown): Secret | undefined => {
    if (value instanceof Secret) return value
    return typeof value === 'string' && value !== '' ? new Secret(value) : undefined
  }
  const shown = { wants: 'a text', check, parse: check }
  return { ...field<Secret | undefined>(shown, options), isOptional: true, isSecret: true }
}

export function group<Fields extends FieldTable>(fields: Fields): Group<Fields> {
  return { kind: 'group', fields }
}

/** Whether the text names an attribute: segments between single slashes. */
function isAttributePath(path: string): boolean {
  const segments = path.split('/')
  return path.isWellFormed() && segments.every((name) => !['', '.', '..'].includes(name))
}

/** A copy, so that what is checked does not change afterwards. */
function jsonValue(value: unknown): JsonValue | undefined {
  return ifValid(() => decodeValue(encodeValue(value), 'a value'))
}

function parseJson(text: string): JsonValue | undefined {
  return ifValid(() => parseUserJson(text))
}

function ifValid(read: () => JsonValue): JsonValue | undefined {
  try {
    return read()
  } catch (error) {
    if (isMlstoreError(error, 'INVALID_ARGUMENT')) return undefined
    throw error
  }
}

type Meaning<Value> = Pick<Field<Value>, 'wants' | 'check' | 'parse'>

function field<Value>(
  meaning: Meaning<Value>,
  { fallback, variables }: { readonly fallback?: Value; readonly variables?: readonly string[] },
): Field<Value> {
  const marks = { isOptional: false, isReference: false, isSecret: false }
  return { kind: 'field', ...meaning, ...marks, fallback, variables }
}

/** A number as JSON writes it. */
function parseWith(check: (value: unknown) => number | undefined) {
  return (text: string): number | undefined =>
    /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? check(Number(text)) : undefined
}

function parseFlag(text: string): boolean | undefined {
  if (/^(?:true|t|yes|y|on|1)$/i.test(text)) return true
  return /^(?:false|f|no|n|off|0)$/i.test(text) ? false : undefined
}
