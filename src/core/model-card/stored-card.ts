/**
 * Cards as they are stored in versions: read, checked, and changed a field at a time.
 *
 * A card may be one of a class with more fields than the documented ones. Whoever reads it keeps
 * those; whoever writes one says so, since otherwise a misspelt name would pass for a field.
 */

import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseUserJson,
  type UserObject,
} from '../canonical-json.ts'
import { isMlstoreError } from '../../errors.ts'
import { githubActionsFields, modelCardFields, modelCardPath } from './card-fields.ts'
import type { Field, FieldTable, Group } from './field.ts'
import { camelCase, snakeCase } from './field-names.ts'
import {
  type FieldProblem,
  invalidFields,
  noSuchField,
  noVariables,
  readFields,
  variablesOf,
} from './read-fields.ts'
import { type CardReference, referencesOf } from './references.ts'
import { writeFields } from './write-fields.ts'

export type CheckedCard = {
  /** Written names, fallbacks filled in, further fields kept. */
  readonly card: JsonObject
  readonly references: readonly CardReference[]
  /** Names of fields beyond the documented ones. */
  readonly extraFields: readonly string[]
  /** Everything else that is wrong; `card` lacks those fields. */
  readonly problems: readonly FieldProblem[]
}

/** Reads the text of a card. */
export function parseCard(text: string, where: string = modelCardPath): UserObject {
  const value = parseUserJson(text, where)
  if (isJsonObject(value)) return value
  throw invalidFields(where, [{ field: '', problem: 'expected an object', missing: [] }])
}

/** A card of which nothing is known yet but the job of CI that it is made in. */
export function newCard(env: Readonly<Record<string, string | undefined>>): UserObject {
  const { values } = readFields(githubActionsFields, {}, variablesOf(env))
  return { github_action_context: writeFields(githubActionsFields, values) }
}

/** Holds a card against the documented fields. */
export function checkCard(given: UserObject): CheckedCard {
  const { values, problems } = readFields(modelCardFields, given, noVariables)
  return {
    card: withExtras(modelCardFields, writeFields(modelCardFields, values), given),
    references: referencesOf(modelCardFields, values),
    extraFields: problems.filter(({ isUnknown }) => isUnknown).map(({ field }) => field),
    problems: problems.filter(({ isUnknown }) => isUnknown !== true),
  }
}

/**
 * The card to store.
 *
 * @param extra Whether fields beyond the documented ones are meant.
 * @throws {MlstoreError} `INVALID_ARGUMENT` with every problem in `details.problems`.
 */
export function validCard(given: UserObject, extra: boolean): CheckedCard {
  const checked = checkCard(given)
  const unknown = extra ? [] : checked.extraFields.map(noSuchField)
  const problems = [...unknown, ...checked.problems]
  if (problems.length > 0) throw invalidFields('The model card', problems)
  return checked
}

/**
 * Sets fields by their names, those of groups as `model_test_files.inputs`.
 *
 * @param changes Texts: a documented field reads its own, another one what reads as JSON.
 */
export function withChanges(
  card: UserObject,
  changes: Readonly<Record<string, string>>,
): UserObject {
  return Object.entries(changes).reduce((changed, [path, text]) => {
    return withChange(changed, path.split('.'), { table: modelCardFields, text })
  }, card)
}

/** Every field with a value of its own, by its path, as text: JSON where it is none. */
export function cardLeaves(card: UserObject, at = ''): (readonly [path: string, text: string])[] {
  return Object.entries(card).flatMap(([name, member]) => {
    const path = at === '' ? name : `${at}.${name}`
    if (isJsonObject(member) && Object.keys(member).length > 0) return cardLeaves(member, path)
    return [[path, typeof member === 'string' ? member : JSON.stringify(member)] as const]
  })
}

type Change = { readonly table: FieldTable | undefined; readonly text: string }

function withChange(
  card: UserObject,
  [first = '', ...rest]: readonly string[],
  { table, text }: Change,
): UserObject {
  const entry = entryOf(table, first)
  const written = entry === undefined ? first : snakeCase(camelCase(first))
  const spellings = [first, written, camelCase(first)]
  const old = spellings.map((name) => own(card, name)).find((value) => value !== undefined)
  const others = Object.entries(card).filter(([name]) => !spellings.includes(name))
  const inner = entry?.kind === 'group' ? entry.fields : undefined
  const value =
    rest.length === 0
      ? valueOf(entry, text)
      : withChange(isJsonObject(old) ? old : {}, rest, { table: inner, text })
  return Object.fromEntries([...others, [written, value]])
}

function entryOf(table: FieldTable | undefined, name: string): Field | Group | undefined {
  const key = camelCase(name)
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined
}

function own(object: UserObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** What does not read as the field's kind stays text, for the check to say so. */
function valueOf(entry: Field | Group | undefined, text: string): JsonValue {
  if (entry?.kind !== 'field') return jsonOrText(text)
  const value = entry.parse(text)
  return typeof value === 'number' || typeof value === 'boolean' ? value : text
}

function jsonOrText(text: string): JsonValue {
  try {
    return parseUserJson(text, 'a value')
  } catch (error) {
    if (isMlstoreError(error, 'INVALID_ARGUMENT')) return text
    throw error
  }
}

/** The written fields, and behind them what else was given, also in groups. */
function withExtras(table: FieldTable, written: JsonObject, given: UserObject): JsonObject {
  const members = new Map<string, JsonValue>(Object.entries(written))
  for (const [name, value] of Object.entries(given)) {
    const entry = entryOf(table, name)
    const stored = own(written, snakeCase(camelCase(name)))
    if (entry === undefined) members.set(name, value)
    else if (entry.kind === 'group' && isJsonObject(value) && isJsonObject(stored)) {
      members.set(snakeCase(camelCase(name)), withExtras(entry.fields, stored, value))
    }
  }
  return Object.fromEntries(members)
}
