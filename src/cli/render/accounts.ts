/** Logins as text. */

import type {
  LoginResult,
  LogoutResult,
  ServerListing,
  WhoamiResult,
} from '../../store/login/requests.ts'
import { type Column, table } from './columns.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'

export function renderLogin(result: LoginResult): string {
  const server = result.version === null ? result.kind : `${result.kind} ${result.version}`
  const used = result.from === null ? [] : [`Used ${visible(result.from)}.`]
  const ends = result.expiresAt === null ? '' : `, valid until ${result.expiresAt}`
  return [
    ...used,
    `Login succeeded: ${placeOf(result.url)} (${visible(server)}) ${personOf(result)}${ends}.`,
    `Saved as ${visible(result.name)}${result.default ? ' (default)' : ''} in ${visible(result.path)}`,
  ].join('\n')
}

export function renderLogout({ servers, default: next }: LogoutResult): string {
  if (servers.length === 0) return 'Not logged in anywhere.'
  const lines = servers.map(({ name, url }) => `Forgot ${visible(name)}: ${placeOf(url)}`)
  return [...lines, ...(next === null ? [] : [`Default: ${visible(next)}`])].join('\n')
}

const columns: readonly Column<ServerListing>[] = [
  {
    title: 'NAME',
    cell: (row) => (row.name === null ? '-' : visible(row.name) + (row.default ? ' *' : '')),
  },
  { title: 'KIND', cell: (row) => row.kind },
  { title: 'USER', cell: (row) => visible(row.user ?? '-') },
  { title: 'BY', cell: (row) => row.method },
  { title: 'UNTIL', cell: (row) => row.expiresAt?.slice(0, 10) ?? '-' },
  { title: 'URL', cell: (row) => placeOf(row.url) },
  { title: 'FROM', cell: (row) => visible(row.from) },
]

/** The default is marked with a star. */
export function renderWhoami({ servers }: WhoamiResult, paint: Paint): string {
  return servers.length === 0 ? 'Not logged in anywhere.' : table(servers, columns, paint)
}

function placeOf(url: string | null): string {
  return url === null ? 'AWS' : visible(url)
}

function personOf({ user, method }: LoginResult): string {
  if (method === 'anonymous') return 'as nobody'
  if (method === 'profile') return `by the profile ${visible(user ?? '')}`
  if (method === 'keys') return `with the key ${visible(user ?? '')}`
  return user === null ? 'with a token' : `as ${visible(user)}`
}
