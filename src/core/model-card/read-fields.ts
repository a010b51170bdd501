/**
 * Reads values by a table of fields, and finds everything that is wrong with them at once.
 *
 * A value is what was given, else what a variable of the environment says, else the field's
 * fallback. Names may be in either spelling; a name that the table does not have is a problem, also
 * in a group. Nothing throws: the caller knows best what to call what was read.
 */

import { isMlstoreError, MlstoreError } from '../../errors.ts'
import { parseUserJson } from '../canonical-json.ts'
import type { Field, FieldTable, Group } from './field.ts'
import { camelCase, snakeCase, variableName } from './field-names.ts'

/** Variables by their names in upper case, since these do not depend on it. */
export type Variables = ReadonlyMap<string, string>

export type FieldProblem = {
  /** In its written spelling, groups and all: `model_test_files.inputs`. */
  readonly field: string
  readonly problem: string
  /** Names of the variables that could have set it; empty unless it is missing. */
  readonly missing: readonly string[]
  /** The table has no such field. */
  readonly isUnknown?: boolean
}

export type FieldValues = Readonly<Record<string, unknown>>

export type ReadResult = {
  /** By TypeScript name, groups as objects. Fields with problems are left out. */
  readonly values: FieldValues
  readonly problems: readonly FieldProblem[]
}

export const noVariables: Variables = new Map()

/** An empty variable is none, as CI systems set those that do not apply. */
export function variablesOf(env: Readonly<Record<string, string | undefined>>): Variables {
  const variables = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    const upper = name.toUpperCase()
    if (value === undefined || value === '') continue
    if (name === upper || !variables.has(upper)) variables.set(upper, value)
  }
  return variables
}

/**
 * Reads an object by a table.
 *
 * @param at Where the object is, for the names of problems: `''` or `model_test_files`.
 */
export function readFields(
  table: FieldTable,
  given: unknown,
  variables: Variables,
  at = '',
): ReadResult {
  const found = membersOf(table, given, at)
  const values: Record<string, unknown> = {}
  const problems = [...found.problems]
  for (const [name, entry] of Object.entries(table)) {
    const place = { name, at: pathOf(at, name), variables }
    const value = found.members.get(name)
    const read =
      entry.kind === 'group' ? readGroup(entry, value, place) : readOne(entry, value, place)
    problems.push(...read.problems)
    if (read.value !== undefined) values[name] = read.value
  }
  return { values, problems }
}

/**
 * One error that tells everything: `details.problems`, and in `details.missing` the variables that
 * would each set a field that is missing.
 *
 * @param what What could not be read: `ModelCard`, a file name.
 */
export function invalidFields(what: string, problems: readonly FieldProblem[]): MlstoreError {
  const missing = problems.flatMap((problem) => problem.missing)
  const sentences = problems.map(({ field, problem }) => {
    return field === '' ? problem : `${field}: ${problem}`
  })
  return new MlstoreError('INVALID_ARGUMENT', `${what} is not valid. ${sentences.join('. ')}.`, {
    details: { problems: problems.map(({ field, problem }) => ({ field, problem })), missing },
  })
}

/** What a name is that no table has. */
export function noSuchField(field: string): FieldProblem {
  return { field, problem: 'there is no such field', missing: [], isUnknown: true }
}

type Members = {
  readonly members: ReadonlyMap<string, unknown>
  readonly problems: readonly FieldProblem[]
}

/** The members that the table has, by TypeScript name. `undefined` is as good as not given. */
function membersOf(table: FieldTable, given: unknown, at: string): Members {
  const members = new Map<string, unknown>()
  if (!isObject(given)) {
    const problem = `expected an object, found ${kindOf(given)}`
    return { members, problems: [{ field: at, problem, missing: [] }] }
  }
  const problems: FieldProblem[] = []
  for (const [written, value] of Object.entries(given)) {
    const name = Object.hasOwn(table, written) ? written : camelCase(written)
    const field = at === '' ? written : `${at}.${written}`
    if (!Object.hasOwn(table, name)) {
      problems.push(noSuchField(field))
    } else if (members.has(name)) {
      problems.push({ field, problem: 'it is given in two spellings', missing: [] })
    } else if (value !== undefined) members.set(name, value)
  }
  return { members, problems }
}

type Place = { readonly name: string; readonly at: string; readonly variables: Variables }

type ReadOne = { readonly value?: unknown; readonly problems: readonly FieldProblem[] }

function readGroup(entry: Group, given: unknown, { name, at, variables }: Place): ReadOne {
  if (given !== undefined) {
    const { values, problems } = readFields(entry.fields, given, variables, at)
    return { value: values, problems }
  }
  const variable = variableName(name)
  const said = variables.get(variable)
  const parsed = said === undefined ? { value: {} } : parseObject(said, variable)
  if ('problem' in parsed) {
    return { problems: [{ field: at, problem: parsed.problem, missing: [] }] }
  }
  const { values, problems } = readFields(entry.fields, parsed.value, variables, at)
  return { value: values, problems }
}

function parseObject(
  text: string,
  variable: string,
): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: parseUserJson(text, variable) }
  } catch (error) {
    if (!isMlstoreError(error, 'INVALID_ARGUMENT')) throw error
    return { problem: error.message }
  }
}

function readOne(field: Field, given: unknown, { name, at, variables }: Place): ReadOne {
  if (given !== undefined) return checked(field, field.check(given), { at, found: given })
  const names = field.variables ?? [variableName(name)]
  const variable = names.find((each) => variables.has(each))
  if (variable !== undefined) {
    const said = variables.get(variable) ?? ''
    return checked(field, field.parse(said), { at, found: said, from: ` in ${variable}` })
  }
  if (field.fallback !== undefined) return { value: field.fallback, problems: [] }
  if (field.isOptional) return { problems: [] }
  const problem = `it is missing; give it, or set ${names.join(' or ')}`
  return { problems: [{ field: at, problem, missing: names }] }
}

type Found = { readonly at: string; readonly found: unknown; readonly from?: string }

function checked(field: Field, value: unknown, { at, found, from = '' }: Found): ReadOne {
  if (value !== undefined) return { value, problems: [] }
  const instead = field.isSecret ? 'something else' : kindOf(found)
  const problem = `expected ${field.wants}, found ${instead}${from}`
  return { problems: [{ field: at, problem, missing: [] }] }
}

function pathOf(at: string, name: string): string {
  return at === '' ? snakeCase(name) : `${at}.${snakeCase(name)}`
}

function isObject(value: unknown): value is FieldValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const shownCharactersMax = 80

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value) ?? typeof value
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}…`
}
