/**
 * The server over one store: starts to listen, and stops without losing a request.
 *
 * It binds a loopback address unless it is told otherwise, and another one only with a token.
 */

import { createServer, type Server } from 'node:http'

import { getRequestListener } from '@hono/node-server'

import { invalidArgument, MlstoreError } from '../errors.ts'
import type { Environment } from '../store/environment.ts'
import type { PackageDepot } from '../store/packages/depot.ts'
import type { StoreApi } from '../store/store.ts'
import type { Tracking } from '../store/tracking/tracking.ts'
import { type RequestLine, serverApp } from './app.ts'
import { isLoopback } from './guard.ts'
import { ensureDefaultExperiment } from './mlflow/endpoint.ts'

export type ServeOptions = {
  /** Open; the caller closes it after the server. */
  readonly store: StoreApi
  readonly environment: Environment
  readonly version: string
  /** Default: 127.0.0.1. */
  readonly host?: string | undefined
  /** 0: a free one. Default: 5000. */
  readonly port?: number | undefined
  /** What clients have to show; needed on an address that others can reach. */
  readonly token?: string | undefined
  /** Listens without a token where others can reach it. Default: false. */
  readonly insecure?: boolean | undefined
  /** Changes nothing. Default: false. */
  readonly readOnly?: boolean | undefined
  /** Told of each request after it was answered. */
  readonly onRequest?: ((line: RequestLine) => void) | undefined
}

export type RunningServer = {
  /** `http://HOST:PORT` */
  readonly url: string
  /** Answers what was asked already, and then nothing more. */
  close(): Promise<void>
}

/** How long a client may take to send its headers. */
const headersTimeoutMs = 30_000

/**
 * Listens; ready when it resolves.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for an address that others can reach without a token;
 * `IO_ERROR` when it cannot listen there.
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { store, readOnly = false, host = '127.0.0.1' } = options
  checkAddress(host, options)
  const tracking = await store.tracking()
  if (!readOnly) await ensureDefaultExperiment(tracking)
  const depot = await store.packageDepot()
  const app = appOf(options, { tracking, depot, readOnly, host })
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const server = createServer((request, response) => void listener(request, response))
  server.headersTimeout = headersTimeoutMs
  const port = await listen(server, host, options.port ?? 5000)
  const name = host.includes(':') ? `[${host}]` : host
  return { url: `http://${name}:${port}`, close: () => close(server) }
}

function checkAddress(host: string, { token, insecure = false }: ServeOptions): void {
  if (token === '') throw invalidArgument('The token is empty.')
  if (isLoopback(host) || token !== undefined || insecure) return
  throw invalidArgument(
    `Others can reach ${host}, and there is no token.`,
    'Give one with MLSTORE_SERVER_TOKEN or --token; --insecure lets everybody in.',
  )
}

function appOf(
  { environment, version, token, onRequest = () => undefined }: ServeOptions,
  { host, ...more }: { tracking: Tracking; depot: PackageDepot; readOnly: boolean; host: string },
): ReturnType<typeof serverApp> {
  const { clock, ids } = environment
  return serverApp({ ...more, version, policy: { host, token }, clock, ids, onRequest })
}

/** @returns The port, also where a free one was asked for. */
function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(host, port, cause)))
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    // Connections that wait for their next request have none to be answered.
    server.closeIdleConnections()
  })
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): MlstoreError {
  const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.message
  return new MlstoreError('IO_ERROR', `Cannot listen on ${host}, port ${port}: ${why}.`, {
    hint: 'Choose another port with --port; 0 takes a free one.',
    cause,
  })
}
