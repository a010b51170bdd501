/** An HTTP proxy for tests: CONNECT for https, whole URLs for http, and a login if it wants one. */

import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export class TestProxy {
  /** What it was asked for: `CONNECT host:port` or `PUT http://…`. */
  readonly log: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #login: string | undefined

  private constructor(login: string | undefined) {
    this.#login = login && `Basic ${Buffer.from(login).toString('base64')}`
    this.#server = createServer((incoming, response) => {
      this.log.push(`${incoming.method} ${incoming.url}`)
      if (this.#isStranger(incoming)) {
        response.writeHead(407).end()
        return
      }
      const { method, headers, url = '' } = incoming
      const forwarded = httpRequest(url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      })
      incoming.pipe(forwarded)
    })
    this.#server.on('connect', (incoming, socket: Socket) => this.#connect(incoming, socket))
    this.#server.on('connection', (socket: Socket) => this.#sockets.add(socket))
  }

  /** Starts a proxy on a free port; `login` is `user:password`. */
  static async start(login?: string): Promise<TestProxy> {
    const proxy = new TestProxy(login)
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  get host(): string {
    const address: AddressInfo | string | null = this.#server.address()
    return `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #isStranger(incoming: IncomingMessage): boolean {
    return this.#login !== undefined && incoming.headers['proxy-authorization'] !== this.#login
  }

  #connect(incoming: IncomingMessage, socket: Socket): void {
    this.log.push(`CONNECT ${incoming.url}`)
    if (this.#isStranger(incoming)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      return
    }
    const [host = '', port = ''] = (incoming.url ?? '').split(':')
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      target.pipe(socket).pipe(target)
    })
    target.on('error', () => socket.destroy())
    socket.on('error', () => target.destroy())
  }
}
