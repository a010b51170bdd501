/**
 * Settings: an object whose fields a table declares, checked when it is made and at every
 * assignment. What pydantic's `BaseSettings` is to the documented classes.
 *
 * A subclass adds fields with a table of its own, and `declare` gives them their types:
 *
 *   class CompiledCard extends ModelCard {
 *     static override readonly fields = { ...ModelCard.fields, batchSize: integer({ fallback: 1 }) }
 *     declare batchSize: number
 *   }
 *
 * Values come from the call, else from variables of the environment, else from the table.
 */

import { inspect } from 'node:util'

import { type JsonObject, parseUserJson } from '../../core/canonical-json.ts'
import {
  type Field,
  type FieldTable,
  group,
  type Group,
  type InputOf,
  type ValuesOf,
} from '../../core/model-card/field.ts'
import { camelCase } from '../../core/model-card/field-names.ts'
import {
  type FieldProblem,
  type FieldValues,
  invalidFields,
  noSuchField,
  noVariables,
  readFields,
  variablesOf,
} from '../../core/model-card/read-fields.ts'
import { type CardReference, referencesOf } from '../../core/model-card/references.ts'
import { writeFields } from '../../core/model-card/write-fields.ts'
import type { Environment } from '../../store/environment.ts'
import { systemEnvironment } from '../../store/system-environment.ts'

/** Only variables are looked at. */
export type SettingsEnvironment = Pick<Environment, 'env'>

/** Classes of groups that have one of their own, by the group's name. */
export type GroupClasses = { readonly [name: string]: Constructor<Settings> }

/** Any class whose objects are `Made`, whatever it wants to make them. */
export type Constructor<Made> = new (...values: never[]) => Made

/** A class of settings with the fields of one table. */
export type SettingsClass<Table extends FieldTable> = {
  readonly fields: Table
  readonly groups: GroupClasses
  fromJson<Made extends Settings>(this: Constructor<Made>, json: unknown): Made
  new (values?: InputOf<Table>, environment?: SettingsEnvironment): Settings & ValuesOf<Table>
}

const nothingSet: SettingsEnvironment = { env: {} }

export class Settings {
  static readonly fields: FieldTable = {}
  static readonly groups: GroupClasses = {}

  readonly #class: { readonly name: string; readonly groups: GroupClasses }
  readonly #fields: FieldTable
  readonly #values = new Map<string, unknown>()

  /**
   * @param values By their TypeScript names or their written ones. `undefined` is as good as left
   * out.
   * @param environment Default: that of the process.
   * @throws {MlstoreError} `INVALID_ARGUMENT`, with everything that is wrong in
   * `details.problems` and the variables that could be set in `details.missing`.
   */
  constructor(values: object = {}, environment: SettingsEnvironment = systemEnvironment()) {
    this.#class = new.target
    this.#fields = new.target.fields
    const { objects, plain } = settingsWithin(this.#fields, values)
    const read = readFields(this.#fields, plain, variablesOf(environment.env))
    if (read.problems.length > 0) throw this.#invalid(read.problems)
    for (const [name, entry] of Object.entries(this.#fields)) {
      const value = objects.get(name) ?? read.values[name]
      this.#set(name, entry.kind === 'group' ? this.#groupOf(name, entry, value) : value)
      this.#define(name, entry)
    }
    Object.preventExtensions(this)
  }

  /**
   * Reads what `toJson` wrote, as text or parsed: no variable of the environment is looked at.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT`
   */
  static fromJson<Made extends Settings>(this: Constructor<Made>, json: unknown): Made {
    const values: unknown = typeof json === 'string' ? parseUserJson(json, this.name) : json
    const made: unknown = Reflect.construct(this, [values ?? null, nothingSet])
    if (made instanceof this) return made
    throw new TypeError(`${this.name} makes no ${this.name}`)
  }

  /** The fields by their written names, in the order of the table, without secrets. */
  toJson(): JsonObject {
    return writeFields(this.#table(), this.#plain())
  }

  /** For `JSON.stringify`. */
  toJSON(): JsonObject {
    return this.toJson()
  }

  /** The fields that name other attributes, those of groups too. */
  protected referencesIn(): CardReference[] {
    return referencesOf(this.#table(), this.#plain())
  }

  /** For `util.inspect`: the values, not the accessors that guard them. */
  protected inspected(options: object): string {
    return `${this.#class.name} ${inspect(this.#plain(), options)}`
  }

  static {
    const inspected = function (this: Settings, _depth: number, options: object): string {
      return this.inspected(options)
    }
    // `this`, since the compiler's name for the class inside of itself is not assigned yet.
    Object.defineProperty(this.prototype, inspect.custom, { value: inspected })
    // Assigning what no table declares finds no accessor on the way, and ends here.
    const last = new Proxy(Object.create(Object.prototype), { set: refuseUnknown })
    Object.setPrototypeOf(this.prototype, last)
  }

  #plain(): FieldValues {
    return Object.fromEntries(this.#values)
  }

  /** The table as it is here: a group may have been given as settings with more fields. */
  #table(): FieldTable {
    return Object.fromEntries(
      Object.entries(this.#fields).map(([name, entry]) => {
        const value = this.#values.get(name)
        return [name, value instanceof Settings ? group(value.#table()) : entry]
      }),
    )
  }

  #define(name: string, entry: Field | Group): void {
    Object.defineProperty(this, name, {
      enumerable: true,
      get: () => this.#values.get(name),
      set: (value: unknown) => {
        this.#set(name, this.#checked(name, entry, value))
      },
    })
  }

  #set(name: string, value: unknown): void {
    if (value === undefined) this.#values.delete(name)
    else this.#values.set(name, value)
  }

  #checked(name: string, entry: Field | Group, value: unknown): unknown {
    if (entry.kind === 'group') return this.#groupOf(name, entry, value)
    // Assigning nothing is no wish for the fallback.
    const alone = { [name]: { ...entry, fallback: undefined } }
    const { values, problems } = readFields(alone, { [name]: value }, noVariables)
    if (problems.length > 0) throw this.#invalid(problems)
    return values[name]
  }

  /** The settings of a group: the object that was given, if it is of the group's class. */
  #groupOf(name: string, { fields }: Group, value: unknown): Settings {
    const Class = this.#class.groups[name] ?? settingsOf(fields)
    if (value instanceof Class) return value
    const made: unknown = Reflect.construct(Class, [value ?? null, nothingSet])
    if (made instanceof Settings) return made
    throw new TypeError(`the group ${name} has a class that makes no settings`)
  }

  #invalid(problems: readonly FieldProblem[]): Error {
    return invalidFields(this.#class.name, problems)
  }
}

/** A class with the fields of a table, to be extended. */
export function settingsOf<Table extends FieldTable>(table: Table): SettingsClass<Table> {
  const made = class extends Settings {
    static override readonly fields: FieldTable = table
  }
  if (hasFields(made, table)) return made
  throw new TypeError('a class lost its table of fields')
}

function refuseUnknown(_: object, name: string | symbol, _value: unknown, settings: object): never {
  throw invalidFields(settings.constructor.name, [noSuchField(String(name))])
}

/** A guard gives the class the types of its table without a cast. */
function hasFields<Table extends FieldTable>(
  made: { readonly fields: FieldTable },
  table: Table,
): made is SettingsClass<Table> {
  return made.fields === table
}

type Given = { readonly objects: ReadonlyMap<string, Settings>; readonly plain: unknown }

/** Sets groups that were given as settings apart: they are checked, and may have more fields. */
function settingsWithin(table: FieldTable, values: unknown): Given {
  const objects = new Map<string, Settings>()
  if (typeof values !== 'object' || values === null) return { objects, plain: values }
  const plain = Object.entries(values).filter(([written, value]) => {
    const name = camelCase(written)
    if (!(value instanceof Settings) || table[name]?.kind !== 'group') return true
    objects.set(name, value)
    return false
  })
  return { objects, plain: Array.isArray(values) ? values : Object.fromEntries(plain) }
}
