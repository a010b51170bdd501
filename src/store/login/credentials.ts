/**
 * Which credentials go to a server: given in code, else of the environment, else saved by
 * `mlstore login`. The first complete ones win.
 *
 * Half of a pair is an error that names the missing half, never a step to the next source: it
 * would act as somebody else. Credentials found for another server than the one asked for are
 * passed over. Nothing found is an error that lists where was looked, and never anonymous:
 * that is said by `mlstore login --anonymous`, or in code.
 */

import { invalidArgument, notFound } from '../../errors.ts'
import { NodeFileSystem } from '../../objects/node-file-system.ts'
import type { Environment } from '../environment.ts'
import { SavedServers } from './saved-servers.ts'
import { parseServerUrl, type TokenServer, urlAt } from './server.ts'
import type { ServerList } from './servers-codec.ts'

/** What the caller gives; a URL alone is completed from the environment or the saved login. */
export type GivenCredentials = {
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
  readonly anonymous?: boolean | undefined
}

/** Credentials for one server. The secret is left out of JSON and of what `inspect` shows. */
export class ServerCredentials {
  readonly url: URL
  /** Where they were found, in words. */
  readonly from: string
  readonly #authorization: string | undefined

  constructor(url: URL, from: string, authorization: string | undefined) {
    this.url = url
    this.from = from
    this.#authorization = authorization
  }

  /** The header of that name; `undefined` is anonymous. */
  get authorization(): string | undefined {
    return this.#authorization
  }
}

/** Pairs of variables, the first set one wins. */
const pairs = [
  { url: 'MLSTORE_URL', token: 'MLSTORE_TOKEN' },
  { url: 'JF_URL', token: 'JF_ACCESS_TOKEN' },
] as const

/** A source had nothing; why. */
type Miss = { readonly miss: string }

/**
 * Finds the credentials for a server.
 *
 * @param url The server asked for. `undefined`: the one that the environment names, else the
 * default of those saved.
 * @throws {MlstoreError} `NOT_FOUND`, listing where was looked; `INVALID_ARGUMENT` for half of a
 * pair; as `SavedServers.read` for a file that cannot be used.
 */
export async function credentialsFor(
  url: URL | undefined,
  environment: Environment,
  given: GivenCredentials = {},
): Promise<ServerCredentials> {
  const misses: string[] = []
  const sources = [
    () => fromCode(url, given),
    ...pairs.map((pair) => () => fromVariables(pair, url, environment.env)),
    () => fromSaved(url, new SavedServers(new NodeFileSystem(), environment)),
  ]
  for (const source of sources) {
    const found = source()
    if (found instanceof ServerCredentials) return found
    misses.push(found.miss)
  }
  const of = url === undefined ? 'a server of packages' : url.origin
  throw notFound(
    `No credentials for ${of}. Looked at: ${misses.join('; ')}.`,
    `Run \`mlstore login --url ${url?.origin ?? 'URL'}\`, or set JF_URL and JF_ACCESS_TOKEN.`,
  )
}

/** The header that a user name and a password make. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function fromCode(url: URL | undefined, given: GivenCredentials): ServerCredentials | Miss {
  const said = saidInCode(given)
  if (said === undefined) {
    return { miss: url === undefined ? 'the code (nothing given)' : 'the code (a URL alone)' }
  }
  if (url === undefined) throw invalidArgument('The credentials lack the URL of their server.')
  return new ServerCredentials(url, 'the code', said.authorization)
}

/** `undefined` when nothing was said, which is not the same as anonymous. */
function saidInCode({
  username,
  password,
  token,
  anonymous,
}: GivenCredentials): { readonly authorization: string | undefined } | undefined {
  if (token !== undefined) return { authorization: bearer(token) }
  if (username !== undefined && password !== undefined) {
    return { authorization: basicAuthorization(username, password) }
  }
  if (username !== undefined) throw halfGiven('password')
  if (password !== undefined) throw halfGiven('user name')
  return anonymous === true ? { authorization: undefined } : undefined
}

function halfGiven(missing: string): Error {
  return invalidArgument(`The ${missing} is missing: one goes with the other.`)
}

function fromVariables(
  pair: (typeof pairs)[number],
  asked: URL | undefined,
  env: Environment['env'],
): ServerCredentials | Miss {
  const [url, token] = [env[pair.url]?.trim(), env[pair.token]?.trim()]
  if (!url && !token) return { miss: `${pair.url} and ${pair.token} (not set)` }
  if (!url) throw halfSet(pair.url, pair.token)
  const server = variableUrl(pair.url, url)
  if (asked !== undefined && asked.origin !== server.origin) {
    return { miss: `${pair.url} (another server)` }
  }
  if (!token) throw halfSet(pair.token, pair.url)
  return new ServerCredentials(asked ?? server, pair.token, bearer(token))
}

function variableUrl(name: string, text: string): URL {
  try {
    return parseServerUrl(text)
  } catch (cause) {
    throw invalidArgument(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

function halfSet(missing: string, set: string): Error {
  return invalidArgument(
    `${missing} is missing: ${set} is set, but not this one.`,
    `Set both or neither; for anonymous access run \`mlstore login --url URL --anonymous\`.`,
  )
}

function fromSaved(asked: URL | undefined, saved: SavedServers): ServerCredentials | Miss {
  const path = saved.path ?? 'saved logins (no home folder)'
  const found = asked === undefined ? defaultOf(saved.read()) : loginAt(saved.read(), asked)
  if (found === undefined) {
    return { miss: asked === undefined ? `${path} (no login)` : `${path} (none for it)` }
  }
  const { name, token } = found.server
  const authorization = token === undefined ? undefined : bearer(token)
  return new ServerCredentials(found.url, `\`mlstore login\` (${name})`, authorization)
}

type SavedLogin = { readonly server: TokenServer; readonly url: URL }

/** The default if packages can be there, else the newest login where they can. */
function defaultOf(list: ServerList): SavedLogin | undefined {
  const servers = tokenServers(list)
  const server = servers.find(({ name }) => name === list.default) ?? servers.at(-1)
  return server && { server, url: new URL(server.url) }
}

/** The default before others, a later login before earlier ones. */
function loginAt(list: ServerList, asked: URL): SavedLogin | undefined {
  const fits = tokenServers(list).flatMap((server) => {
    const url = urlAt(server, asked)
    return url === undefined ? [] : [{ server, url }]
  })
  return fits.find(({ server }) => server.name === list.default) ?? fits.at(-1)
}

function tokenServers({ servers }: ServerList): TokenServer[] {
  return servers.filter((server): server is TokenServer => server.kind !== 's3')
}

function bearer(token: string): string {
  return `Bearer ${token}`
}
