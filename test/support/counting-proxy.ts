/**
 * Counts the HTTP requests that pass to a server, so that a claim about requests is checked by
 * somebody who does not make it. Requests go through unchanged, their Host header included, which
 * is what their signature covers.
 */

import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Seen = { readonly method: string; readonly path: string }

export class CountingProxy implements AsyncDisposable {
  readonly #server = createServer((incoming, outgoing) => this.#forward(incoming, outgoing))
  readonly #target: URL
  #seen: Seen[] = []
  #bytes = 0

  constructor(targetUrl: string) {
    this.#target = new URL(targetUrl)
  }

  /** Listens on a free port of the loopback address and returns its URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  /** What passed since the last call: requests, and bytes of their bodies both ways. */
  take(): { readonly requests: readonly Seen[]; readonly bytes: number } {
    const taken = { requests: this.#seen, bytes: this.#bytes }
    this.#seen = []
    this.#bytes = 0
    return taken
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = 'GET', url = '/', headers } = incoming
    this.#seen.push({ method, path: url })
    incoming.on('data', (bytes: Buffer) => (this.#bytes += bytes.length))
    const { hostname, port } = this.#target
    const forwarded = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('data', (bytes: Buffer) => (this.#bytes += bytes.length))
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  }
}
