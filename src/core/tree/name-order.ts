/**
 * The one order of names and paths in a tree: by the bytes of their UTF-8.
 *
 * JavaScript compares UTF-16 code units, which differs only where a surrogate pair (a character
 * beyond U+FFFF) meets a character from U+E000 to U+FFFF. So units are compared as they stand
 * and only the first difference is weighed.
 */

/** Compares names by their UTF-8 bytes, the order of entries: negative, zero or positive. */
export function compareNames(a: string, b: string): number {
  return comparePaths(a, b)
}

/**
 * Compares paths in tree order: name by name, so that all of a directory is together.
 *
 * That is the order of their UTF-8 bytes with the slash before everything else.
 */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i += 1) {
    const unitA = a.charCodeAt(i)
    const unitB = b.charCodeAt(i)
    if (unitA !== unitB) return weightOf(unitA) - weightOf(unitB)
  }
  return a.length - b.length
}

const slash = 0x2f
const firstSurrogate = 0xd800
const afterSurrogates = 0xe000
const unitCount = 0x10000

/**
 * Where a UTF-16 unit stands among the others in UTF-8. Surrogates make up the characters
 * beyond U+FFFF, which UTF-8 puts behind all others; as units they stand before U+E000.
 */
function weightOf(unit: number): number {
  if (unit < firstSurrogate) return unit === slash ? 0 : unit
  return unit < afterSurrogates ? unit + unitCount : unit
}
