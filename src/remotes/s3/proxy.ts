/**
 * Proxies, as `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name them.
 *
 * Https goes through the proxy by CONNECT, so the proxy sees bytes only; plain http is sent to
 * the proxy with its whole URL. Node 20 does neither by itself. Each request's own host decides:
 * with addresses of the form `bucket.host` it is not the endpoint's.
 */

import { request as httpRequest } from 'node:http'
import { Agent, type AgentOptions, type RequestOptions, request as httpsRequest } from 'node:https'
import { BlockList, isIP, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'

import { invalidArgument } from '../../errors.ts'
import { unavailable } from '../failures.ts'
import type { Environment } from './endpoint.ts'

const tunnelTimeoutMs = 10_000

export type ProxyTarget = {
  readonly isHttps: boolean
  readonly host: string
  readonly port: number
}

/** Returns the proxy for a request, or `undefined` to connect directly. */
export type ProxyChooser = (target: ProxyTarget) => URL | undefined

/** @throws {MlstoreError} `INVALID_ARGUMENT` for a proxy variable that is not an http(s) URL. */
export function proxyChooser(env: Environment): ProxyChooser {
  const read = (name: string): string | undefined =>
    env[name.toLowerCase()] || env[name.toUpperCase()] || undefined
  const all = proxyUrl('ALL_PROXY', read('ALL_PROXY'))
  const https = proxyUrl('HTTPS_PROXY', read('HTTPS_PROXY')) ?? all
  const http = proxyUrl('HTTP_PROXY', read('HTTP_PROXY')) ?? all
  const exceptions = (read('NO_PROXY') ?? '').split(/[\s,]+/).filter(Boolean)
  return (target) => {
    if (exceptions.some((exception) => isException(exception, target))) return undefined
    return target.isHttps ? https : http
  }
}

type Connected = (error: Error | null, stream: Duplex) => void

/** An https agent whose connections pass through the proxy, where there is one for the host. */
export class ProxyingHttpsAgent extends Agent {
  readonly #choose: ProxyChooser

  constructor(choose: ProxyChooser, options: AgentOptions) {
    super(options)
    this.#choose = choose
  }

  override createConnection(
    options: RequestOptions,
    callback?: Connected,
  ): Duplex | null | undefined {
    const target = { isHttps: true, host: options.host ?? '', port: Number(options.port ?? 443) }
    const proxy = this.#choose(target)
    if (proxy === undefined || callback === undefined) {
      return super.createConnection(options, callback)
    }
    void this.#connectThrough(proxy, target, callback)
    return undefined
  }

  async #connectThrough(proxy: URL, target: ProxyTarget, callback: Connected): Promise<void> {
    const { host } = target
    const socket = await openTunnel(proxy, target).catch((error: Error) => error)
    // The type asks for a stream; beside an error nobody looks at it.
    if (socket instanceof Error) return callback(socket, new Socket())
    const servername = isIP(host) === 0 ? host : ''
    callback(null, tlsConnect({ ...this.options, socket, host, servername }))
  }
}

/** The headers that introduce a request, or a tunnel, to the proxy. */
export function proxyHeaders(proxy: URL): Record<string, string> {
  if (proxy.username === '' && proxy.password === '') return {}
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }
}

/** The port of a proxy, with the default of its scheme. */
export function proxyPort(proxy: URL): number {
  return Number(proxy.port) || (proxy.protocol === 'https:' ? 443 : 80)
}

function openTunnel(proxy: URL, target: ProxyTarget): Promise<Socket> {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host
  const authority = `${host}:${target.port}`
  const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    agent: false,
    host: proxy.hostname,
    port: proxyPort(proxy),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyHeaders(proxy) },
    timeout: tunnelTimeoutMs,
  })
  return new Promise((resolve, reject) => {
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(noTunnel(proxy, `it answered ${response.statusCode}`))
    })
    request.once('timeout', () => request.destroy(new Error('no answer in time')))
    request.once('error', (cause) => reject(noTunnel(proxy, cause.message, cause)))
    request.end()
  })
}

/** Names the proxy without its password. */
function noTunnel(proxy: URL, why: string, cause?: unknown): Error {
  return unavailable(`The proxy ${proxy.host} does not connect: ${why}.`, {
    hint: 'Check HTTPS_PROXY and NO_PROXY.',
    cause,
  })
}

function proxyUrl(variable: string, text: string | undefined): URL | undefined {
  if (text === undefined) return undefined
  const full = text.includes('://') ? text : `http://${text}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw invalidArgument(
    `${variable} is not the URL of an http proxy.`,
    `Write ${variable} as http://HOST:PORT.`,
  )
}

/** Whether an entry of NO_PROXY covers the host: `*`, a host or domain, an address or a CIDR block. */
function isException(exception: string, { host, port }: ProxyTarget): boolean {
  if (exception === '*') return true
  const block = /^(?<base>[0-9a-f:.]+)\/(?<bits>\d+)$/i.exec(exception)?.groups
  if (block !== undefined) return isInBlock(host, block['base'] ?? '', Number(block['bits']))
  const [, name = exception, onlyPort] = /^(.+?):(\d+)$/.exec(exception) ?? []
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false
  const domain = name.replace(/^\*?\./, '').toLowerCase()
  const lower = host.toLowerCase()
  return lower === domain || lower.endsWith(`.${domain}`)
}

function isInBlock(host: string, base: string, bits: number): boolean {
  const family = isIP(base)
  if (family === 0 || isIP(host) !== family || bits > (family === 4 ? 32 : 128)) return false
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(base, bits, kind)
  return list.check(host, kind)
}
