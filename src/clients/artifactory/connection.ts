/** Requests to one Artifactory: who asks, and what its answers mean. */

import { type JsonValue, parseUserJson } from '../../core/canonical-json.ts'
import { isMlstoreError, MlstoreError } from '../../errors.ts'
import {
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  shownUrl,
  statusError,
} from '../http.ts'

export class ArtifactoryConnection {
  readonly #http: HttpClient
  readonly #authorization: string | undefined

  /** @param authorization The header; `undefined` is anonymous. */
  constructor(http: HttpClient, authorization: string | undefined) {
    this.#http = http
    this.#authorization = authorization
  }

  /** Any status is an answer. */
  send(url: URL, { headers, ...request }: HttpRequest = {}): Promise<HttpResponse> {
    const authorization = this.#authorization
    return this.#http.send(url, {
      ...request,
      headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    })
  }

  /**
   * Asks for JSON.
   *
   * @param what What is asked for, as the subject of a sentence.
   * @throws {MlstoreError} `NOT_FOUND`, `REMOTE_REFUSED`, `REMOTE_UNAVAILABLE`.
   */
  async json(url: URL, what: string, request: HttpRequest = {}): Promise<JsonValue> {
    const answer = await this.send(url, request)
    if (isGood(answer.status)) return jsonOf(url, answer)
    throw await refusal(url, answer, what)
  }
}

export function isGood(status: number): boolean {
  return status >= 200 && status < 300
}

/** The error for an answer that was not hoped for, with what the server says about it. */
export async function refusal(url: URL, answer: HttpResponse, what: string): Promise<MlstoreError> {
  return statusError(url, answer.status, what, messageOf(await answer.text()))
}

/** Artifactory's `{"errors":[{"status":404,"message":"…"}]}`; anything else is not for people. */
function messageOf(text: string): string {
  const messages = [...text.matchAll(/"message"\s*:\s*"((?:[^"\\]|\\.)*)"/g)]
  return messages.map(([, message = '']) => message.replaceAll(/\\(.)/g, '$1')).join('; ')
}

/** @throws {MlstoreError} `REMOTE_REFUSED` when the answer is no JSON. */
export async function jsonOf(url: URL, answer: HttpResponse): Promise<JsonValue> {
  const text = await answer.text()
  try {
    return parseUserJson(text, shownUrl(url))
  } catch (cause) {
    if (!isMlstoreError(cause)) throw cause
    throw new MlstoreError('REMOTE_REFUSED', `${shownUrl(url)} answered with no JSON.`, {
      hint: 'Check the URL: a login page or a proxy may answer in place of the server.',
      cause,
    })
  }
}
