/** The servers a user is logged in to: log in, log out, ask who one is. */

import type { FileSystem } from '../../ports/file-system.ts'
import type { Environment } from '../environment.ts'
import type { ServerDoors } from './doors.ts'
import { findExisting } from './existing-configurations.ts'
import { login, type LoginParts } from './login.ts'
import { logout } from './logout.ts'
import type {
  ConfigurationListing,
  LoginRequest,
  LoginResult,
  LogoutRequest,
  LogoutResult,
  WhoamiResult,
} from './requests.ts'
import { SavedServers } from './saved-servers.ts'
import { whoami } from './whoami.ts'

export type AccountsParts = {
  readonly fs: FileSystem
  readonly environment: Environment
  readonly doors: ServerDoors
}

export class Accounts {
  readonly #parts: LoginParts

  constructor({ fs, environment, doors }: AccountsParts) {
    this.#parts = { fs, environment, doors, saved: new SavedServers(fs, environment) }
  }

  /**
   * Logs in to a server: it is asked first, and only a login that it takes is saved.
   *
   * @throws {MlstoreError} `REMOTE_REFUSED`, `REMOTE_UNAVAILABLE`: nothing is saved.
   * `INVALID_ARGUMENT` for a request that is not complete, or without anything to log in with;
   * `NOT_FOUND` for a configuration that is not there; `REFUSED` or `CORRUPT` for a file of logins
   * that others can read or that is damaged.
   */
  async login(
    request: LoginRequest = {},
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<LoginResult> {
    return login(this.#parts, request, options.signal)
  }

  /**
   * Forgets servers; without a choice the only one there is.
   *
   * @throws {MlstoreError} `NOT_FOUND`; `INVALID_ARGUMENT` when there are several to choose from.
   */
  async logout(
    request: LogoutRequest = {},
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<LogoutResult> {
    return logout(this.#parts.saved, request, options.signal)
  }

  /** The logins that would be used, of the environment and saved. */
  async whoami(): Promise<WhoamiResult> {
    return whoami(this.#parts.saved, this.#parts.environment)
  }

  /**
   * The configuration that a login without credentials uses, if there is one.
   *
   * @param choice.name Of a saved server.
   * @throws {MlstoreError} `INVALID_ARGUMENT` for a file of another tool that cannot be read;
   * `REFUSED`, `CORRUPT` for our own.
   */
  async existing(
    choice: Pick<LoginRequest, 'name' | 'existing'> = {},
  ): Promise<ConfigurationListing | undefined> {
    const found = findExisting(this.#parts, choice)
    if (found === undefined) return undefined
    const { source, path, url, user, attempt } = found
    const lacksPassword = attempt === undefined
    return { source, path, url: url?.href ?? null, user: user ?? null, lacksPassword }
  }
}
