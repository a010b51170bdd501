/** The two spellings of a field: `modelType` in TypeScript, `model_type` in JSON and Python. */

export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export function camelCase(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** The variable of the environment that sets a field: `MODEL_TYPE`. */
export function variableName(name: string): string {
  return snakeCase(name).toUpperCase()
}
