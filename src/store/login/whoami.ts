/** Who the user is where: the logins that would be used, without their secrets. */

import type { Environment } from '../environment.ts'
import type { LoginMethod, ServerKind, ServerListing, WhoamiResult } from './requests.ts'
import type { SavedServers } from './saved-servers.ts'
import type { SavedServer } from './server.ts'

export function whoami(saved: SavedServers, { env }: Environment): WhoamiResult {
  const list = saved.read()
  const listings = list.servers.map((server) => ({
    ...described(server),
    default: server.name === list.default,
    from: saved.path ?? '',
  }))
  return { servers: [...ofEnvironment(env), ...listings] }
}

type Described = {
  readonly name: string
  readonly kind: ServerKind
  readonly url: string | null
  readonly user: string | null
  readonly method: LoginMethod
  readonly expiresAt: string | null
}

/** What may be shown of a saved server. */
export function described(server: SavedServer): Described {
  const { name, kind } = server
  const url = server.url ?? null
  if (server.kind === 's3') {
    const { access } = server
    const isProfile = 'profile' in access
    const user = isProfile ? access.profile : keyTail(access.accessKeyId)
    return { name, kind, url, user, method: isProfile ? 'profile' : 'keys', expiresAt: null }
  }
  const method = server.token === undefined ? 'anonymous' : 'token'
  return { name, kind, url, user: server.user ?? null, method, expiresAt: server.expiresAt ?? null }
}

/** Complete pairs only: half of one is an error where it is used. */
function ofEnvironment(env: Environment['env']): ServerListing[] {
  const tokens = [
    ['MLSTORE_URL', 'MLSTORE_TOKEN', 'store'],
    ['JF_URL', 'JF_ACCESS_TOKEN', 'artifactory'],
  ] as const
  const servers = tokens.flatMap(([url, token, kind]) =>
    env[url] && env[token]
      ? [listing({ kind, url: shown(env[url]), user: null, from: token })]
      : [],
  )
  const keyId = env['MLSTORE_S3_ACCESS_KEY_ID']
  if (!keyId || !env['MLSTORE_S3_SECRET_ACCESS_KEY']) return servers
  const keys = { kind: 's3', url: null, user: keyTail(keyId) } as const
  return [...servers, listing({ ...keys, from: 'MLSTORE_S3_ACCESS_KEY_ID' })]
}

type Said = Pick<ServerListing, 'kind' | 'url' | 'user' | 'from'>

function listing(said: Said): ServerListing {
  const method = said.kind === 's3' ? 'keys' : 'token'
  return { name: null, ...said, method, default: false, expiresAt: null }
}

/** Somebody may have put a password into it. */
function shown(text: string): string | null {
  if (!URL.canParse(text)) return null
  const { origin, pathname } = new URL(text)
  return origin + (pathname === '/' ? '' : pathname)
}

/** The end of a key's id tells keys apart and is of no use to anybody. */
function keyTail(keyId: string): string {
  return keyId.length < 12 ? '****' : `****${keyId.slice(-4)}`
}
