/**
 * Requests to one MLflow server: where it is, who asks, and what its refusals mean.
 *
 * User, password and token are kept in a private field: they are in no error, no JSON and no
 * `inspect` of a client.
 */

import type { JsonObject, JsonValue } from '../../core/canonical-json.ts'
import { Fields } from '../../core/json-shape.ts'
import { invalidArgument, isMlstoreError, MlstoreError } from '../../errors.ts'
import { HttpClient, type HttpRequest, type HttpResponse, shownUrl } from '../http.ts'
import type { Clock } from '../../ports/clock.ts'
import { refusalError } from './errors.ts'

export type ServerOptions = {
  /** `http(s)://HOST[:PORT][/PREFIX]`; user and password in it count. */
  readonly trackingUri: string
  /**
   * `MLFLOW_TRACKING_USERNAME` with `MLFLOW_TRACKING_PASSWORD`, or `MLFLOW_TRACKING_TOKEN`; and the
   * variables of proxies.
   */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

export type Call = {
  /** What is asked for, as a sentence's subject: `The run 12ab`. */
  readonly what: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent with POST; without one it is a GET. */
  readonly body?: JsonObject
  /** Whether twice is the same as once. Default: only without a body. */
  readonly isRepeatable?: boolean
}

/** What MLflow's own client waits: some servers begin with the migration of their database. */
const timeoutMs = 120_000

export class MlflowRequests {
  /** Without user information. */
  readonly trackingUrl: URL
  readonly signal: AbortSignal | undefined
  readonly #options: Pick<ServerOptions, 'env' | 'clock'>
  /** Connections that are kept, while there are any. */
  #http: HttpClient | undefined
  readonly #authorization: string | undefined

  /** @throws {MlstoreError} `INVALID_ARGUMENT` when the URI is not that of a server. */
  constructor({ trackingUri, env, clock, signal }: ServerOptions) {
    const url = serverUrl(trackingUri)
    this.#authorization = authorizationOf(url, env)
    this.trackingUrl = withoutUser(url)
    this.#options = { env, clock }
    this.signal = signal
  }

  /** Calls `PATH` of the REST interface, such as `runs/get`, and returns the answer's fields. */
  async call(path: string, { what, query, body, isRepeatable }: Call): Promise<Fields> {
    const url = this.at(`api/2.0/mlflow/${path}`)
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.append(name, value)
    const post: HttpRequest = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      isRepeatable: isRepeatable ?? false,
    }
    return this.read(url, what, body === undefined ? {} : post)
  }

  /** Sends a request whose answer is an object of JSON. */
  async read(url: URL, what: string, request: HttpRequest = {}): Promise<Fields> {
    const response = await this.send(url, what, request)
    return readFields(url, await response.json())
  }

  /**
   * Sends any request; an answer other than 2xx is an error.
   *
   * Only the tracking server itself is told who asks.
   */
  async send(url: URL, what: string, request: HttpRequest): Promise<HttpResponse> {
    const isTold = this.#authorization !== undefined && url.origin === this.trackingUrl.origin
    const headers = {
      ...request.headers,
      ...(isTold && { authorization: this.#authorization }),
    }
    const { signal } = this
    this.#http ??= new HttpClient(this.#options)
    const response = await this.#http.send(url, { timeoutMs, signal, ...request, headers })
    const { status } = response
    if (status >= 200 && status < 300) return response
    throw refusalError({ url, status, what, text: await response.text() })
  }

  /** A URL below that of the server. */
  at(path: string): URL {
    return new URL(path, this.trackingUrl)
  }

  /** Ends the connections. The next request makes new ones. */
  async close(): Promise<void> {
    const http = this.#http
    this.#http = undefined
    await http?.close()
  }
}

/**
 * Reads an answer.
 *
 * @throws {MlstoreError} `REMOTE_REFUSED` when `read` finds it damaged.
 */
export function readAnswer<Read>(read: () => Read): Read {
  try {
    return read()
  } catch (error) {
    if (!isMlstoreError(error, 'CORRUPT')) throw error
    throw new MlstoreError('REMOTE_REFUSED', `No answer of MLflow: ${error.message}`, {
      hint: 'Check the tracking URI, and that the server is MLflow 2 or 3.',
      cause: error,
    })
  }
}

function readFields(url: URL, answer: unknown): Fields {
  return readAnswer(() => new Fields(isJson(answer) ? answer : undefined, shownUrl(url)))
}

/** What `JSON.parse` gave is JSON; its type only does not say so. */
function isJson(answer: unknown): answer is JsonValue {
  return answer !== undefined
}

function serverUrl(trackingUri: string): URL {
  const url = URL.canParse(trackingUri) ? new URL(trackingUri) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalidArgument(
      `The tracking URI is not that of an MLflow server: ${withoutSecrets(trackingUri)}`,
      'Give http(s)://HOST:PORT; for a folder or database, start `mlflow server` on it.',
    )
  }
  // Paths are resolved against the URL, so it has to end in a slash.
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  url.search = ''
  url.hash = ''
  return url
}

/** As MLflow's client chooses: user and password before a token, the environment before the URI. */
function authorizationOf(url: URL, env: ServerOptions['env']): string | undefined {
  const user = env['MLFLOW_TRACKING_USERNAME']
  const password = env['MLFLOW_TRACKING_PASSWORD']
  if (user && password) return basic(user, password)
  const token = env['MLFLOW_TRACKING_TOKEN']
  if (token) return `Bearer ${token}`
  if (url.username === '') return undefined
  return basic(decodeURIComponent(url.username), decodeURIComponent(url.password))
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function withoutUser(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare
}

/** Databases have passwords in their URIs, too. */
function withoutSecrets(uri: string): string {
  const [place = ''] = uri.split('?')
  return JSON.stringify(place.replace(/^([\w+.-]+:\/\/)?.*@/s, '$1'))
}
