/**
 * An account on an Artifactory: whether the server is there, whether it takes a login, and a token
 * for a password.
 *
 * Nothing the server says is repeated in a message, since an answer may quote what it was sent.
 * Every question is asked once: somebody waits for the answer, and a wrong password that is
 * repeated locks accounts.
 */

import { isMlstoreError, MlstoreError } from '../../errors.ts'
import { type HttpClient, type HttpRequest, type HttpResponse, shownUrl } from '../http.ts'
import { securedUrl } from '../secured-url.ts'
import { type TokenClaims, tokenClaims } from './token-claims.ts'

export type AccountLogin =
  | { readonly how: 'password'; readonly username: string; readonly password: string }
  | { readonly how: 'token'; readonly token: string }
  | { readonly how: 'anonymous' }

export type AccountCheck = {
  /** Any URL on the server; only its origin counts. */
  readonly url: URL
  readonly login: AccountLogin
  readonly signal?: AbortSignal | undefined
}

/** A login that the server took. */
export type CheckedAccount = {
  /** The server: https where it sends those who ask with http. */
  readonly origin: string
  /** To be used from now on; `undefined` is anonymous. */
  readonly token: string | undefined
  readonly user: string | undefined
  /** From now, in seconds, where the server says it. */
  readonly expiresInSeconds: number | undefined
  /** When the token itself says that it ends. */
  readonly expiresAt: Date | undefined
  /** `undefined` where the login may not ask. */
  readonly version: string | undefined
}

type Grant = { readonly token: string; readonly expiresInSeconds: number | undefined }

const pingPath = '/artifactory/api/system/ping'

/** How long a token lasts that a password is exchanged for: 30 days. */
const tokenSeconds = 2_592_000

/**
 * Asks the server whether it takes the login; a password is exchanged for a token.
 *
 * @throws {MlstoreError} `REMOTE_REFUSED` when it does not, or is no Artifactory;
 * `REMOTE_UNAVAILABLE`, `INTERRUPTED`.
 */
export async function checkAccount(
  http: Pick<HttpClient, 'send'>,
  { url, login, signal }: AccountCheck,
): Promise<CheckedAccount> {
  const server = { http, url: await securedUrl(http, new URL(pingPath, url), signal), signal }
  const grant = login.how === 'password' ? await exchangePassword(server, login) : undefined
  const token = login.how === 'token' ? login.token : grant?.token
  await ping(server, token)
  const claims: TokenClaims = token === undefined ? {} : tokenClaims(token)
  return {
    origin: server.url.origin,
    token,
    user: login.how === 'password' ? login.username : claims.user,
    expiresInSeconds: grant?.expiresInSeconds,
    expiresAt: claims.expiresAt,
    version: await serverVersion(server, token),
  }
}

type Server = {
  readonly http: Pick<HttpClient, 'send'>
  readonly url: URL
  readonly signal: AbortSignal | undefined
}

async function ping(server: Server, token: string | undefined): Promise<void> {
  const response = await ask(server, pingPath, { headers: bearer(token) })
  await response.discard()
  if (response.status !== 200) throw refusal(server.url, response.status)
}

/** The token of a user name and a password. */
async function exchangePassword(
  server: Server,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<Grant> {
  const basic = Buffer.from(`${username}:${password}`).toString('base64')
  const response = await ask(server, '/access/api/v1/tokens', {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      scope: 'applied-permissions/user',
      expires_in: tokenSeconds,
      description: 'mlstore login',
    }),
  })
  if (response.status !== 200 && response.status !== 201) {
    await response.discard()
    throw refusal(server.url, response.status)
  }
  const answer = await response.json()
  const token = property(answer, 'access_token')
  if (typeof token !== 'string' || token === '') throw noArtifactory(server.url)
  const seconds = property(answer, 'expires_in')
  return { token, expiresInSeconds: typeof seconds === 'number' ? seconds : undefined }
}

/** Also the check of a token where anybody may ping. Anonymous users may not ask everywhere. */
async function serverVersion(
  server: Server,
  token: string | undefined,
): Promise<string | undefined> {
  const response = await ask(server, '/artifactory/api/system/version', { headers: bearer(token) })
  if (response.status !== 200) {
    await response.discard()
    if (response.status === 401 && token !== undefined) throw refusal(server.url, 401)
    return undefined
  }
  const version = property(await jsonOf(response), 'version')
  return typeof version === 'string' ? version : undefined
}

/** What it says of itself is not needed. */
async function jsonOf(response: HttpResponse): Promise<unknown> {
  try {
    return await response.json()
  } catch (error) {
    if (isMlstoreError(error, 'REMOTE_REFUSED')) return undefined
    throw error
  }
}

function ask(
  { http, url, signal }: Server,
  path: string,
  request: HttpRequest,
): Promise<HttpResponse> {
  return http.send(new URL(path, url.origin), { ...request, isRepeatable: false, signal })
}

function bearer(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

function refusal(url: URL, status: number): MlstoreError {
  const at = shownUrl(new URL(url.origin))
  if (status === 401 || status === 403) {
    return new MlstoreError('REMOTE_REFUSED', `${at} does not take this login (${status}).`, {
      hint: 'Check user name and password or token, and whether the account may make tokens.',
      details: { status },
    })
  }
  if (status >= 500 || status === 429) {
    return new MlstoreError('REMOTE_UNAVAILABLE', `${at} answered ${status}.`, {
      hint: 'Try again when the server is up.',
      details: { status },
    })
  }
  return noArtifactory(url, status)
}

function noArtifactory(url: URL, status?: number): MlstoreError {
  return new MlstoreError(
    'REMOTE_REFUSED',
    `${url.origin} does not answer as an Artifactory does.`,
    {
      hint: 'Check the URL; --kind says what the server is: artifactory, s3 or store.',
      details: status === undefined ? {} : { status },
    },
  )
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
