/**
 * A small S3 server for tests: the parts of the protocol that mlstore uses, over real HTTP, so
 * that the real SDK is exercised, with faults on command.
 *
 * Path-style addresses only. Signatures are not verified, but a request without one is refused
 * unless `anonymous` is set, as is one signed for another region or with an unknown key.
 */

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

import { type Fault, FaultSchedule, type S3Operation } from './faults.ts'
import { errorDocument, listDocument } from './xml.ts'

export type StoredObject = {
  readonly bytes: Buffer
  readonly modifiedAt: Date
  readonly headers: Readonly<Record<string, string>>
}

/** A request as it arrived, for tests to look at. */
export type SeenRequest = {
  readonly operation: S3Operation
  readonly key: string
  readonly headers: IncomingMessage['headers']
  readonly query: URLSearchParams
}

/**
 * How `If-None-Match: *` is treated: as it should be; not looked at; looked at, but long before
 * the write (all that race win); refused with 501.
 */
export type ConditionMode = 'enforced' | 'ignored' | 'racy' | 'unsupported'

export type S3ServerOptions = {
  readonly bucket?: string
  readonly conditions?: ConditionMode
  readonly region?: string
  readonly accessKeyId?: string
  readonly isAnonymous?: boolean
  readonly pageSize?: number
  /** How far the server's clock is ahead. */
  readonly clockAheadMs?: number
  readonly tls?: { readonly key: string; readonly cert: string }
}

type Request = SeenRequest & {
  readonly bucket: string
  readonly body: Buffer
  readonly range: Range | undefined
}

type Range = { readonly start: number; readonly end: number }

export class S3Server {
  readonly bucket: string
  readonly objects: Map<string, StoredObject> = new Map()
  readonly faults: FaultSchedule = new FaultSchedule()
  readonly requests: SeenRequest[] = []
  conditions: ConditionMode
  readonly #options: S3ServerOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #late: (() => void)[] = []
  #racing: (() => void)[] = []

  private constructor(options: S3ServerOptions) {
    this.#options = options
    this.bucket = options.bucket ?? 'bucket'
    this.conditions = options.conditions ?? 'enforced'
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(asError(error)))
    }
    this.#server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener)
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  /** Starts a server on a free port of 127.0.0.1. */
  static async start(options: S3ServerOptions = {}): Promise<S3Server> {
    const server = new S3Server(options)
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve)
    })
    return server
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  }

  get url(): string {
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size
  }

  /** Does now what `apply late` put off. */
  late(): void {
    for (const apply of this.#late.splice(0)) apply()
  }

  /** The operations that arrived, such as `PUT log/1`. */
  get log(): string[] {
    return this.requests.map(({ operation, key }) => `${operation} ${key}`)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(incoming)
    const request = parseRequest(incoming, body)
    response.setHeader('x-amz-request-id', `request-${this.requests.length}`)
    response.setHeader('date', this.#now().toUTCString())
    this.requests.push(request)
    const fault = this.faults.next(request.operation, request.key)
    if (fault !== undefined && this.#failEarly(request, response, fault)) return
    if (fault?.kind === 'wait') await fault.gate
    const refusal = this.#refusalOf(request)
    if (refusal !== undefined) return sendError(response, refusal)
    await this.#answer(request, response, fault)
  }

  /** Faults that come instead of an answer; says whether this is one. */
  #failEarly(request: Request, response: ServerResponse, fault: Fault): boolean {
    switch (fault.kind) {
      case 'answer':
        sendError(response, fault)
        return true
      case 'page':
        response.writeHead(fault.status, { 'content-type': 'text/html' }).end(fault.html)
        return true
      case 'cut before':
        response.destroy()
        return true
      case 'apply late':
        this.#late.push(() => void this.#put(request))
        response.destroy()
        return true
      default:
        return false
    }
  }

  /** What the request itself does wrong. */
  #refusalOf(request: Request): ErrorAnswer | undefined {
    const { accessKeyId, region = 'us-east-1', isAnonymous = false } = this.#options
    if (request.bucket !== this.bucket) return { status: 404, code: 'NoSuchBucket' }
    const credential = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(
      request.headers.authorization ?? '',
    )
    if (credential === null) return isAnonymous ? undefined : { status: 403, code: 'AccessDenied' }
    const [, key, signedRegion] = credential
    if (accessKeyId !== undefined && key !== accessKeyId) {
      return { status: 403, code: 'InvalidAccessKeyId', elements: { AWSAccessKeyId: key ?? '' } }
    }
    if (signedRegion !== region) {
      return {
        status: 400,
        code: 'AuthorizationHeaderMalformed',
        elements: { Region: region },
        headers: { 'x-amz-bucket-region': region },
      }
    }
    const sent = parseAmzDate(String(request.headers['x-amz-date']))
    if (Math.abs(sent - this.#now().getTime()) > 15 * 60_000) {
      return { status: 403, code: 'RequestTimeTooSkewed' }
    }
    return undefined
  }

  async #answer(
    request: Request,
    response: ServerResponse,
    fault: Fault | undefined,
  ): Promise<void> {
    switch (request.operation) {
      case 'GET':
      case 'HEAD':
        return this.#read(request, response, fault)
      case 'PUT': {
        const refusal = await this.#put(request)
        if (fault?.kind === 'cut after') return void response.destroy()
        if (refusal !== undefined) return sendError(response, refusal)
        response.writeHead(200, { etag: etagOf(request.body) }).end()
        return
      }
      case 'DELETE':
        this.objects.delete(request.key)
        if (fault?.kind === 'cut after') return void response.destroy()
        response.writeHead(204).end()
        return
      case 'LIST':
        return this.#list(request, response, fault)
    }
  }

  async #put(request: Request): Promise<ErrorAnswer | undefined> {
    const isConditional = request.headers['if-none-match'] === '*'
    if (isConditional && this.conditions === 'unsupported') {
      return { status: 501, code: 'NotImplemented' }
    }
    const isTaken = this.objects.has(request.key)
    if (isConditional && isTaken && this.conditions !== 'ignored') {
      return { status: 412, code: 'PreconditionFailed' }
    }
    if (isConditional && this.conditions === 'racy') await this.#meetOtherRacers()
    const kept = Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-server'))
    this.objects.set(request.key, {
      bytes: request.body,
      modifiedAt: this.#now(),
      headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    })
    return undefined
  }

  /** Lets every request that is under way come as far as this one. */
  async #meetOtherRacers(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#racing.push(resolve)
      if (this.#racing.length > 1) return
      setTimeout(() => {
        for (const go of this.#racing.splice(0)) go()
      }, 100)
    })
  }

  #read(request: Request, response: ServerResponse, fault: Fault | undefined): void {
    const object = this.objects.get(request.key)
    if (object === undefined) return sendError(response, { status: 404, code: 'NoSuchKey' })
    const { bytes, modifiedAt, headers } = object
    const range = fault?.kind === 'ignore range' ? undefined : request.range
    const { start, end } = givenRange(range ?? { start: 0, end: bytes.length }, bytes, fault)
    if (range !== undefined && start >= bytes.length) {
      return sendError(response, { status: 416, code: 'InvalidRange' })
    }
    const part = Buffer.from(bytes.subarray(start, end))
    if (fault?.kind === 'cut after') return void response.destroy()
    response.writeHead(range === undefined ? 200 : 206, {
      ...headers,
      'content-length': part.length,
      'content-type': 'application/octet-stream',
      'last-modified': modifiedAt.toUTCString(),
      etag: etagOf(bytes),
      ...(range && { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }),
    })
    if (request.operation === 'HEAD') return void response.end()
    sendBody(response, part, fault)
  }

  #list(request: Request, response: ServerResponse, fault: Fault | undefined): void {
    const { query } = request
    const prefix = query.get('prefix') ?? ''
    const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
    const pageSize = this.#options.pageSize ?? 1000
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix) && key > after)
      .sort()
    const page = keys.slice(0, pageSize)
    const isTruncated = keys.length > pageSize
    const objects = page.flatMap((key) => {
      const object = this.objects.get(key)
      if (object === undefined) return []
      const { bytes, modifiedAt } = object
      return [{ key, sizeBytes: bytes.length, modifiedAt, etag: etagOf(bytes) }]
    })
    const token = isTruncated && fault?.kind !== 'lose token' ? page.at(-1) : undefined
    const text = listDocument({ bucket: this.bucket, prefix, objects, isTruncated, token })
    if (fault?.kind === 'cut after') return void response.destroy()
    response.writeHead(200, { 'content-type': 'application/xml' })
    sendBody(response, Buffer.from(text), fault)
  }

  #now(): Date {
    return new Date(Date.now() + (this.#options.clockAheadMs ?? 0))
  }
}

type ErrorAnswer = {
  readonly status: number
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly elements?: Readonly<Record<string, string>>
}

function givenRange(wanted: Range, bytes: Buffer, fault: Fault | undefined): Range {
  const shift = fault?.kind === 'shift range' ? 1 : 0
  return { start: wanted.start + shift, end: Math.min(bytes.length, wanted.end + shift) }
}

function sendError(response: ServerResponse, answer: ErrorAnswer): void {
  const { status, code, headers = {}, elements } = answer
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (code === undefined) return void response.writeHead(status).end()
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(errorDocument(code, elements))
}

function sendBody(response: ServerResponse, body: Buffer, fault: Fault | undefined): void {
  switch (fault?.kind) {
    case 'cut body':
      response.write(body.subarray(0, fault.atByte), () => response.destroy())
      return
    case 'stall body':
      response.write(body.subarray(0, fault.atByte))
      return
    case 'flip bit':
      body.writeUInt8(body.readUInt8(fault.atByte) ^ 1, fault.atByte)
      response.end(body)
      return
    default:
      response.end(body)
  }
}

function parseRequest(incoming: IncomingMessage, body: Buffer): Request {
  const url = new URL(incoming.url ?? '/', 'http://host')
  const [bucket = '', ...rest] = url.pathname.slice(1).split('/').map(decodeURIComponent)
  const key = rest.join('/')
  const isList = incoming.method === 'GET' && url.searchParams.get('list-type') === '2'
  const range = /^bytes=(\d+)-(\d+)$/.exec(incoming.headers.range ?? '')
  return {
    operation: isList ? 'LIST' : operationOf(incoming.method),
    bucket,
    key: isList ? (url.searchParams.get('prefix') ?? '') : key,
    headers: incoming.headers,
    query: url.searchParams,
    body,
    range: range === null ? undefined : { start: Number(range[1]), end: Number(range[2]) + 1 },
  }
}

function operationOf(method: string | undefined): S3Operation {
  if (method === 'HEAD' || method === 'PUT' || method === 'DELETE') return method
  return 'GET'
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece)
  return Buffer.concat(pieces)
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

/** `20261121T044450Z` as milliseconds. */
function parseAmzDate(text: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value))
}
