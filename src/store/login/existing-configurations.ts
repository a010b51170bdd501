/**
 * Configurations a login can use again: our own, and those of FrogML, of the JFrog CLI and of AWS's
 * tools.
 *
 * They are only read. Our own comes first; then the two that a user of JFrog's tools expects; AWS's
 * last, since a profile works without any login.
 */

import { join } from 'node:path'

import type { JsonValue } from '../../core/canonical-json.ts'
import { Fields } from '../../core/json-shape.ts'
import { invalidArgument, isMlstoreError } from '../../errors.ts'
import type { FileSystem } from '../../ports/file-system.ts'
import type { Environment } from '../environment.ts'
import { homeFolder } from './config-folder.ts'
import type { ConfigurationSource, LoginRequest } from './requests.ts'
import type { SavedServers } from './saved-servers.ts'
import { type LoginAttempt, parseServerUrl, type SavedServer } from './server.ts'
import { parseQuietly } from './servers-codec.ts'

export type ExistingConfiguration = {
  readonly source: ConfigurationSource
  readonly path: string
  /** What the server is called there. */
  readonly name: string | undefined
  readonly user: string | undefined
  readonly url: URL | undefined
  /** `undefined`: it names a user, whose password has to be asked for. */
  readonly attempt: LoginAttempt | undefined
}

type Parts = {
  readonly fs: FileSystem
  readonly environment: Environment
  readonly saved: SavedServers
}

const sources: Readonly<
  Record<ConfigurationSource, (parts: Parts, name?: string) => ExistingConfiguration | undefined>
> = {
  saved: savedConfiguration,
  frogml: frogmlConfiguration,
  jfrog: jfrogConfiguration,
  aws: awsConfiguration,
}

const order = ['saved', 'frogml', 'jfrog', 'aws'] as const

/**
 * The configuration of the source asked for, else the first that is there.
 *
 * @param choice.name Of one of our own; without it the default.
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a file of another tool that cannot be read as one;
 * as `SavedServers.read` for our own.
 */
export function findExisting(
  parts: Parts,
  { name, existing }: Pick<LoginRequest, 'name' | 'existing'>,
): ExistingConfiguration | undefined {
  for (const source of existing === undefined ? order : [existing]) {
    const found = sources[source](parts, name)
    if (found !== undefined) return found
  }
  return undefined
}

/** The file of another tool, whether it is there or not. */
export function pathOfTool(source: 'frogml' | 'jfrog', { env }: Environment): string | undefined {
  const home = homeFolder({ env })
  if (source === 'frogml') return home && join(home, '.frogml', 'config.json')
  const folder = env['JFROG_CLI_HOME_DIR'] || (home && join(home, '.jfrog'))
  return folder && join(folder, 'jfrog-cli.conf.v6')
}

function savedConfiguration(
  { saved }: Parts,
  name: string | undefined,
): ExistingConfiguration | undefined {
  const list = saved.read()
  const wanted = name ?? list.default
  const server =
    list.servers.find((each) => each.name === wanted) ??
    (name === undefined ? list.servers.at(-1) : undefined)
  if (server === undefined) return undefined
  const url = server.url === undefined ? undefined : new URL(server.url)
  const user = server.kind === 's3' ? undefined : server.user
  const attempt = attemptOf(server, url)
  return { source: 'saved', path: saved.path ?? '', name: server.name, user, url, attempt }
}

function attemptOf(server: SavedServer, url: URL | undefined): LoginAttempt | undefined {
  if (server.kind === 's3') return { kind: 's3', url, access: server.access, bucket: undefined }
  if (url === undefined) return undefined
  const { kind, token, user, expiresAt } = server
  if (token !== undefined) return { kind, url, login: { how: 'token', token, user, expiresAt } }
  return { kind: 'artifactory', url, login: { how: 'anonymous' } }
}

function frogmlConfiguration({ fs, environment }: Parts): ExistingConfiguration | undefined {
  const found = readTool(fs, pathOfTool('frogml', environment))
  const [server] = found?.servers ?? []
  if (found === undefined || server === undefined) return undefined
  return configurationOf('frogml', found.path, {
    name: said(server, 'server_id'),
    url: said(server, 'artifactory_url'),
    user: said(server, 'user'),
    password: said(server, 'password'),
    token: said(server, 'access_token'),
  })
}

function jfrogConfiguration({ fs, environment }: Parts): ExistingConfiguration | undefined {
  const found = readTool(fs, pathOfTool('jfrog', environment))
  if (found === undefined) return undefined
  const server = found.servers.find((each) => each.get('isDefault') === true) ?? found.servers[0]
  if (server === undefined) return undefined
  if (found.isEncrypted) {
    throw invalidArgument(
      `${found.path} is encrypted: only the JFrog CLI can read it.`,
      'Log in with `mlstore login --url URL --token-stdin`.',
    )
  }
  return configurationOf('jfrog', found.path, {
    name: said(server, 'serverId'),
    url: said(server, 'artifactoryUrl') ?? said(server, 'url'),
    user: said(server, 'user'),
    password: said(server, 'password'),
    token: said(server, 'accessToken'),
  })
}

type ToolServer = {
  readonly name: string | undefined
  readonly url: string | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  readonly token: string | undefined
}

function configurationOf(
  source: ConfigurationSource,
  path: string,
  server: ToolServer,
): ExistingConfiguration {
  const { name, user, password, token } = server
  const url = urlIn(path, server.url)
  const found = { source, path, name, user, url }
  if (token !== undefined) {
    return { ...found, attempt: { kind: 'artifactory', url, login: { how: 'token', token, user } } }
  }
  if (user === undefined) {
    return { ...found, attempt: { kind: 'artifactory', url, login: { how: 'anonymous' } } }
  }
  if (password === undefined) return { ...found, attempt: undefined }
  const login = { how: 'password', username: user, password } as const
  return { ...found, attempt: { kind: 'artifactory', url, login } }
}

function urlIn(path: string, text: string | undefined): URL {
  try {
    return parseServerUrl(text ?? '')
  } catch (error) {
    if (!isMlstoreError(error)) throw error
    throw invalidArgument(`${path}: ${error.message}`, 'Mend it with the tool that wrote it.')
  }
}

type ToolFile = {
  readonly path: string
  readonly servers: readonly Fields[]
  readonly isEncrypted: boolean
}

/** Both tools have the same outer form. What is wrong is told without a word of the file. */
function readTool(fs: FileSystem, path: string | undefined): ToolFile | undefined {
  if (path === undefined || fs.lstat(path) === undefined) return undefined
  try {
    const file: JsonValue = parseQuietly(fs.readFile(fs.realPath(path)), path)
    const fields = new Fields(file, path)
    const servers = fields.has('servers') ? fields.objects('servers') : []
    return { path, servers, isEncrypted: fields.get('enc') === true }
  } catch (error) {
    if (!isMlstoreError(error, 'CORRUPT')) throw error
    throw invalidArgument(
      error.message,
      'Mend it with the tool that wrote it, or log in with --url.',
    )
  }
}

/** An empty text and `null` say nothing. */
function said(fields: Fields, name: string): string | undefined {
  const value = fields.get(name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Settings that let AWS's tools find credentials for a profile. */
const credentialSettings =
  /^(aws_access_key_id|credential_process|credential_source|role_arn|sso_session|sso_start_url|web_identity_token_file|login_session)$/

/** The profile, if one of AWS's files says how to get credentials for it. */
function awsConfiguration({ fs, environment }: Parts): ExistingConfiguration | undefined {
  const { env } = environment
  const home = homeFolder({ env })
  const profile = env['AWS_PROFILE'] || 'default'
  const files = [
    env['AWS_SHARED_CREDENTIALS_FILE'] || (home && join(home, '.aws', 'credentials')),
    env['AWS_CONFIG_FILE'] || (home && join(home, '.aws', 'config')),
  ]
  for (const path of files) {
    if (!path || fs.lstat(path) === undefined) continue
    const text = fs.readFile(fs.realPath(path)).toString('utf8')
    if (!settingsOf(text, profile).some((name) => credentialSettings.test(name))) continue
    const attempt = { kind: 's3', url: undefined, access: { profile }, bucket: undefined } as const
    return { source: 'aws', path, name: undefined, user: profile, url: undefined, attempt }
  }
  return undefined
}

/** Names of the settings in `[profile]` or `[profile NAME]`. */
function settingsOf(text: string, profile: string): string[] {
  const names: string[] = []
  let isInside = false
  for (const line of text.split('\n')) {
    const section = /^\s*\[\s*(?:profile\s+)?(.+?)\s*\]/.exec(line)
    if (section !== null) isInside = section[1] === profile
    const name = /^(\w+)\s*=/.exec(line)?.[1]
    if (isInside && name !== undefined) names.push(name)
  }
  return names
}
