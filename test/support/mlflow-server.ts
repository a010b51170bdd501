/**
 * A small MLflow server in memory, on a free port: the part of the REST interface that trackers use,
 * with the limits, refusals and silent cuts that were measured on MLflow 3.17.
 *
 * `test/mlflow/real-tracker.test.ts` runs the same contract against the real one.
 */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'

export type StoredRun = {
  readonly id: string
  readonly experimentId: string
  readonly user: string
  status: string
  startTime: number
  endTime: number | undefined
  artifactUri: string
  readonly params: Map<string, string>
  readonly tags: Map<string, string>
  readonly metrics: Map<string, number | string>
}

type KeyAndValue = { readonly key: string; readonly value: string }

/** The fields of all requests. */
type Body = {
  readonly name?: string
  readonly experiment_id?: string
  readonly user_id?: string
  readonly run_id?: string
  readonly start_time?: number
  readonly end_time?: number
  readonly status?: string
  readonly key?: string
  readonly params?: readonly KeyAndValue[]
  readonly tags?: readonly KeyAndValue[]
  readonly metrics?: readonly { readonly key: string; readonly value: number | string }[]
  readonly experiment_ids?: readonly string[]
  readonly filter?: string
  readonly order_by?: readonly string[]
  readonly max_results?: number
}

export type Seen = {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly authorization: string | undefined
  /** Of JSON requests. */
  readonly body: Body
}

class Refusal extends Error {
  readonly status: number
  readonly errorCode: string

  constructor(status: number, errorCode: string, message: string) {
    super(message)
    this.status = status
    this.errorCode = errorCode
  }
}

const api = '/api/2.0/mlflow/'
const proxy = '/api/2.0/mlflow-artifacts/artifacts'
const keyPattern = /^[\p{L}\p{N}_\-. :/]+$/u

export class MlflowServer {
  readonly experiments: Map<string, { name: string; stage: 'active' | 'deleted' }> = new Map()
  readonly runs: Map<string, StoredRun> = new Map()
  /** By their path below the proxy. */
  readonly files: Map<string, Buffer> = new Map()
  readonly seen: Seen[] = []
  /** Sizes that are listed in place of the true ones, by path. */
  readonly claimedSizes: Map<string, number> = new Map()
  /** What a value is cut to. */
  tagCharactersMax = 8000
  paramCharactersMax = 6000
  /** The value of the header that is asked for. */
  authorization: string | undefined
  /** Statuses of the next answers, each in place of one. */
  readonly failures: number[] = []
  readonly #server: Server
  url = ''

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async start(t: Pick<TestContext, 'after'>): Promise<MlflowServer> {
    const server = new MlflowServer()
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      server.#server.closeAllConnections()
      server.#server.close()
    })
    const address = server.#server.address()
    assert.ok(typeof address === 'object' && address !== null)
    server.url = `http://127.0.0.1:${address.port}`
    return server
  }

  /** The one run that there is, or the one of that id. */
  run(id?: string): StoredRun {
    if (id === undefined) assert.equal(this.runs.size, 1)
    const run = id === undefined ? [...this.runs.values()][0] : this.runs.get(id)
    assert.ok(run !== undefined)
    return run
  }

  /** A run that another program left there. */
  addRun(fields: Partial<StoredRun> & { experimentId: string }): StoredRun {
    const id = fields.id ?? randomBytes(16).toString('hex')
    const run: StoredRun = {
      user: '',
      status: 'RUNNING',
      startTime: 0,
      endTime: undefined,
      artifactUri: `mlflow-artifacts:/${fields.experimentId}/${id}/artifacts`,
      params: new Map(),
      metrics: new Map(),
      tags: new Map([['mlflow.runName', `run-${this.runs.size}`]]),
      ...fields,
      id,
    }
    this.runs.set(id, run)
    return run
  }

  /** Paths below the folder of a run and their text. */
  filesOf(run: StoredRun): Record<string, string> {
    const prefix = `${run.experimentId}/${run.id}/artifacts/`
    const found = [...this.files].filter(([path]) => path.startsWith(prefix))
    return Object.fromEntries(
      found.map(([path, bytes]) => [path.slice(prefix.length), bytes.toString()]),
    )
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    try {
      this.#admit(request, bytes)
      const answer = this.#route(request, bytes)
      const isBytes = Buffer.isBuffer(answer)
      response.writeHead(200, { 'content-type': isBytes ? 'text/plain' : 'application/json' })
      response.end(isBytes ? answer : JSON.stringify(answer))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { status, errorCode, message } = error
      response.writeHead(status, { 'content-type': 'application/json' })
      const body = JSON.stringify({ error_code: errorCode, message })
      response.end(errorCode === '' ? '<!doctype html><title>Not Found</title>' : body)
    }
  }

  #admit(request: IncomingMessage, bytes: Buffer): void {
    const { method = '', headers } = request
    const path = new URL(request.url ?? '', this.url).pathname
    const isJson = headers['content-type'] === 'application/json'
    const body = isJson ? JSON.parse(bytes.toString()) : {}
    this.seen.push({ method, path, authorization: headers.authorization, body })
    const failure = this.failures.shift()
    if (failure !== undefined) throw new Refusal(failure, 'TEMPORARILY_UNAVAILABLE', 'busy')
    const isAsked = this.authorization !== undefined
    if (isAsked && headers.authorization !== this.authorization) {
      throw new Refusal(401, 'UNAUTHENTICATED', 'You are not authenticated.')
    }
  }

  #route(request: IncomingMessage, bytes: Buffer): unknown {
    const url = new URL(request.url ?? '', this.url)
    if (url.pathname === proxy) return this.#listFiles(url.searchParams.get('path') ?? '')
    if (url.pathname.startsWith(`${proxy}/`)) {
      const path = decodeURIComponent(url.pathname.slice(proxy.length + 1))
      return this.#file(request.method ?? '', path, bytes)
    }
    const call = `${request.method} ${url.pathname.slice(api.length)}`
    const body = bytes.length === 0 ? {} : JSON.parse(bytes.toString())
    return this.#call(call, Object.fromEntries(url.searchParams), body)
  }

  // oxlint-disable-next-line complexity
  #call(call: string, query: Record<string, string>, body: Body): unknown {
    switch (call) {
      case 'GET experiments/get-by-name':
        return this.#experimentByName(query['experiment_name'] ?? '')
      case 'POST experiments/create':
        return { experiment_id: this.#createExperiment(body.name ?? '') }
      case 'POST runs/create':
        return { run: runJson(this.#createRun(body)) }
      case 'GET runs/get':
        return { run: runJson(this.#existing(query['run_id'])) }
      case 'POST runs/update':
        return this.#updateRun(body)
      case 'POST runs/log-batch':
        return this.#logBatch(body)
      case 'POST runs/delete-tag':
        return this.#deleteTag(body)
      case 'POST runs/search':
        return this.#search(body)
      default:
        throw new Refusal(404, '', call)
    }
  }

  #experimentByName(name: string): unknown {
    const found = [...this.experiments].find(([, experiment]) => experiment.name === name)
    if (found === undefined) throw missing(`Could not find experiment with name '${name}'`)
    const [id, { stage }] = found
    return { experiment: { experiment_id: id, name, lifecycle_stage: stage } }
  }

  #createExperiment(name: string): string {
    if ([...this.experiments.values()].some((experiment) => experiment.name === name)) {
      throw new Refusal(400, 'RESOURCE_ALREADY_EXISTS', `Experiment(name=${name}) already exists.`)
    }
    const id = String(this.experiments.size + 1)
    this.experiments.set(id, { name, stage: 'active' })
    return id
  }

  #createRun(body: Body): StoredRun {
    const experimentId = body.experiment_id ?? ''
    if (!this.experiments.has(experimentId)) {
      throw missing(`No Experiment with id=${experimentId} exists`)
    }
    const run = this.addRun({ experimentId, startTime: body.start_time ?? 0 })
    this.#setTags(run, body.tags ?? [])
    return run
  }

  #updateRun(body: Body): unknown {
    const run = this.#existing(body.run_id)
    run.status = body.status ?? run.status
    run.endTime = body.end_time ?? run.endTime
    return { run_info: infoJson(run) }
  }

  /** Everything of a batch, or nothing. */
  #logBatch(body: Body): unknown {
    const run = this.#existing(body.run_id)
    const { params = [], metrics = [], tags = [] } = body
    for (const list of [params, tags]) {
      if (list.length > 100) throw wrong('A batch logging request can contain at most 100.')
    }
    for (const { key, value } of params) {
      assertKey(key)
      const old = run.params.get(key)
      const isOther = old !== undefined && old !== cut(value, this.paramCharactersMax)
      if (isOther) throw wrong(`Changing param values is not allowed. Param with key='${key}'`)
    }
    this.#setTags(run, tags)
    for (const { key, value } of params) run.params.set(key, cut(value, this.paramCharactersMax))
    for (const { key, value } of metrics) run.metrics.set(key, value)
    return {}
  }

  #setTags(run: StoredRun, tags: readonly KeyAndValue[]): void {
    for (const { key } of tags) assertKey(key)
    for (const { key, value } of tags) run.tags.set(key, cut(value, this.tagCharactersMax))
  }

  #deleteTag(body: Body): unknown {
    const run = this.#existing(body.run_id)
    if (!run.tags.delete(body.key ?? '')) throw missing('No tag with that name')
    return {}
  }

  #search(body: Body): unknown {
    const { experiment_ids: experiments = [], max_results: max = 1000 } = body
    if (max > 50_000) throw wrong(`Invalid value ${max} for parameter 'max_results' supplied`)
    assert.deepEqual(body.order_by, ['attributes.start_time DESC'])
    const matches = conditionsOf(body.filter ?? '')
    const runs = [...this.runs.values()]
      .filter((run) => experiments.includes(run.experimentId))
      .filter((run) => matches.every((matchesOne) => matchesOne(run)))
      .sort((a, b) => b.startTime - a.startTime)
      .slice(0, max)
    return runs.length === 0 ? {} : { runs: runs.map(runJson) }
  }

  #existing(id: string | undefined): StoredRun {
    const run = this.runs.get(id ?? '')
    if (run === undefined) throw missing(`Run with id=${id} not found`)
    return run
  }

  #listFiles(folder: string): unknown {
    const files = new Map<string, unknown>()
    for (const [path, bytes] of this.files) {
      if (!path.startsWith(`${folder}/`)) continue
      const [name = '', ...rest] = path.slice(folder.length + 1).split('/')
      const length = this.claimedSizes.get(path) ?? bytes.length
      const size = length > 0 && { file_size: length }
      const isFolder = rest.length > 0
      files.set(
        name,
        isFolder ? { path: name, is_dir: true } : { path: name, is_dir: false, ...size },
      )
    }
    return files.size === 0 ? {} : { files: [...files.values()] }
  }

  #file(method: string, path: string, bytes: Buffer): unknown {
    if (/[#?]|(^|\/)\.\.?(\/|$)/.test(path)) throw wrong('Invalid path')
    const below = [...this.files.keys()].filter((name) => name.startsWith(`${path}/`))
    if (method === 'DELETE') {
      for (const name of [path, ...below]) this.files.delete(name)
      return {}
    }
    const parents = path.split('/').map((_, i, names) => names.slice(0, i).join('/'))
    const isBlocked = below.length > 0 || parents.some((parent) => this.files.has(parent))
    if (isBlocked) throw new Refusal(500, 'INTERNAL_ERROR', 'Is a directory, or below a file')
    if (method === 'PUT') {
      this.files.set(path, bytes)
      return {}
    }
    const found = this.files.get(path)
    if (found === undefined) throw missing(`No such artifact: '${path}'`)
    return found
  }
}

function runJson(run: StoredRun): unknown {
  const params = pairs(run.params)
  const metrics = [...run.metrics].map(([key, value]) => ({ key, value, timestamp: 0, step: 0 }))
  return {
    info: infoJson(run),
    data: {
      ...(params.length > 0 && { params }),
      ...(metrics.length > 0 && { metrics }),
      tags: pairs(run.tags),
    },
    inputs: {},
  }
}

function infoJson(run: StoredRun): unknown {
  return {
    run_uuid: run.id,
    run_id: run.id,
    experiment_id: run.experimentId,
    run_name: run.tags.get('mlflow.runName'),
    user_id: run.user,
    status: run.status,
    start_time: run.startTime,
    end_time: run.endTime,
    artifact_uri: run.artifactUri,
    lifecycle_stage: 'active',
  }
}

function pairs(map: ReadonlyMap<string, string>): KeyAndValue[] {
  return [...map].map(([key, value]) => ({ key, value }))
}

type Condition = (run: StoredRun) => boolean

const clausePattern =
  /^ *(?<kind>attribute|tag)s?\.(?:(?<bare>[A-Za-z_][\w.]*)|`(?<ticked>[^`]+)`|"(?<quoted>[^"]+)") *(?<operator><=|=|!=) *(?:'(?<single>[^']*)'|"(?<double>[^"]*)"|(?<number>\d+)) *(?:$|and )/i

/** `A.KEY OP VALUE and …`, where a key may be quoted; some words of SQL may not stand there bare. */
function conditionsOf(filter: string): Condition[] {
  const match = clausePattern.exec(filter)
  if (filter.trim() === '') return []
  const { bare } = match?.groups ?? {}
  const isWord = bare?.split('.').some((word) => /^(as|case|from|in|using|values)$/i.test(word))
  if (match === null || isWord === true) {
    throw wrong(`Invalid clause(s) in filter string: '${filter}'`)
  }
  return [conditionOf(match.groups ?? {}), ...conditionsOf(filter.slice(match[0].length))]
}

function conditionOf(clause: Record<string, string | undefined>): Condition {
  const key = clause['bare'] ?? clause['ticked'] ?? clause['quoted'] ?? ''
  const value = clause['single'] ?? clause['double'] ?? clause['number'] ?? ''
  if (key === 'start_time') return (run) => run.startTime <= Number(value)
  const isTag = clause['kind']?.toLowerCase() === 'tag'
  const valueOf = (run: StoredRun): string | undefined => (isTag ? run.tags.get(key) : run.status)
  if (clause['operator'] === '=') return (run) => valueOf(run) === value
  return (run) => valueOf(run) !== undefined && valueOf(run) !== value
}

function assertKey(key: string): void {
  if (key.length > 250) throw wrong("'key' exceeds the maximum length of 250 characters")
  if (!keyPattern.test(key)) {
    throw wrong(`Invalid value "${key}" for parameter 'key' supplied: Names may only contain`)
  }
  const isPath = key.startsWith('/') || key.split('/').some((part) => /^(\.\.?)?$/.test(part))
  if (isPath) throw wrong('Names may be treated as files in certain cases')
}

function cut(value: string, max: number): string {
  return Array.from(value).slice(0, max).join('')
}

function missing(message: string): Refusal {
  return new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', message)
}

function wrong(message: string): Refusal {
  return new Refusal(400, 'INVALID_PARAMETER_VALUE', message)
}
