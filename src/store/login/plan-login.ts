/**
 * What a login request asks for. Pure: the request in, an attempt out, or what is wrong with it.
 *
 * Half of a pair, two ways at once and an empty secret (an unset variable of a script) are errors:
 * guessing what was meant would save a login that is not the one that was wanted.
 */

import { invalidArgument } from '../../errors.ts'
import type { LoginRequest } from './requests.ts'
import {
  type ArtifactoryLogin,
  type LoginAttempt,
  parseServerUrl,
  type S3Access,
  type TokenLogin,
} from './server.ts'

/** Fields of one way to log in, those that must be there first. */
const ways = {
  password: { needs: ['username', 'password'], takes: [] },
  token: { needs: ['token'], takes: [] },
  keys: { needs: ['accessKeyId', 'secretAccessKey'], takes: ['sessionToken'] },
  profile: { needs: ['profile'], takes: [] },
} as const

type Way = keyof typeof ways
type Field = (typeof ways)[Way]['needs' | 'takes'][number]

/** As a request's fields are given on the command line. */
const flags: Readonly<Record<Field, string>> = {
  username: '--username',
  password: '--password-stdin',
  token: '--token-stdin',
  accessKeyId: '--access-key',
  secretAccessKey: '--secret-key-stdin',
  sessionToken: '--session-token',
  profile: '--profile',
}

/**
 * The attempt that the request describes.
 *
 * @returns `undefined` when it names no way to log in: a configuration that is there may.
 * @throws {MlstoreError} `INVALID_ARGUMENT`, naming what is missing or too much.
 */
export function planLogin(request: LoginRequest): LoginAttempt | undefined {
  const way = wayOf(request)
  if (way === undefined) return undefined
  const url = request.url === undefined ? undefined : parseServerUrl(request.url)
  if (way === 'keys' || way === 'profile') {
    refuseKind(request, ['s3'], way)
    const access = way === 'keys' ? keysOf(request) : { profile: secretOf(request, 'profile') }
    return { kind: 's3', url, access, bucket: request.bucket }
  }
  if (url === undefined) throw invalidArgument('The URL of the server is missing.', 'Give --url.')
  if (request.bucket !== undefined) throw invalidArgument('--bucket goes with the keys of S3.')
  if (way === 'token') return tokenAttempt(request, url)
  refuseKind(request, ['artifactory'], way)
  return { kind: 'artifactory', url, login: artifactoryLogin(request, way) }
}

function tokenAttempt(request: LoginRequest, url: URL): LoginAttempt {
  refuseKind(request, ['artifactory', 'store'], 'token')
  const login: TokenLogin = { how: 'token', token: secretOf(request, 'token') }
  const kind = request.kind === 's3' ? undefined : request.kind
  return kind === 'artifactory' ? { kind, url, login } : { kind: kind ?? 'unknown', url, login }
}

function artifactoryLogin(request: LoginRequest, way: 'password' | 'anonymous'): ArtifactoryLogin {
  if (way === 'anonymous') return { how: 'anonymous' }
  const [username, password] = [secretOf(request, 'username'), secretOf(request, 'password')]
  return { how: 'password', username, password }
}

function keysOf(request: LoginRequest): S3Access {
  return {
    accessKeyId: secretOf(request, 'accessKeyId'),
    secretAccessKey: secretOf(request, 'secretAccessKey'),
    ...(request.sessionToken !== undefined && { sessionToken: secretOf(request, 'sessionToken') }),
  }
}

/** The one way that the request goes; checks that it is one, and whole. */
function wayOf(request: LoginRequest): Way | 'anonymous' | undefined {
  const named: (Way | 'anonymous')[] = wayNames.filter((way) => isTouched(request, way))
  if (request.anonymous === true) named.push('anonymous')
  const [way, second] = named
  if (second !== undefined) {
    throw invalidArgument(
      `There are several ways to log in: ${named.join(', ')}.`,
      'Give one of them.',
    )
  }
  if (way === undefined || way === 'anonymous') return way
  const missing = ways[way].needs.find((field) => request[field] === undefined)
  if (missing === undefined) return way
  throw invalidArgument(
    `The login by ${way} is not complete: ${flags[missing]} is missing.`,
    `Give ${ways[way].needs.map((field) => flags[field]).join(' and ')}.`,
  )
}

const wayNames: readonly Way[] = ['password', 'token', 'keys', 'profile']

function isTouched(request: LoginRequest, way: Way): boolean {
  return [...ways[way].needs, ...ways[way].takes].some((field) => request[field] !== undefined)
}

/** What can stand in a header; the value is not repeated. */
function secretOf(request: LoginRequest, field: Field): string {
  const value = request[field]
  if (value === undefined || value === '') throw invalidArgument(`${flags[field]} is empty.`)
  const mayBeAnything = field === 'password' || field === 'username'
  if (mayBeAnything || /^[\x21-\x7e]+$/.test(value) || field === 'profile') return value
  throw invalidArgument(`${flags[field]} holds a character that none of its kind has.`)
}

function refuseKind(
  { kind }: LoginRequest,
  fits: readonly LoginRequest['kind'][],
  way: Way | 'anonymous',
): void {
  if (kind === undefined || fits.includes(kind)) return
  const hint =
    kind === 's3'
      ? 'An S3 endpoint takes --access-key and --secret-key-stdin, or --profile; for a public bucket use `mlstore remote add --anonymous`.'
      : `A server of the kind ${kind} takes a token${kind === 'artifactory' ? ', or a user name and a password' : ''}.`
  throw invalidArgument(`A login by ${way} is none of the kind ${kind}.`, hint)
}
