/** Metric values as text: what a command line, a pipe or a file may say a number is. */

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

const words: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Infinity],
  ['infinity', Infinity],
])

/**
 * The number that a text means: `0.1`, `1e-5`, and NaN and the infinities in any spelling that
 * a language prints them in (`nan`, `-inf`, `Infinity`). `undefined`: it means none.
 */
export function parseMetricValue(text: string): number | undefined {
  const trimmed = text.trim()
  if (decimal.test(trimmed)) return Number(trimmed)
  const [, sign, word] = /^([+-]?)([a-z]+)$/i.exec(trimmed) ?? []
  const value = words.get(word?.toLowerCase() ?? '')
  return value !== undefined && sign === '-' ? -value : value
}
