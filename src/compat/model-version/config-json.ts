/** Configs: plain objects that are kept as JSON, and come back as they were. */

import { invalidArgument } from '../../errors.ts'

/** A plain object of what JSON has. */
export type ConfigObject = { readonly [key: string]: unknown }

/** Levels of objects in objects; deeper ones are taken for a mistake. */
const depthMax = 500

/**
 * The object as JSON.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT`, naming the place, for what would not come back: NaN,
 * dates, functions, `undefined`, objects of classes, an object within itself.
 */
export function configText(config: ConfigObject): string {
  if (!isPlainObject(config)) throw invalidArgument('A config is a plain object.')
  checkJson(config, 'config', 0)
  return JSON.stringify(config, undefined, 4)
}

/** @param title What to call it in an error. */
export function parseConfig(text: string, title: string): ConfigObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw invalidArgument(`${title} is no config: ${why}`, 'Download it as a file.')
  }
  if (isPlainObject(value)) return value
  throw invalidArgument(`${title} is JSON, but no object.`, 'Download it as a file.')
}

function checkJson(value: unknown, place: string, depth: number): void {
  // Where an object within itself is after so many levels says nothing: the start of it does.
  if (depth > depthMax) throw unfit(`${place.slice(0, 40)}…`, 'is within itself, or too deep')
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw unfit(place, `is ${value}`)
  } else if (Array.isArray(value)) {
    // By index: a hole is no value either.
    for (let i = 0; i < value.length; i++) checkJson(value[i], `${place}[${i}]`, depth + 1)
  } else if (isPlainObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      checkJson(inner, `${place}.${key}`, depth + 1)
    }
  } else throw unfit(place, `is ${nameOf(value)}`)
}

function isPlainObject(value: unknown): value is ConfigObject {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function nameOf(value: unknown): string {
  return typeof value === 'object' ? `a ${value?.constructor.name ?? 'class'}` : typeof value
}

function unfit(place: string, why: string): Error {
  return invalidArgument(
    `${place} ${why}, which JSON cannot say.`,
    'A config holds texts, numbers, booleans, null, arrays and plain objects.',
  )
}
