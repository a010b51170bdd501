/**
 * Logging in: what is asked for becomes an attempt, the server says whether it takes it, and only
 * then is anything saved.
 */

import assert from 'node:assert/strict'

import { invalidArgument, isMlstoreError, MlstoreError, notFound } from '../../errors.ts'
import type { FileSystem } from '../../ports/file-system.ts'
import type { Environment } from '../environment.ts'
import type { ServerDoors } from './doors.ts'
import { type ExistingConfiguration, findExisting, pathOfTool } from './existing-configurations.ts'
import { planLogin } from './plan-login.ts'
import type { LoginRequest, LoginResult } from './requests.ts'
import type { SavedServers } from './saved-servers.ts'
import { keyOf, type LoginAttempt, type SavedServer } from './server.ts'
import type { ServerList } from './servers-codec.ts'
import { described } from './whoami.ts'

export type LoginParts = {
  readonly fs: FileSystem
  readonly environment: Environment
  readonly saved: SavedServers
  readonly doors: ServerDoors
}

type Unnamed<Server> = Server extends SavedServer ? Omit<Server, 'name'> : never

/** What the server took, and what it said. */
type Accepted = {
  readonly server: Unnamed<SavedServer>
  readonly version: string | undefined
  readonly notes: readonly string[]
}

/** Artifactory knows machine learning repositories from this version on. */
const artifactorySince = [7, 84] as const

export async function login(
  parts: LoginParts,
  request: LoginRequest,
  signal?: AbortSignal,
): Promise<LoginResult> {
  checkName(request.name)
  const planned = request.existing === undefined ? planLogin(request) : undefined
  const existing = planned === undefined ? choose(parts, request) : undefined
  const attempt = planned ?? attemptWith(existing, request)
  const accepted = await accept(parts, attempt, signal)
  const names = { asked: request.name, known: existing }
  let server: SavedServer | undefined
  const list = await parts.saved.change((before) => {
    server = { ...accepted.server, name: chosenName(before, accepted.server, names) }
    return withServer(before, server, request.keepDefault === true)
  }, signal)
  assert(server !== undefined)
  return {
    ...described(server),
    version: accepted.version ?? null,
    default: list.default === server.name,
    path: parts.saved.path ?? '',
    from: existing?.path ?? null,
    notes: [...accepted.notes, ...plainTextNotes(server)],
  }
}

/** Of those that are there: the one asked for, else the first. */
function choose(parts: LoginParts, request: LoginRequest): ExistingConfiguration {
  const { existing: source, url } = request
  if (source === undefined && url !== undefined) {
    throw invalidArgument(
      `Nothing says how to log in to ${url}.`,
      'Give --username and --password-stdin, --token-stdin, --anonymous, --access-key and --secret-key-stdin, or --interactive.',
    )
  }
  const found = findExisting(parts, request)
  if (found !== undefined) return found
  if (source === 'frogml' || source === 'jfrog') {
    throw notFound(`There is no ${pathOfTool(source, parts.environment) ?? 'home folder'}.`)
  }
  if (source !== undefined) throw notFound(`There is no configuration of ${source} to log in with.`)
  throw invalidArgument(
    'There is nothing to log in with: no options, and no configuration of mlstore, FrogML, the JFrog CLI or AWS.',
    'Give --url with --username and --password-stdin, --token-stdin or --anonymous; --access-key and --secret-key-stdin, or --profile, for S3.',
  )
}

function attemptWith(
  existing: ExistingConfiguration | undefined,
  { password }: LoginRequest,
): LoginAttempt {
  if (existing?.attempt !== undefined) return existing.attempt
  const { url, user, path } = existing ?? {}
  if (url === undefined || user === undefined || password === undefined) {
    throw invalidArgument(
      `${path ?? 'The configuration'} has no password and no token.`,
      'Give --username and --password-stdin, or log in with --interactive.',
    )
  }
  return { kind: 'artifactory', url, login: { how: 'password', username: user, password } }
}

async function accept(
  { doors, environment }: LoginParts,
  attempt: LoginAttempt,
  signal: AbortSignal | undefined,
): Promise<Accepted> {
  try {
    if (attempt.kind === 's3') return await acceptKeys(doors, attempt, signal)
    return await acceptToken({ doors, now: environment.clock.now() }, attempt, signal)
  } catch (error) {
    if (!isMlstoreError(error) || error.code === 'INTERRUPTED') throw error
    const { code, hint, details } = error
    const message = `The login failed, and nothing was saved. ${error.message}`
    throw new MlstoreError(code, message, { hint, details, cause: error.cause })
  }
}

type Attempt<Kind> = Extract<LoginAttempt, { readonly kind: Kind }>

async function acceptKeys(
  doors: ServerDoors,
  { url, access, bucket }: Attempt<'s3'>,
  signal: AbortSignal | undefined,
): Promise<Accepted> {
  const checked = await doors.s3({ endpointUrl: url?.href, access, bucket, signal })
  const note = 'The keys may not list buckets; --bucket B checks that they may use one.'
  return {
    server: { kind: 's3', url: checked.endpointUrl, access },
    version: undefined,
    notes: checked.mayList ? [] : [note],
  }
}

type Asking = { readonly doors: ServerDoors; readonly now: Date }

/** A token does not tell what it is for, so a server of unknown kind is asked as a store first. */
async function acceptToken(
  asking: Asking,
  attempt: Attempt<'artifactory' | 'store' | 'unknown'>,
  signal: AbortSignal | undefined,
): Promise<Accepted> {
  const { kind, url, login: way } = attempt
  if (kind !== 'artifactory') {
    const answer = await asking.doors.store({ url, token: way.token, signal })
    if (answer.is === 'store') {
      const { token, user, expiresAt } = way
      const server = { kind: 'store', url: answer.url.href, user, token, expiresAt } as const
      return { server, version: answer.version, notes: [] }
    }
    if (kind === 'store') throw noStoreServer(url, answer)
  }
  return acceptAccount(asking, { kind: 'artifactory', url, login: way }, signal)
}

async function acceptAccount(
  { doors, now }: Asking,
  { url, login: way }: Attempt<'artifactory'>,
  signal: AbortSignal | undefined,
): Promise<Accepted> {
  const account = await doors.artifactory({ url, login: way, signal })
  const seconds = account.expiresInSeconds
  const granted = seconds === undefined ? undefined : new Date(now.getTime() + seconds * 1000)
  const said = way.how === 'token' ? way : undefined
  return {
    server: {
      kind: 'artifactory',
      url: `${account.origin}/artifactory`,
      user: account.user ?? said?.user,
      token: account.token,
      expiresAt: (account.expiresAt ?? granted)?.toISOString() ?? said?.expiresAt,
    },
    version: account.version,
    notes: oldVersionNotes(account.version),
  }
}

function oldVersionNotes(version: string | undefined): string[] {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  const [majorMin, minorMin] = artifactorySince
  const isOld = major < majorMin || (major === majorMin && minor < minorMin)
  if (version === undefined || !isOld) return []
  return [`Artifactory ${version} has no repositories for models; they came with 7.84.`]
}

/** A secret that travels in the clear to another machine. */
function plainTextNotes(server: SavedServer): string[] {
  const url = server.url === undefined ? undefined : new URL(server.url)
  const isLocal = url !== undefined && /^(localhost|127\..*|\[::1\])$/.test(url.hostname)
  if (url?.protocol !== 'http:' || isLocal) return []
  return [`${url.origin} is not encrypted: others on the way can read what is sent.`]
}

function noStoreServer(url: URL, answer: { readonly is: string }): MlstoreError {
  if (answer.is === 'refused') {
    return new MlstoreError('REMOTE_REFUSED', `${url.origin} does not take this token.`, {
      hint: 'Ask whoever runs the server for one: `mlstore serve --token`.',
    })
  }
  return new MlstoreError('REMOTE_REFUSED', `${url.origin} is no server of mlstore.`, {
    hint: 'Check the URL; --kind says what the server is: artifactory, s3 or store.',
  })
}

function withServer(list: ServerList, server: SavedServer, keepDefault: boolean): ServerList {
  const others = list.servers.filter(({ name }) => name !== server.name)
  const isDefault = !keepDefault || list.default === undefined
  return { default: isDefault ? server.name : list.default, servers: [...others, server] }
}

type Names = {
  readonly asked: string | undefined
  readonly known: ExistingConfiguration | undefined
}

/**
 * What was asked for; else the name of the same server's earlier login; else that of the
 * configuration, or the host, with a number if it is taken by another server.
 */
function chosenName(
  { servers }: ServerList,
  server: Unnamed<SavedServer>,
  { asked, known }: Names,
): string {
  if (asked !== undefined) return asked
  if (known?.source === 'saved' && known.name !== undefined) return known.name
  const key = keyOf({ ...server, name: '' })
  const before = servers.findLast((each) => each.kind === server.kind && keyOf(each) === key)
  if (before !== undefined) return before.name
  const host = server.url === undefined ? 'aws' : new URL(server.url).host
  const first = known?.name !== undefined && isName(known.name) ? known.name : host
  const taken = new Set(servers.map(({ name }) => name))
  let name = first
  for (let number = 2; taken.has(name); number += 1) name = `${first}-${number}`
  return name
}

function isName(text: string): boolean {
  return /^\w[\w.:@-]{0,99}$/.test(text)
}

function checkName(name: string | undefined): void {
  if (name === undefined || isName(name)) return
  throw invalidArgument(
    `Not the name of a server: ${JSON.stringify(name)}.`,
    'Use up to 100 letters, digits and _ . : @ -.',
  )
}
