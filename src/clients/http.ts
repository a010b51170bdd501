/**
 * HTTP requests to the servers of other systems (Artifactory, MLflow).
 *
 * What all of them need and each would get wrong by itself: proxies of the environment, time
 * limits, retries of what may be repeated, redirects that never carry a token to another host, and
 * failures in words. A URL in a message has neither user information nor query: both may hold
 * secrets.
 */

import type { Readable } from 'node:stream'

import { type Dispatcher, EnvHttpProxyAgent, type FormData, interceptors, request } from 'undici'

import { MlstoreError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type HttpBody =
  | string
  | Uint8Array
  | FormData
  /** Opened anew for each attempt. Without `sizeBytes` it is sent in chunks. */
  | { readonly open: () => Readable; readonly sizeBytes?: number }

export type HttpRequest = {
  /** Default: GET. */
  readonly method?: HttpMethod
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: HttpBody
  /** Until the answer begins, and between two pieces of it, in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number
  /** The same twice is the same once. Default: for every method but POST and PATCH. */
  readonly isRepeatable?: boolean
  readonly signal?: AbortSignal | undefined
}

export type HttpResponse = {
  readonly status: number
  /** Names in lower case; of repeated ones the first. */
  readonly headers: Readonly<Record<string, string>>
  /** Must be read to its end, here or by one of the functions below, or the connection waits. */
  readonly body: Readable
  text(): Promise<string>
  /** @throws {MlstoreError} `REMOTE_REFUSED` when it is no JSON. */
  json(): Promise<unknown>
  /** Drops what was not read. */
  discard(): Promise<void>
}

export type HttpClientOptions = {
  /** Where `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
}

const timeoutMsDefault = 30_000
const attemptsMax = 5
const firstPauseMs = 500
const pauseMsMax = 30_000
const redirectsMax = 5
const passingStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])

export class HttpClient {
  readonly #clock: Clock
  readonly #headers: Readonly<Record<string, string>>
  readonly #agent: EnvHttpProxyAgent
  readonly #following: Dispatcher

  constructor({ env, clock, headers = {} }: HttpClientOptions) {
    this.#clock = clock
    this.#headers = headers
    // Empty text rather than nothing, or the agent would look into the process by itself.
    this.#agent = new EnvHttpProxyAgent({
      httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'] ?? '',
      httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '',
      noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
    })
    this.#following = this.#agent.compose(interceptors.redirect({ maxRedirections: redirectsMax }))
  }

  /**
   * Sends a request; any status is an answer, after repeatable requests were tried five times on
   * 429 and 5xx.
   *
   * @throws {MlstoreError} `REMOTE_UNAVAILABLE` when no answer came; `INTERRUPTED`.
   */
  async send(url: URL, wanted: HttpRequest = {}): Promise<HttpResponse> {
    const { method = 'GET', signal } = wanted
    const attempts = (wanted.isRepeatable ?? isRepeatable(method)) ? attemptsMax : 1
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt === attempts
      const answer = await this.#attempt(url, wanted, method).catch((error: unknown) => {
        // Of the body, which was being read: the server has nothing to do with it.
        if (error instanceof MlstoreError) throw error
        if (isLast || signal?.aborted === true) throw unavailable(url, error, signal)
      })
      if (answer !== undefined && (isLast || !passingStatuses.has(answer.status))) return answer
      const pauseMs = pauseBefore(attempt, answer?.headers['retry-after'])
      await answer?.discard()
      await this.#clock.sleep(pauseMs, signal)
    }
  }

  /** Ends connections that are kept open. */
  async close(): Promise<void> {
    await this.#agent.close()
  }

  async #attempt(url: URL, wanted: HttpRequest, method: HttpMethod): Promise<HttpResponse> {
    const { body, signal, timeoutMs = timeoutMsDefault } = wanted
    const {
      statusCode,
      headers,
      body: stream,
    } = await request(url, {
      method,
      headers: { ...this.#headers, ...wanted.headers, ...lengthOf(body) },
      body: openBody(body),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      dispatcher: method === 'GET' || method === 'HEAD' ? this.#following : this.#agent,
      ...(signal && { signal }),
    })
    return {
      status: statusCode,
      headers: firstOfEach(headers),
      body: stream,
      text: async () => readText(url, stream, signal),
      json: async () => parseJson(url, await readText(url, stream, signal)),
      discard: async () => stream.dump(),
    }
  }
}

/**
 * What a status that the caller did not expect means.
 *
 * @param what What was asked for, as a sentence's subject: `The model version churn@v1`.
 * @param answer What the server said about it, if it is fit to be shown.
 */
export function statusError(url: URL, status: number, what: string, answer = ''): MlstoreError {
  const said = answer === '' ? '' : `: ${answer.slice(0, 500)}`
  const at = shownUrl(url)
  if (status === 404) return new MlstoreError('NOT_FOUND', `${what} is not on ${at}${said}.`)
  if (status === 401 || status === 403) {
    return new MlstoreError('REMOTE_REFUSED', `${what}: ${at} refused with ${status}${said}.`, {
      hint: `Log in with \`mlstore login --url ${url.origin}\`, or ask for permission.`,
    })
  }
  const code = passingStatuses.has(status) ? 'REMOTE_UNAVAILABLE' : 'REMOTE_REFUSED'
  return new MlstoreError(code, `${what}: ${at} answered ${status}${said}.`)
}

/** The URL without user information, query and fragment. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`
}

function isRepeatable(method: HttpMethod): boolean {
  return method !== 'POST' && method !== 'PATCH'
}

function openBody(body: HttpBody | undefined): string | Uint8Array | FormData | Readable | null {
  if (body === undefined) return null
  return typeof body === 'object' && 'open' in body ? body.open() : body
}

function lengthOf(body: HttpBody | undefined): Readonly<Record<string, string>> {
  const isStream = typeof body === 'object' && 'open' in body
  if (!isStream || body.sizeBytes === undefined) return {}
  return { 'content-length': String(body.sizeBytes) }
}

function firstOfEach(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string>> {
  const pairs = Object.entries(headers).flatMap(([name, value]) => {
    const first = Array.isArray(value) ? value[0] : value
    return first === undefined ? [] : [[name, first] as const]
  })
  return Object.fromEntries(pairs)
}

/** Doubles from half a second; what the server asks for counts, within reason. */
function pauseBefore(attempt: number, retryAfter: string | undefined): number {
  const asked = Number(retryAfter) * 1000
  const pauseMs = asked > 0 ? asked : firstPauseMs * 2 ** (attempt - 1)
  return Math.min(pauseMs, pauseMsMax)
}

async function readText(
  url: URL,
  stream: Dispatcher.ResponseData['body'],
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await stream.text()
  } catch (error) {
    throw unavailable(url, error, signal)
  }
}

function parseJson(url: URL, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch (cause) {
    throw new MlstoreError('REMOTE_REFUSED', `${shownUrl(url)} answered with no JSON.`, {
      hint: 'Check the URL: a login page or a proxy may answer in place of the server.',
      cause,
    })
  }
}

function unavailable(url: URL, cause: unknown, signal: AbortSignal | undefined): MlstoreError {
  if (signal?.aborted === true) {
    return new MlstoreError('INTERRUPTED', 'Interrupted.', { cause: signal.reason })
  }
  const why = cause instanceof Error ? reasonOf(cause) : String(cause)
  return new MlstoreError('REMOTE_UNAVAILABLE', `${url.origin} did not answer: ${why}.`, {
    hint: 'Check the URL, the network and the proxy settings, and try again.',
    cause,
  })
}

/** Several addresses of a name that all failed come without a message of their own. */
function reasonOf(error: Error): string {
  const [first]: readonly unknown[] = error instanceof AggregateError ? error.errors : []
  return first instanceof Error ? first.message : error.message
}
