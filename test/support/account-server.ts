/**
 * A server as a login meets it: an Artifactory with users and tokens, or a server of mlstore. It
 * answers nothing else, and keeps what it was asked.
 */

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'

export type AccountServerOptions = {
  /** Default: an Artifactory. */
  readonly kind?: 'artifactory' | 'store' | 'web page'
  /** Passwords by user. */
  readonly users?: Readonly<Record<string, string>>
  /** Tokens that are taken beside those that were granted. */
  readonly tokens?: readonly string[]
  /** Whether requests without credentials are taken. Default: false. */
  readonly anonymous?: boolean
  readonly version?: string
  /** Answers everything with this status. */
  readonly status?: number
}

export type Asked = { readonly line: string; readonly authorization: string | undefined }

export class AccountServer {
  readonly url: string
  readonly asked: Asked[]
  /** Tokens that passwords were exchanged for. */
  readonly granted: string[]

  private constructor(url: string, asked: Asked[], granted: string[]) {
    this.url = url
    this.asked = asked
    this.granted = granted
  }

  /** Listens on a port of its own until the test ends. */
  static async start(
    context: Pick<TestContext, 'after'>,
    options: AccountServerOptions = {},
  ): Promise<AccountServer> {
    const [asked, granted]: [Asked[], string[]] = [[], []]
    const server = createServer((request, response) => {
      const { method, url, headers } = request
      asked.push({ line: `${method} ${url}`, authorization: headers.authorization })
      answer({ request, response, granted }, options)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    context.after(() => {
      server.closeAllConnections()
      server.close()
    })
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    return new AccountServer(`http://127.0.0.1:${address.port}`, asked, granted)
  }

  /** Lines of what was asked. */
  get lines(): string[] {
    return this.asked.map(({ line }) => line)
  }
}

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly granted: string[]
}

function answer(exchange: Exchange, options: AccountServerOptions): void {
  const { request, response } = exchange
  request.resume()
  const { kind = 'artifactory', status } = options
  if (status !== undefined) return end(response, status, { errors: [{ status }] })
  if (kind === 'web page') return end(response, 200, '<html>Welcome</html>')
  if (kind === 'store') return answerStore(exchange, options)
  if (request.url === '/access/api/v1/tokens') return exchangePassword(exchange, options)
  if (!isTaken(exchange, options)) return end(response, 401, { errors: [{ status: 401 }] })
  if (request.url === '/artifactory/api/system/ping') return end(response, 200, 'OK')
  if (request.url === '/artifactory/api/system/version') {
    return end(response, 200, { version: options.version ?? '7.90.10', revision: '1' })
  }
  end(response, 404, { errors: [{ status: 404 }] })
}

function answerStore(exchange: Exchange, options: AccountServerOptions): void {
  const { request, response } = exchange
  if (!isTaken(exchange, options)) return end(response, 401, '')
  if (request.url === '/version') return end(response, 200, options.version ?? '0.1.0')
  end(response, 404, '')
}

function exchangePassword(
  { request, response, granted }: Exchange,
  { users = {} }: AccountServerOptions,
): void {
  const basic = Object.entries(users).map(
    ([user, password]) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  )
  const { authorization = '' } = request.headers
  if (request.method !== 'POST' || !basic.includes(authorization)) {
    return end(response, 401, { errors: [{ status: 401, message: `not ${authorization}` }] })
  }
  const token = `granted-${granted.length + 1}-to-${Buffer.from(authorization).toString('hex').slice(-8)}`
  granted.push(token)
  end(response, 200, { access_token: token, expires_in: 2_592_000, scope: 'applied-permissions' })
}

function isTaken(
  { request, granted }: Exchange,
  { tokens = [], anonymous = false }: AccountServerOptions,
): boolean {
  const { authorization } = request.headers
  if (authorization === undefined) return anonymous
  return [...tokens, ...granted].some((token) => authorization === `Bearer ${token}`)
}

function end(response: ServerResponse, status: number, body: string | object): void {
  const isText = typeof body === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' })
  response.end(isText ? body : JSON.stringify(body))
}
