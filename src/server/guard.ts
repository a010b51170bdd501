/**
 * Who may ask the server for anything.
 *
 * A server on a loopback address answers every program of this machine, so what must be kept out
 * are pages in a browser: one that made its own name point here (DNS rebinding) sends that name as
 * the host, and one from elsewhere (CSRF) sends its origin. On any other address a token is asked
 * for, which is compared in constant time.
 */

import { createHash, timingSafeEqual } from 'node:crypto'

export type GuardPolicy = {
  /** The address it listens on. */
  readonly host: string
  /** Everybody has to show it. */
  readonly token?: string | undefined
}

/** Header values of a request; `undefined` if it has none. */
export type RequestHeaders = {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly authorization: string | undefined
  readonly fetchSite: string | undefined
}

export type Refusal = { readonly status: 401 | 403; readonly why: string }

const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]', '::1'])

export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host) || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/** `undefined`: it may be answered. */
export function refusal(
  headers: RequestHeaders,
  { host, token }: GuardPolicy,
): Refusal | undefined {
  const named = hostName(headers.host)
  if (named === undefined) return { status: 403, why: 'The Host header is missing or no host.' }
  // Whoever has the token is no page of a stranger, whatever the host is called.
  if (token === undefined && isLoopback(host) && !isLoopback(named)) {
    return { status: 403, why: `This server does not answer for the host ${named}.` }
  }
  if (isForeign(headers))
    return { status: 403, why: 'Pages of other sites may not ask this server.' }
  if (token === undefined || isToken(headers.authorization, token)) return undefined
  return { status: 401, why: 'This server wants its token (MLFLOW_TRACKING_TOKEN).' }
}

/** Without the port; in lower case. */
function hostName(header: string | undefined): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(?::\d{1,5})?$/i.exec(header ?? '')
  return match?.[1]?.toLowerCase()
}

function isForeign({ host, origin, fetchSite }: RequestHeaders): boolean {
  if (fetchSite === 'cross-site' || fetchSite === 'same-site') return true
  if (origin === undefined) return false
  return origin !== `http://${host}` && origin !== `https://${host}`
}

/** `Bearer TOKEN`, or `Basic` with the token as the password, as MLflow's clients send it. */
function isToken(authorization: string | undefined, token: string): boolean {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(authorization ?? '') ?? []
  const shown = scheme.toLowerCase() === 'basic' ? passwordOf(value) : value
  const isKnownScheme = ['bearer', 'basic'].includes(scheme.toLowerCase())
  // Digests have one length, so the comparison says nothing of the token's.
  return timingSafeEqual(digestBytes(shown), digestBytes(token)) && isKnownScheme
}

function passwordOf(value: string): string {
  const text = Buffer.from(value, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}

function digestBytes(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
