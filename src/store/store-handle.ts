/**
 * StoreHandle: an open store without its use cases. Each of them says with which parts it starts.
 */

import type { LoadableParts, StoreParts } from './parts.ts'

export abstract class StoreHandle implements AsyncDisposable {
  /** @internal As they are, for what needs neither files nor what others wrote. */
  protected readonly parts: LoadableParts
  readonly #close: () => Promise<void>

  /** @internal Use `openStore`. */
  constructor(parts: LoadableParts, close: () => Promise<void>) {
    this.parts = parts
    this.#close = close
  }

  /** Absolute path of the `.mlstore` folder. */
  get directory(): string {
    return this.parts.layout.directory
  }

  /** Closes files and the catalog. Idempotent. */
  close(): Promise<void> {
    return this.#close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close()
  }

  /** @internal The parts, with a catalog that knows what other handles and processes wrote. */
  protected async ready(): Promise<StoreParts> {
    await this.parts.loadFiles()
    this.parts.catchUp()
    return this.parts
  }

  /** @internal The same for questions that the catalog answers alone. */
  protected known(): StoreParts {
    this.parts.catchUp()
    return this.parts
  }

  /** @internal As they are: for what checks or mends a store. */
  protected async raw(): Promise<StoreParts> {
    await this.parts.loadFiles()
    return this.parts
  }
}
