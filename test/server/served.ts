/** A server over a store of the test's own, and calls of MLflow's protocol to it. */

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'

import type { RequestLine } from '../../src/server/app.ts'
import { type ServeOptions, startServer } from '../../src/server/server.ts'
import { TestRepository } from '../support/store.ts'

/** Pairs where a name is repeated. */
type Query = Readonly<Record<string, string>> | [string, string][]
type Json = Readonly<Record<string, unknown>>

export type Answer = { readonly status: number; readonly body: Json }

export class Served {
  readonly repository: TestRepository
  readonly url: string
  readonly requests: RequestLine[]

  private constructor(repository: TestRepository, url: string, requests: RequestLine[]) {
    this.repository = repository
    this.url = url
    this.requests = requests
  }

  static async start(t: TestContext, options: Partial<ServeOptions> = {}): Promise<Served> {
    const repository = await TestRepository.create(t)
    const requests: RequestLine[] = []
    const { store, environment } = repository
    const onRequest = (line: RequestLine): void => void requests.push(line)
    const usual = { store, environment, version: '1.2.3', port: 0, onRequest }
    const server = await startServer({ ...usual, ...options })
    t.after(() => server.close())
    return new Served(repository, server.url, requests)
  }

  /** @param path Below `/api/2.0/mlflow/`. */
  post(path: string, body: unknown): Promise<Answer> {
    return this.send('POST', path, body)
  }

  async send(method: string, path: string, body: unknown): Promise<Answer> {
    const headers = { 'content-type': 'application/json', connection: 'close' }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return answerOf(await fetch(this.#at(path), { method, headers, body: text }))
  }

  /** A file of a run, by the artifact proxy. */
  async putFile(run: string, path: string, body: string): Promise<void> {
    const place = `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/${path}`
    const headers = { connection: 'close' }
    const answer = await answerOf(await fetch(this.url + place, { method: 'PUT', body, headers }))
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
  }

  async text(path: string): Promise<string> {
    const response = await fetch(this.url + path, { headers: { connection: 'close' } })
    assert.equal(response.status, 200, path)
    return response.text()
  }

  async get(path: string, query: Query = {}): Promise<Answer> {
    const search = new URLSearchParams(Array.isArray(query) ? query : { ...query }).toString()
    const headers = { connection: 'close' }
    return answerOf(await fetch(`${this.#at(path)}?${search}`, { headers }))
  }

  /** What an endpoint that must not fail answers. */
  async posted(path: string, body: unknown): Promise<Json> {
    const answer = await this.post(path, body)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }

  async sent(method: string, path: string, body: unknown): Promise<Json> {
    const answer = await this.send(method, path, body)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }

  async got(path: string, query: Query = {}): Promise<Json> {
    const answer = await this.get(path, query)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }

  async createRun(body: Json = {}): Promise<string> {
    const { run } = await this.posted('runs/create', { experiment_id: '0', start_time: 1, ...body })
    return String(at(run, 'info', 'run_id'))
  }

  #at(path: string): string {
    return path.startsWith('/') ? this.url + path : `${this.url}/api/2.0/mlflow/${path}`
  }
}

/** The value at a place in JSON; `undefined` if there is none. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce((found: unknown, key) => {
    if (typeof found !== 'object' || found === null) return undefined
    return new Map<unknown, unknown>(Object.entries(found)).get(String(key))
  }, value)
}

export function errorCode({ status, body }: Answer): readonly unknown[] {
  return [status, body['error_code']]
}

async function answerOf(response: Response): Promise<Answer> {
  const body: unknown = await response.json()
  assert.ok(typeof body === 'object' && body !== null)
  return { status: response.status, body: Object.fromEntries(Object.entries(body)) }
}
