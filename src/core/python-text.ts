/**
 * Values as Python writes them: `str()` and `repr()` of JSON values, and the reading back.
 *
 * Python programs that keep a value in a text field (a tag of MLflow) mostly write `str(value)`:
 * `{'lr': 0.1, 'early': True, 'seed': None}`. To share such fields with them, the same text has to
 * be written, and theirs understood. Text itself is written as it is, so that what was read may
 * have been text or not: only the caller can know.
 */

import { isJsonArray, type UserObject, type UserValue } from './canonical-json.ts'

/** How deep a literal may be nested; deeper is left as the text it is. */
const depthMax = 64

/** What `str(value)` gives in Python: text as it is, everything else as its `repr`. */
export function pythonStr(value: UserValue): string {
  return typeof value === 'string' ? value : pythonRepr(value)
}

/**
 * What `repr(value)` gives in Python.
 *
 * Whole numbers are written as `int` while they are exact, all others as `float`.
 */
export function pythonRepr(value: UserValue): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return numberRepr(value)
  if (typeof value === 'string') return textRepr(value)
  if (isJsonArray(value)) return `[${value.map(pythonRepr).join(', ')}]`
  const items = Object.entries(value).map(([key, item]) => `${textRepr(key)}: ${pythonRepr(item)}`)
  return `{${items.join(', ')}}`
}

/**
 * Reads a Python literal: `None`, a truth value, a number, a string, a list, a tuple (as an array)
 * or a dict (its keys as text).
 *
 * @returns `undefined` when the text is no such literal, when it is nested deeper than 64, and when
 * a whole number in it would lose digits: the text is then all that is known.
 */
export function parsePythonLiteral(text: string): UserValue | undefined {
  try {
    return new LiteralReader(text).whole()
  } catch (error) {
    if (error instanceof NotLiteral) return undefined
    throw error
  }
}

/** Python changes to exponents at 1e16 and below 1e-4, with two digits at least. */
function numberRepr(number: number): string {
  if (Number.isNaN(number)) return 'nan'
  if (!Number.isFinite(number)) return number > 0 ? 'inf' : '-inf'
  if (Object.is(number, -0)) return '-0.0'
  if (Number.isSafeInteger(number)) return String(number)
  const [mantissa = '', exponentText = ''] = number.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, '0')
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`
  }
  // Between 1e-6 and 1e21 JavaScript writes the digits out, too.
  const plain = String(number)
  return plain.includes('.') ? plain : `${plain}.0`
}

const namedEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  // Control, format, private and unassigned characters, and every space but the plain one.
  const escaped = text.replaceAll(/[\\\p{C}]|(?! )\p{Z}/gu, escapeOf)
  return `${quote}${escaped.replaceAll(quote, `\\${quote}`)}${quote}`
}

function escapeOf(character: string): string {
  const named = namedEscapes[character]
  if (named !== undefined) return named
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** Ends a reading; it never leaves this file. */
class NotLiteral extends Error {}

const words: ReadonlyMap<string, null | boolean | number> = new Map<
  string,
  null | boolean | number
>([
  ['None', null],
  ['True', true],
  ['False', false],
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
])

const escapedCharacters: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
}

const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** Recursive descent; `#at` is the position of the next character. */
class LiteralReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): UserValue {
    this.#space()
    const value = this.#value(0)
    this.#space()
    if (this.#at < this.#text.length) throw new NotLiteral()
    return value
  }

  #value(depth: number): UserValue {
    if (depth > depthMax) throw new NotLiteral()
    const next = this.#text[this.#at]
    if (next === "'" || next === '"') return this.#string(next)
    if (next === '[') return this.#items(']', depth)
    if (next === '(') return this.#tuple(depth)
    if (next === '{') return this.#dict(depth)
    return this.#word()
  }

  /** A number or one of the words. */
  #word(): null | boolean | number {
    const pattern = /-?(?:[A-Za-z]+|[0-9.]+(?:e[+-]?\d+)?)/y
    const word = this.#match(pattern)
    const known = words.get(word)
    if (known !== undefined) return known
    if (/^-?(?:0|[1-9]\d*)$/.test(word)) return exactInteger(word)
    if (/^-?(?:\d+\.\d*|\.\d+|\d+(?=e))(?:e[+-]?\d+)?$/.test(word)) return Number(word)
    throw new NotLiteral()
  }

  #string(quote: string): string {
    this.#at += 1
    let text = ''
    for (;;) {
      const next = this.#text[this.#at]
      if (next === undefined || next === '\n') throw new NotLiteral()
      this.#at += 1
      if (next === quote) return text
      text += next === '\\' ? this.#escaped() : next
    }
  }

  #escaped(): string {
    const kind = this.#match(/[^]/y)
    const simple = escapedCharacters[kind]
    if (simple !== undefined) return simple
    const digits = hexDigits[kind]
    if (digits === undefined) throw new NotLiteral()
    const code = Number.parseInt(this.#match(new RegExp(`[0-9A-Fa-f]{${digits}}`, 'y')), 16)
    if (code > 0x10_ffff) throw new NotLiteral()
    return String.fromCodePoint(code)
  }

  /** Brackets around one value only group it; a comma makes the tuple. */
  #tuple(depth: number): UserValue {
    const start = this.#at
    const items = this.#items(')', depth)
    const [only] = items
    const isGroup = items.length === 1 && !/,\s*\)$/.test(this.#text.slice(start, this.#at))
    return isGroup && only !== undefined ? only : items
  }

  #items(end: string, depth: number): UserValue[] {
    const items: UserValue[] = []
    this.#separated(end, () => items.push(this.#value(depth + 1)))
    return items
  }

  #dict(depth: number): UserObject {
    const entries: [string, UserValue][] = []
    this.#separated('}', () => {
      const key = this.#value(depth + 1)
      if (typeof key === 'object' && key !== null) throw new NotLiteral()
      this.#space()
      this.#match(/:/y)
      this.#space()
      entries.push([pythonStr(key), this.#value(depth + 1)])
    })
    const dict = Object.fromEntries(entries)
    // `{1: 'a', '1': 'b'}` are two keys there and would be one here.
    if (Object.keys(dict).length < entries.length) throw new NotLiteral()
    return dict
  }

  /** What stands between the opening character and `end`, with a comma after all but the last. */
  #separated(end: string, readItem: () => void): void {
    this.#at += 1
    this.#space()
    while (this.#text[this.#at] !== end) {
      readItem()
      this.#space()
      if (this.#text[this.#at] === end) break
      this.#match(/,/y)
      this.#space()
    }
    this.#at += 1
  }

  #space(): void {
    this.#match(/\s*/y)
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    if (found === undefined) throw new NotLiteral()
    this.#at = pattern.lastIndex
    return found
  }
}

function exactInteger(text: string): number {
  const number = Number(text)
  // Python knows no negative zero among the whole numbers.
  if (Number.isSafeInteger(number)) return number === 0 ? 0 : number
  throw new NotLiteral()
}
