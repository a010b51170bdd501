/**
 * A text that is not to be seen: a token, a password.
 *
 * Whatever prints, clones or writes values gets `[secret]` or nothing of it. The text leaves by
 * `reveal` alone, so a search for that word finds every place where it does.
 */

const shown = '[secret]'

export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself, for the one place that sends it. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }

  static {
    // What `util.inspect`, and with it every debugger, prints.
    const inspected = Symbol.for('nodejs.util.inspect.custom')
    Object.defineProperty(Secret.prototype, inspected, { value: () => shown })
  }
}
