/**
 * Cuts a query into tokens.
 *
 * A word goes on until white space or one of `()=!<>,` or a quote, so `nlp/squad-v2` and `-1e-5`
 * are words; what a word means depends on where it stands and is the parser's matter. After a
 * dot a word may go on with a quoted key: `params."learning rate"`.
 */

import { queryError } from './query.ts'

export type WordToken = {
  readonly kind: 'word'
  /** As written. */
  readonly text: string
  /** What is between the dots, without quotes. */
  readonly parts: readonly string[]
  readonly at: number
}

export type Token =
  | WordToken
  | { readonly kind: 'string'; readonly value: string; readonly at: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly at: number }

const space = /\s+/y
const symbol = /[(),]|<>|[<>!=]=|[<>=]/y
const wordRun = /[^\s()=!<>,'"`.]+/y
const stringQuotes = `'"`
const keyQuotes = `"\``

/**
 * The tokens of a query; the last one is `end`.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a string that does not end, or a stray `!`.
 */
export function lex(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at += matchAt(space, text, at).length
    if (at >= text.length) return [...tokens, { kind: 'end', at }]
    const [token, end] = tokenAt(text, at)
    tokens.push(token)
    at = end
  }
}

/** The token that starts at `at`, and where it ends. */
function tokenAt(text: string, at: number): readonly [Token, number] {
  const found = matchAt(symbol, text, at)
  if (found !== '') return [{ kind: 'symbol', text: found, at }, at + found.length]
  if (stringQuotes.includes(text.charAt(at))) {
    const { value, end } = quotedAt(text, at)
    return [{ kind: 'string', value, at }, end]
  }
  return wordAt(text, at)
}

function wordAt(text: string, start: number): readonly [Token, number] {
  const parts = ['']
  let at = start
  for (;;) {
    const run = matchAt(wordRun, text, at)
    const isAfterDot = at > start && text.charAt(at - 1) === '.'
    if (run !== '') {
      parts.push(`${parts.pop() ?? ''}${run}`)
      at += run.length
    } else if (text.charAt(at) === '.') {
      parts.push('')
      at += 1
    } else if (isAfterDot && at < text.length && keyQuotes.includes(text.charAt(at))) {
      const quoted = quotedAt(text, at)
      parts.push(`${parts.pop() ?? ''}${quoted.value}`)
      at = quoted.end
    } else break
  }
  if (at === start) throw queryError(text, at, `${text.charAt(at)} means nothing here`)
  return [{ kind: 'word', text: text.slice(start, at), parts, at: start }, at]
}

/** A quoted text: the quote itself stands in it twice. */
function quotedAt(text: string, start: number): { readonly value: string; readonly end: number } {
  const quote = text.charAt(start)
  let value = ''
  let at = start + 1
  for (;;) {
    const end = text.indexOf(quote, at)
    if (end < 0) throw queryError(text, start, `the closing ${quote} is missing`)
    value += text.slice(at, end)
    if (text.charAt(end + 1) !== quote) return { value, end: end + 1 }
    value += quote
    at = end + 2
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}
