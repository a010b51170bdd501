/** Logging out: servers are forgotten here. What they granted stays valid there until it ends. */

import { invalidArgument, notFound } from '../../errors.ts'
import type { LogoutRequest, LogoutResult } from './requests.ts'
import type { SavedServers } from './saved-servers.ts'
import { keyOf, parseServerUrl, type SavedServer, serverKey, urlAt } from './server.ts'

export async function logout(
  saved: SavedServers,
  request: LogoutRequest,
  signal?: AbortSignal,
): Promise<LogoutResult> {
  // Asked first, so that a mistake makes no folder.
  chosen(saved.read().servers, request)
  let gone: readonly SavedServer[] = []
  const list = await saved.change((before) => {
    gone = chosen(before.servers, request)
    const servers = before.servers.filter((server) => !gone.includes(server))
    const isKept = servers.some(({ name }) => name === before.default)
    return { default: isKept ? before.default : servers.at(-1)?.name, servers }
  }, signal)
  return {
    servers: gone.map(({ name, url }) => ({ name, url: url ?? null })),
    default: list.default ?? null,
  }
}

/** Without a choice the only one there is: of several it has to be said. */
function chosen(
  servers: readonly SavedServer[],
  { name, url, all = false }: LogoutRequest,
): readonly SavedServer[] {
  const choices = [name !== undefined, url !== undefined, all].filter(Boolean).length
  if (choices > 1) throw invalidArgument('Give a name, --url or --all, and only one of them.')
  if (all) return servers
  const found = servers.filter(matcher(name, url))
  if (found.length === 0) throw unknown(servers, name ?? url)
  if (choices === 0 && found.length > 1) {
    throw invalidArgument('There are several servers.', `Name one: ${names(servers)}; or --all.`)
  }
  return found
}

function matcher(
  name: string | undefined,
  url: string | undefined,
): (server: SavedServer) => boolean {
  if (name !== undefined) return (server) => server.name === name
  if (url === undefined) return () => true
  const asked = parseServerUrl(url)
  return (server) =>
    server.kind === 's3'
      ? keyOf(server) === serverKey('s3', asked)
      : urlAt(server, asked) !== undefined
}

function unknown(servers: readonly SavedServer[], asked: string | undefined): Error {
  if (servers.length === 0) return notFound('Not logged in anywhere.')
  return notFound(`No login for ${JSON.stringify(asked)}.`, `Logins: ${names(servers)}.`)
}

function names(servers: readonly SavedServer[]): string {
  return servers.map(({ name }) => name).join(', ')
}
