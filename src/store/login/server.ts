/**
 * Servers and ways to log in to them, with their secrets: these types stay inside.
 *
 * A secret goes to the server it was given for and to no other, so what makes two URLs the same
 * server is decided here alone: the same origin, so that nothing goes out by `http:` that `https:`
 * was trusted with.
 */

import { invalidArgument } from '../../errors.ts'

export type TokenServer = {
  readonly kind: 'artifactory' | 'store'
  readonly name: string
  readonly url: string
  readonly user: string | undefined
  /** `undefined` is anonymous. */
  readonly token: string | undefined
  readonly expiresAt: string | undefined
}

export type S3Keys = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export type S3Access = S3Keys | { readonly profile: string }

export type KeyServer = {
  readonly kind: 's3'
  readonly name: string
  /** `undefined` is AWS. */
  readonly url: string | undefined
  readonly access: S3Access
}

/** A server as it is saved. */
export type SavedServer = TokenServer | KeyServer

export type PasswordLogin = {
  readonly how: 'password'
  readonly username: string
  readonly password: string
}
export type TokenLogin = {
  readonly how: 'token'
  readonly token: string
  /** As a configuration said it, for a token that does not tell. */
  readonly user?: string | undefined
  readonly expiresAt?: string | undefined
}
export type ArtifactoryLogin = PasswordLogin | TokenLogin | { readonly how: 'anonymous' }

/** A login that can be tried: everything it needs is there. */
export type LoginAttempt =
  | { readonly kind: 'artifactory'; readonly url: URL; readonly login: ArtifactoryLogin }
  /** `unknown`: the server has to say what it is. */
  | { readonly kind: 'store' | 'unknown'; readonly url: URL; readonly login: TokenLogin }
  | {
      readonly kind: 's3'
      readonly url: URL | undefined
      readonly access: S3Access
      readonly bucket: string | undefined
    }

/** @throws {MlstoreError} `INVALID_ARGUMENT`; the text is not repeated where it holds a secret. */
export function parseServerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalidArgument('The URL of the server is no http(s) URL.', 'Write https://HOST.')
  }
  if (url.username !== '' || url.password !== '') {
    throw invalidArgument(
      'The URL of the server may hold no user name and no password.',
      'Give them with --username and --password-stdin.',
    )
  }
  url.search = ''
  url.hash = ''
  return url
}

/** One text for each server, however its URL is written. */
export function serverKey(kind: SavedServer['kind'], url: URL | undefined): string {
  if (url === undefined || (kind === 's3' && isAws(url))) return 'aws'
  return kind === 'artifactory' ? url.origin : url.origin + trimmedPath(url)
}

/**
 * The URL, if a token of the server may be sent there.
 *
 * One that was written with `http:` becomes `https:` when that is what the login was for.
 *
 * @returns `undefined` when it is another server.
 */
export function urlAt({ kind, url }: TokenServer, asked: URL): URL | undefined {
  const server = new URL(url)
  const isUpgrade = server.protocol === 'https:' && asked.protocol === 'http:' && asked.port === ''
  const meant = new URL(asked)
  if (isUpgrade) meant.protocol = 'https:'
  if (server.origin !== meant.origin) return undefined
  const isBelow = `${trimmedPath(meant)}/`.startsWith(`${trimmedPath(server)}/`)
  return kind === 'artifactory' || isBelow ? meant : undefined
}

/** The key of a saved server. */
export function keyOf({ kind, url }: SavedServer): string {
  return serverKey(kind, url === undefined ? undefined : new URL(url))
}

/** One secret for all regions. China's AWS is another one, with accounts of its own. */
function isAws({ hostname }: URL): boolean {
  return hostname.endsWith('.amazonaws.com')
}

function trimmedPath({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '')
}
