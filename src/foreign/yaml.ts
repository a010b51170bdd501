/**
 * Reading YAML that other tools wrote, with the library loaded only when there is some.
 *
 * Scalars stay text, but for null: writers and readers of YAML disagree about which plain text is
 * a number (`1e5`, a digest of digits), and whoever wants a number says so.
 */

import { invalidArgument } from '../errors.ts'

export type YamlObject = Readonly<Record<string, unknown>>

/** Reads the text of a file as a mapping; an empty file is an empty one. */
export type YamlReader = (text: string, path: string) => YamlObject

/** Loads the library. What it reads: `INVALID_ARGUMENT` names the file that cannot be read. */
export async function loadYaml(): Promise<YamlReader> {
  const { parse } = await import('yaml')
  return (text, path) => {
    const value = parsed(
      () => parse(text, { schema: 'failsafe', customTags: ['null'], logLevel: 'error' }),
      path,
    )
    if (value === null || value === undefined) return {}
    if (isYamlObject(value)) return value
    throw invalidArgument(`${path} is not a YAML mapping.`)
  }
}

function parsed(parse: () => unknown, path: string): unknown {
  try {
    return parse()
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : ''
    throw invalidArgument(`${path} is not YAML: ${why}`)
  }
}

export function isYamlObject(value: unknown): value is YamlObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The mappings of a list; other things in it, and what is no list, count as nothing. */
export function yamlObjects(value: unknown): YamlObject[] {
  return Array.isArray(value) ? value.filter(isYamlObject) : []
}

/** A scalar as text; `undefined` for null, lists and mappings, and where there is nothing. */
export function yamlText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A scalar as a number; `undefined` if it is none. */
export function yamlNumber(value: unknown): number | undefined {
  const text = yamlText(value)
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(number) ? number : undefined
}
