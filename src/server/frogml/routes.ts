/**
 * FrogML's protocol, as an Artifactory answers it: what its Python client and `PackageStorage` ask.
 *
 *   POST   api/machinelearning/REPO/KIND/[NS/]NAME/start-transaction[/VERSION]
 *   PUT    REPO/models/[NS/]NAME/tmp/VERSION/…                   content, by its digest or as bytes
 *   PUT    api/machinelearning/REPO/KIND/entity-manifest/[NS/]NAME/VERSION/TRANSACTION
 *   GET    api/machinelearning/REPO/KIND/entity-manifest/[NS/]NAME/VERSION
 *   GET    REPO/models/[NS/]NAME/VERSION/…                       also HEAD, and ranges
 *   GET    api/storage/REPO/models[/…]                           folders
 *   PUT    api/repositories/REPO                                 also DELETE
 *   GET    api/system/ping, api/system/version; POST /access/api/v1/tokens
 *
 * Paths are split before they are decoded, so a repository may be called `team/a`.
 */

import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'

import { type Asked, namesOf, type Services, unknownPath } from './asked.ts'
import { answerFiles } from './files.ts'
import { answerFolder } from './folders.ts'
import { FrogmlError, frogmlErrorAnswer } from './frogml-error.ts'
import { answerPackages } from './packages.ts'

export type FrogmlOptions = Services & {
  /** Nothing may be changed. */
  readonly readOnly: boolean
  readonly version: string
  /** What who asks has shown; `undefined`: nobody has to show anything. */
  readonly token: string | undefined
}

type App = Hono<{ Bindings: HttpBindings }>
type Call = Context<{ Bindings: HttpBindings }>

const tokensPath = '/access/api/v1/tokens'

/** Whether a path is one of this protocol, whose clients want errors in its form. */
export function isFrogmlPath(path: string): boolean {
  return path.startsWith('/artifactory/') || path === tokensPath
}

export function frogmlRoutes(options: FrogmlOptions): App {
  const app: App = new Hono()
  app.all('/artifactory/*', (call) => answer(askedBy(call), options))
  app.post(tokensPath, () => Response.json(tokenFor(options)))
  app.onError(frogmlErrorAnswer)
  return app
}

function askedBy({ req, env }: Call): Asked {
  const names = namesOf(env.incoming.url ?? '', '/artifactory/')
  return { method: req.method, names, request: env.incoming }
}

function answer(asked: Asked, options: FrogmlOptions): Promise<Response> | Response {
  const { names, method } = asked
  if (options.readOnly && method !== 'GET' && method !== 'HEAD') {
    throw new FrogmlError(403, 'This server only reads: it was started with --read-only.')
  }
  const [first, area, name, ...rest] = names
  if (first !== 'api') return answerFiles(asked, options)
  if (area === 'machinelearning') return answerPackages(asked, options)
  if (area === 'storage') return answerFolder(asked, options)
  if (area === 'repositories' && rest.length === 0) return answerRepository(asked, name, options)
  if (area === 'system' && method === 'GET') return answerSystem(name, options)
  throw unknownPath()
}

function answerSystem(name: string | undefined, { version }: FrogmlOptions): Response {
  if (name === 'ping') return new Response('OK')
  if (name === 'version') return Response.json({ version, revision: 'mlstore', addons: [] })
  throw unknownPath()
}

/** A repository is a part of the names of its packages: there is nothing to make. */
async function answerRepository(
  { method }: Asked,
  repository: string | undefined,
  { depot }: Services,
): Promise<Response> {
  if (repository === undefined) throw unknownPath()
  if (method === 'PUT') return new Response(`Repository ${repository} is there.`)
  if (method !== 'DELETE') throw unknownPath()
  await depot.removeRepository(repository)
  return new Response(`Repository ${repository} is empty.`)
}

/** Whoever gets here has shown the server's token, as a password: it is the only one there is. */
function tokenFor({ token }: FrogmlOptions): object {
  return {
    access_token: token ?? 'anonymous',
    token_type: 'Bearer',
    scope: 'applied-permissions/user',
  }
}
