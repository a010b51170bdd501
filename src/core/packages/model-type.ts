/**
 * The type of a model: framework, its version, serialization format, runtime, its version.
 *
 * All five must be said, and nothing else. The names may be written as FrogML does
 * (`framework_version`) or as TypeScript does (`frameworkVersion`), as an object or as JSON text.
 */

import { invalidArgument, type MlstoreError } from '../../errors.ts'
import type { ModelType } from './package.ts'

/** The five fields, in the spelling of manifests. */
export type WireModelType = {
  readonly framework: string
  readonly framework_version: string
  readonly serialization_format: string
  readonly runtime: string
  readonly runtime_version: string
}

/** What callers may give. */
export type GivenModelType = ModelType | WireModelType | string

const wireNames: Readonly<Record<keyof ModelType, keyof WireModelType>> = {
  framework: 'framework',
  frameworkVersion: 'framework_version',
  serializationFormat: 'serialization_format',
  runtime: 'runtime',
  runtimeVersion: 'runtime_version',
}

/** Whether all five fields are there, in the spelling of manifests. */
export function isModelType(given: object): boolean {
  const texts = Object.entries(given).filter(
    ([, value]) => typeof value === 'string' && value !== '',
  )
  const names = new Set(texts.map(([name]) => name))
  const wanted = Object.values(wireNames)
  return wanted.every((name) => names.has(name)) && Object.keys(given).length === wanted.length
}

/** @throws {MlstoreError} `INVALID_ARGUMENT`, naming every field that is missing or unknown. */
export function parseModelType(given: unknown): ModelType {
  const fields = new Map(Object.entries(objectOf(given)))
  const problems: string[] = []
  const take = (name: keyof ModelType): string => {
    const wire = wireNames[name]
    const values = [...new Set([name, wire])].filter((each) => fields.has(each))
    const value = fields.get(values[0] ?? wire)
    for (const each of values) fields.delete(each)
    if (typeof value === 'string' && value !== '' && values.length === 1) return value
    problems.push(problemOf(wire, value, values.length))
    return ''
  }
  const modelType = {
    framework: take('framework'),
    frameworkVersion: take('frameworkVersion'),
    serializationFormat: take('serializationFormat'),
    runtime: take('runtime'),
    runtimeVersion: take('runtimeVersion'),
  }
  problems.push(...[...fields.keys()].map((name) => `${name} is unknown`))
  if (problems.length === 0) return modelType
  throw wrong(`The model's type is not complete: ${problems.join('; ')}.`)
}

/** As manifests write it. */
export function wireModelType(type: ModelType): WireModelType {
  return {
    framework: type.framework,
    framework_version: type.frameworkVersion,
    serialization_format: type.serializationFormat,
    runtime: type.runtime,
    runtime_version: type.runtimeVersion,
  }
}

function problemOf(name: string, value: unknown, spellings: number): string {
  if (spellings > 1) return `${name} is given in two spellings`
  if (value === undefined) return `${name} is missing`
  return value === '' ? `${name} is empty` : `${name} is no text`
}

function objectOf(given: unknown): object {
  if (given === undefined || given === null) throw wrong("model_type can't be 'None'.")
  const value = typeof given === 'string' ? parseText(given) : given
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw wrong('The model type is no object.')
}

function parseText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch (error) {
    if (error instanceof SyntaxError) throw wrong('The model type is no JSON.')
    throw error
  }
}

function wrong(message: string): MlstoreError {
  return invalidArgument(message, `Give all five: ${Object.values(wireNames).join(', ')}.`)
}
