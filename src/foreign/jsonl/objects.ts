/**
 * JSON objects one after the other, from text in pieces: a line each, or the elements of an array.
 *
 * An object ends where its braces do, so both forms, and objects that are spread over lines, are
 * read by the same few rules, and only one object is held at a time.
 */

import { invalidArgument } from '../../errors.ts'

/** The text of an object, and the line it begins in. */
export type ObjectText = { readonly text: string; readonly line: number }

/** A single object is at most so long. */
const charactersMax = 256 * 1024 * 1024

/** @throws {MlstoreError} `INVALID_ARGUMENT` at what is no object, naming the line. */
export async function* objectsIn(
  input: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<ObjectText> {
  const splitter = new Splitter(name)
  const decoder = new TextDecoder('utf-8')
  for await (const bytes of input) yield* splitter.take(decoder.decode(bytes, { stream: true }))
  yield* splitter.take(decoder.decode())
  splitter.end()
}

class Splitter {
  readonly #name: string
  #line = 1
  #firstLine = 1
  #depth = 0
  #inString = false
  #isEscaped = false
  /** What of the open object came with earlier pieces. */
  #open = ''

  constructor(name: string) {
    this.#name = name
  }

  *take(text: string): Generator<ObjectText> {
    const marks = /["\\{}\n]|[^\s,[\]]/g
    let start = 0
    let at = 0
    while (at < text.length) {
      marks.lastIndex = at
      const found = this.#next(marks, text)
      if (found === undefined) break
      at = found + 1
      if (this.#depth === 0) start = found
      if (!this.#step(text[found] ?? '')) continue
      yield { text: this.#open + text.slice(start, at), line: this.#firstLine }
      this.#open = ''
      start = at
    }
    if (this.#depth > 0) this.#open += text.slice(start)
    if (this.#open.length > charactersMax) throw this.#refusal('is too large')
  }

  end(): void {
    if (this.#depth > 0) throw this.#refusal('is not complete')
  }

  /** The next character that means something where we are. */
  #next(marks: RegExp, text: string): number | undefined {
    if (this.#isEscaped) return marks.lastIndex
    if (this.#depth === 0) return marks.exec(text)?.index
    const inside = this.#inString ? /["\\\n]/g : /["{}\n]/g
    inside.lastIndex = marks.lastIndex
    return inside.exec(text)?.index
  }

  /** Whether the character ends an object. */
  #step(character: string): boolean {
    if (character === '\n') this.#line += 1
    if (this.#isEscaped) this.#isEscaped = false
    else if (this.#inString) {
      if (character === '\\') this.#isEscaped = true
      else if (character === '"') this.#inString = false
    } else if (character === '"' && this.#depth > 0) this.#inString = true
    else if (character === '{') this.#enter()
    else if (character === '}' && this.#depth > 0) {
      this.#depth -= 1
      return this.#depth === 0
    } else if (character !== '\n') {
      this.#firstLine = this.#line
      throw this.#refusal(`begins with ${JSON.stringify(character)}: it is no JSON object`)
    }
    return false
  }

  #enter(): void {
    if (this.#depth === 0) this.#firstLine = this.#line
    this.#depth += 1
  }

  #refusal(problem: string): Error {
    return invalidArgument(`${this.#name}: what begins in line ${this.#firstLine} ${problem}.`)
  }
}
