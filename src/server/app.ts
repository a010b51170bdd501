/** The server's routes: who may ask, what is asked, and one line of log for each request. */

import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'

import type { Clock, IdSource } from '../ports/clock.ts'
import { refused as refusedFrogml } from './frogml/frogml-error.ts'
import { type FrogmlOptions, frogmlRoutes, isFrogmlPath } from './frogml/routes.ts'
import { type GuardPolicy, refusal } from './guard.ts'
import { type MlflowOptions, mlflowRoutes } from './mlflow/routes.ts'
import type { MlflowErrorCode } from './mlflow/mlflow-error.ts'

/** A request that was answered. The path has no query: that may hold anything. */
export type RequestLine = {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly durationMs: number
}

export type AppOptions = MlflowOptions &
  Pick<FrogmlOptions, 'depot'> & {
    readonly policy: GuardPolicy
    readonly version: string
    readonly clock: Clock
    readonly ids: IdSource
    /** Told of each request after it was answered. */
    readonly onRequest: (line: RequestLine) => void
  }

type App = Hono<{ Bindings: HttpBindings }>

export function serverApp(options: AppOptions): App {
  const { policy, version, clock, ids, onRequest } = options
  const app: App = new Hono()
  app.use('*', async (context, next) => {
    const id = ids.id().slice(0, 16)
    const start = clock.elapsedMs()
    await next()
    context.header('x-request-id', id)
    context.header('x-content-type-options', 'nosniff')
    const durationMs = Math.round(clock.elapsedMs() - start)
    const { req, res } = context
    onRequest({ id, method: req.method, path: req.path, status: res.status, durationMs })
  })
  app.use('*', async (context, next) => {
    const { req } = context
    const refused = refusal(
      {
        host: req.header('host'),
        origin: req.header('origin'),
        authorization: req.header('authorization'),
        fetchSite: req.header('sec-fetch-site'),
      },
      policy,
    )
    if (refused === undefined) return next()
    if (isFrogmlPath(req.path)) return refusedFrogml(refused.status, refused.why)
    const code: MlflowErrorCode = refused.status === 401 ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED'
    return context.json({ error_code: code, message: refused.why }, refused.status)
  })
  app.get('/health', (context) => context.text('OK'))
  app.get('/version', (context) => context.text(version))
  app.route('/', mlflowRoutes(options))
  app.route('/', frogmlRoutes({ ...options, token: policy.token }))
  app.notFound((context) => {
    const message = `No endpoint of this server: ${context.req.method} ${context.req.path}`
    return context.json(
      { error_code: 'ENDPOINT_NOT_FOUND' satisfies MlflowErrorCode, message },
      404,
    )
  })
  return app
}
