/**
 * MLflow's REST protocol: its endpoints under both prefixes that clients use, and errors as JSON.
 *
 * Whatever is asked for and is not here is answered with `ENDPOINT_NOT_FOUND`, so that a client
 * tells its user and never waits or parses HTML.
 */

import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'

import { addArtifactRoutes } from './artifacts.ts'
import { BodyTooLong, readBody } from '../body.ts'
import { type Endpoint, type Services } from './endpoint.ts'
import { experimentEndpoints } from './experiments.ts'
import { historyEndpoints } from './history.ts'
import { inputEndpoints } from './inputs.ts'
import { loggingEndpoints } from './logging.ts'
import { loggedModelEndpoints } from './logged-models.ts'
import { Message } from './message.ts'
import { errorAnswer, invalidParameter, MlflowError } from './mlflow-error.ts'
import { modelVersionEndpoints } from './model-versions.ts'
import { registeredModelEndpoints } from './registered-models.ts'
import { runEndpoints } from './runs.ts'

export type MlflowOptions = Services

type App = Hono<{ Bindings: HttpBindings }>

/** What clients ask under, and the pages of MLflow. */
const prefixes = ['/api/2.0/mlflow', '/ajax-api/2.0/mlflow']

const endpoints: readonly Endpoint[] = [
  ...experimentEndpoints,
  ...runEndpoints,
  ...loggingEndpoints,
  ...historyEndpoints,
  ...inputEndpoints,
  ...registeredModelEndpoints,
  ...modelVersionEndpoints,
  ...loggedModelEndpoints,
]

/** As much as a data set's profile may have, and room around it. */
const bodyBytesMax = 20 * 1024 * 1024

export function mlflowRoutes(services: MlflowOptions): App {
  const app: App = new Hono()
  for (const prefix of prefixes) {
    for (const endpoint of endpoints) {
      app.on(endpoint.method, `${prefix}/${endpoint.path}`, async (context) => {
        if (endpoint.writes && services.readOnly)
          throw new MlflowError('PERMISSION_DENIED', onlyReads)
        const message = await messageOf(context.req.method, new URL(context.req.url), context.env)
        return context.json(await endpoint.answer(message.with(context.req.param()), services))
      })
    }
  }
  addArtifactRoutes(app, services)
  app.onError((error) => {
    const { status, body } = errorAnswer(error instanceof BodyTooLong ? tooLong(error) : error)
    return Response.json(body, { status })
  })
  return app
}

async function messageOf(
  method: string,
  { searchParams }: URL,
  { incoming }: HttpBindings,
): Promise<Message> {
  if (method === 'GET') return Message.ofQuery(searchParams)
  const bytes = await readBody(incoming, bodyBytesMax)
  // What a path names whole is deleted without a body.
  if (method === 'DELETE' && bytes.length === 0) return Message.ofBody('')
  checkContentType(incoming.headers['content-type'])
  return Message.ofBody(bytes.toString('utf8'))
}

function checkContentType(header: string | undefined): void {
  if (header === undefined) throw invalidParameter('Bad Request. Content-Type header is missing.')
  const type = header.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return
  throw invalidParameter("Bad Request. Content-Type must be one of ['application/json'].")
}

function tooLong({ message }: BodyTooLong): MlflowError {
  return new MlflowError('BAD_REQUEST', message)
}

const onlyReads = 'This server only reads: it was started with --read-only.'
