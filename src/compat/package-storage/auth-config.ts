/**
 * AuthConfig: who asks an Artifactory, said in code.
 *
 * Better not: what `mlstore login` saved, or the environment, is used without it. The secret is
 * left out of JSON and of what `inspect` shows.
 */

import { Secret } from '../../core/secret.ts'
import { invalidArgument } from '../../errors.ts'

export class AuthConfig {
  /** Of the server, such as `https://myorg.jfrog.io`. */
  readonly url: URL
  readonly username: string | undefined
  readonly #password: Secret | undefined
  readonly #token: Secret | undefined
  /** Whether nobody is to be named. */
  readonly isAnonymous: boolean

  private constructor(url: string, who: Who) {
    this.url = serverUrl(url)
    this.username = who.username
    this.#password = who.password
    this.#token = who.token
    this.isAnonymous = who.isAnonymous ?? false
  }

  /** By user name and password. */
  static byBasicAuth(url: string, username: string, password: string): AuthConfig {
    if (username === '' || password === '') {
      throw invalidArgument('A user name and a password are needed.', 'Or use a token.')
    }
    return new AuthConfig(url, { username, password: new Secret(password) })
  }

  static byAccessToken(url: string, token: string): AuthConfig {
    if (token === '') throw invalidArgument('The access token is empty.', 'Make one on the server.')
    return new AuthConfig(url, { token: new Secret(token) })
  }

  static anonymous(url: string): AuthConfig {
    return new AuthConfig(url, { isAnonymous: true })
  }

  /** The URL alone: the rest is of the environment, or was saved by `mlstore login`. */
  static byUrl(url: string): AuthConfig {
    return new AuthConfig(url, {})
  }

  /** @internal With its secrets, for the one place that sends them. */
  reveal(): {
    readonly username: string | undefined
    readonly password: string | undefined
    readonly token: string | undefined
    readonly anonymous: boolean
  } {
    const { username, isAnonymous: anonymous } = this
    return {
      username,
      password: this.#password?.reveal(),
      token: this.#token?.reveal(),
      anonymous,
    }
  }
}

type Who = {
  readonly username?: string
  readonly password?: Secret
  readonly token?: Secret
  readonly isAnonymous?: boolean
}

function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url === undefined || !isHttp) {
    throw invalidArgument('That is no URL of a server.', 'Write it as https://myorg.jfrog.io.')
  }
  if (url.username === '' && url.password === '') return url
  throw invalidArgument(
    'The URL holds a user or a password.',
    'Give them apart: AuthConfig.byBasicAuth(url, user, password).',
  )
}
