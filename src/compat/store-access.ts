/**
 * StoreAccess: the store that a client of another system's words stands on.
 *
 * Either the caller's, which stays open, or the one found upward from the working directory: opened
 * by the first use, closed by `close`, and opened again by a use after that.
 */

import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { isMlstoreError } from '../errors.ts'
import type { Environment } from '../store/environment.ts'
import { findStoreDirectory, initStore, openStore } from '../store/open.ts'
import type { StoreApi } from '../store/store.ts'
import { systemEnvironment } from '../store/system-environment.ts'

export type StoreAccessOptions = {
  /** An open store. It is not closed. Default: opened at first use. */
  readonly store?: StoreApi | undefined
  /** The folder that holds `.mlstore`, or that folder itself. Default: found upward from `cwd`. */
  readonly storeDirectory?: string | undefined
  /** Default: the environment's working directory. */
  readonly cwd?: string | undefined
  /** Makes a store, there, if there is none. Default: false, which is `STORE_MISSING`. */
  readonly createStore?: boolean | undefined
  /** Default: that of this process. */
  readonly environment?: Environment | undefined
}

export class StoreAccess {
  readonly environment: Environment
  /** Absolute. */
  readonly cwd: string
  readonly #options: StoreAccessOptions
  #opened: Promise<StoreApi> | undefined

  constructor(options: StoreAccessOptions) {
    this.#options = options
    this.environment = options.environment ?? systemEnvironment()
    this.cwd = resolve(this.environment.cwd, options.cwd ?? '')
  }

  /**
   * Where the store is, or will be, as a `file:` URL.
   *
   * @throws {MlstoreError} `STORE_MISSING`
   */
  get url(): string {
    return pathToFileURL(this.#options.store?.directory ?? this.#directory()).href
  }

  /** @throws {MlstoreError} What `openStore` throws. */
  open(): Promise<StoreApi> {
    if (this.#options.store !== undefined) return Promise.resolve(this.#options.store)
    this.#opened ??= this.#open().catch((error: unknown) => {
      // It can be tried again.
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }

  /** Closes what was opened here. Idempotent. */
  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await (await opened)?.close()
  }

  async #open(): Promise<StoreApi> {
    const { storeDirectory, createStore = false } = this.#options
    const options = { environment: this.environment, cwd: this.cwd, storeDirectory }
    try {
      return await openStore(options)
    } catch (error) {
      if (!createStore || !isMlstoreError(error, 'STORE_MISSING')) throw error
      await initStore(this.#home(), this.environment)
      return openStore(options)
    }
  }

  #directory(): string {
    const { storeDirectory, createStore = false } = this.#options
    try {
      return findStoreDirectory({ cwd: this.cwd, storeDirectory, environment: this.environment })
    } catch (error) {
      if (!createStore || !isMlstoreError(error, 'STORE_MISSING')) throw error
      return join(this.#home(), '.mlstore')
    }
  }

  #home(): string {
    return resolve(this.cwd, this.#options.storeDirectory ?? '')
  }
}
