/**
 * An Artifactory small enough to read: machine-learning packages, checksum deploy, transactions,
 * folders, tokens. It refuses what a real one must: a manifest of files that it does not have.
 *
 * `faults` see each request first and may answer in its place, or cut the connection.
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'

/** A request as tests see it; names are decoded. */
export type Asked = {
  readonly method: string
  /** Below `/artifactory/`. */
  readonly path: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

type Reply = {
  readonly status: number
  readonly body?: Buffer | string
  readonly headers?: Readonly<Record<string, string>>
  /** Only so many bytes of the body; then the connection ends. */
  readonly cutAfterBytes?: number
}

/** A reply in place of the server's own; `drop` answers nothing. */
export type Fault = (asked: Asked) => Reply | 'drop' | undefined

type WireFile = {
  artifact_path: string
  size: number
  checksums: { sha2: string }
  download_url?: string
}

type Manifest = Record<string, unknown> & {
  model_artifacts?: WireFile[]
  dataset_artifacts?: WireFile[]
  dependency_artifacts?: WireFile[]
  code_artifacts?: WireFile
}

type Options = {
  /** Who may ask: the value of the header. Default: everybody. */
  readonly authorization?: string
  /** How the manifest says where files are. Default: encoded. */
  readonly rawUrls?: boolean
  /** Only repositories that were made are there. Default: false. */
  readonly strictRepositories?: boolean
}

export class ArtifactoryServer {
  readonly url: string
  readonly asked: Asked[] = []
  readonly faults: Fault[] = []
  /** Awaited before each answer. */
  onRequest: (asked: Asked) => Promise<void> = async () => undefined
  /** Paths in repositories, `repo/models/…`, as bytes. */
  readonly files: Map<string, Buffer> = new Map()
  readonly manifests: Map<string, Manifest> = new Map()
  readonly properties: Map<string, unknown> = new Map()
  readonly #options: Options
  readonly #repositories = new Set<string>()
  readonly #blobs = new Map<string, Buffer>()
  readonly #transactions = new Map<string, string>()
  #now = Date.UTC(2026, 10, 21, 3, 19, 5, 430)

  private constructor(url: string, options: Options) {
    this.url = url
    this.#options = options
  }

  static async start(t: TestContext, options: Options = {}): Promise<ArtifactoryServer> {
    let server: ArtifactoryServer | undefined
    const http = createServer((request, response) => void server?.answer(request, response))
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      http.closeAllConnections()
      http.close()
    })
    const address = http.address()
    assert.ok(typeof address === 'object' && address !== null)
    server = new ArtifactoryServer(`http://127.0.0.1:${address.port}`, options)
    return server
  }

  /** Requests of a method, as paths. */
  paths(method: string): string[] {
    return this.asked.filter((one) => one.method === method).map(({ path }) => path.join('/'))
  }

  /** Bytes of bodies that were sent for files. */
  get sentBytes(): number {
    const isFile = ({ method, path }: Asked): boolean => method === 'PUT' && path[0] !== 'api'
    return this.asked.filter(isFile).reduce((sum, { body }) => sum + body.length, 0)
  }

  /** Does what was asked, for a fault that then answers otherwise. */
  complete(asked: Asked): void {
    assert.ok(this.#reply(asked).status < 300)
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
    const [, ...path] = new URL(request.url ?? '/', this.url).pathname
      .split('/')
      .filter((name) => name !== '')
      .map(decodeURIComponent)
    const { method = 'GET', headers } = request
    const asked = { method, path, headers, body: Buffer.concat(chunks) }
    this.asked.push(asked)
    await this.onRequest(asked)
    const fault = this.faults.map((each) => each(asked)).find((reply) => reply !== undefined)
    if (fault === 'drop') request.socket.destroy()
    else reply(response, asked, fault ?? this.#reply(asked))
  }

  #reply(asked: Asked): Reply {
    const { authorization } = this.#options
    if (authorization !== undefined && asked.headers.authorization !== authorization) {
      return refused(401, 'Authentication is required')
    }
    const [first, second, ...rest] = asked.path
    if (second === 'repositories') return this.#repository(asked, rest)
    const repository = first === 'api' ? rest[0] : first
    if (this.#options.strictRepositories && !this.#repositories.has(repository ?? '')) {
      return refused(404, 'No such repository')
    }
    if (first !== 'api') return this.#file(asked)
    if (second === 'storage') return this.#folder(rest)
    if (second === 'machinelearning') return this.#package(asked, rest)
    return refused(404, 'Not found')
  }

  #repository({ method }: Asked, [key = '']: readonly string[]): Reply {
    if (method === 'DELETE') this.#repositories.delete(key)
    else this.#repositories.add(key)
    return { status: 200 }
  }

  #package(asked: Asked, [repo = '', kind = '', ...rest]: readonly string[]): Reply {
    const at = rest.indexOf('start-transaction')
    if (asked.method === 'POST' && at > 0) {
      return this.#start(`${repo}/${kind}s/${rest.slice(0, at).join('/')}`, rest[at + 1])
    }
    if (rest[0] !== 'entity-manifest') return refused(404, 'Not found')
    if (asked.method === 'GET') return this.#manifest(`${repo}/${kind}s/${rest.slice(1).join('/')}`)
    const id = rest.at(-1) ?? ''
    return this.#end(asked, `${repo}/${kind}s/${rest.slice(1, -1).join('/')}`, { kind, id })
  }

  #start(folder: string, given: string | undefined): Reply {
    const id = String((this.#now += 1000))
    const time = new Date(Number(id)).toISOString().slice(0, 19).replaceAll(/[T:]/g, '-')
    const version = given ?? time
    if (this.manifests.has(`${folder}/${version}`)) return refused(409, 'The version exists')
    const tmp = `${folder.slice(folder.indexOf('/') + 1)}/tmp/${version}`
    const [, kind = ''] = folder.split('/')
    this.#transactions.set(id, `${folder}/${version}`)
    return json(200, {
      filesUploadPath: `${tmp}/${kind.slice(0, -1)}`,
      leadUploadPath: `${tmp}/lead`,
      dependenciesUploadPath: `${tmp}/dependencies`,
      codeUploadPath: `${tmp}/code`,
      transactionId: id,
    })
  }

  #end({ body }: Asked, folder: string, { kind, id }: { kind: string; id: string }): Reply {
    if (this.#transactions.get(id) !== folder) return refused(404, 'No such transaction')
    const text = partOf(body, `${kind}Manifest`)
    const manifest: Manifest = JSON.parse(text)
    const [version = '', ...parent] = folder.split('/').toReversed()
    const tmp = `${parent.toReversed().join('/')}/tmp/${version}`
    for (const [part, file] of filesOf(manifest, kind)) {
      const bytes = this.files.get(`${tmp}/${part}/${file.artifact_path}`)
      if (bytes?.length !== file.size || sha256(bytes) !== file.checksums.sha2) {
        return refused(400, `The manifest names ${file.artifact_path}, which was not uploaded`)
      }
      const path = `${folder}/${part}/${file.artifact_path}`
      file.download_url = `${this.url}/artifactory/${this.#options.rawUrls ? path : encoded(path)}`
    }
    for (const [path, bytes] of this.files) {
      if (!path.startsWith(`${tmp}/`)) continue
      this.files.delete(path)
      this.files.set(folder + path.slice(tmp.length), bytes)
    }
    this.files.set(`${folder}/${kind}-manifest.json`, Buffer.from(text))
    this.manifests.set(folder, { ...manifest, id: `org/${parent[0]}`, version })
    this.properties.set(folder, JSON.parse(partOf(body, 'additionalData')))
    this.#transactions.delete(id)
    return { status: 200 }
  }

  #manifest(folder: string): Reply {
    const manifest = this.manifests.get(folder)
    return manifest === undefined ? refused(404, 'Entity not found') : json(200, manifest)
  }

  #file({ method, path, headers, body }: Asked): Reply {
    const name = path.join('/')
    if (method === 'PUT') return this.#put(name, headers, body)
    const bytes = this.files.get(name)
    if (bytes === undefined) return refused(404, 'File not found.')
    const sums = { 'x-checksum-sha256': sha256(bytes) }
    const [, from] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? []
    if (from === undefined) return { status: 200, headers: sums, body: bytes }
    return { status: 206, headers: sums, body: bytes.subarray(Number(from)) }
  }

  #put(name: string, headers: IncomingMessage['headers'], body: Buffer): Reply {
    if (headers['x-checksum-deploy'] !== 'true') {
      this.#blobs.set(sha256(body), body)
      this.files.set(name, body)
      return { status: 201 }
    }
    const known = this.#blobs.get(String(headers['x-checksum-sha256']))
    if (known === undefined) return refused(404, 'Checksum not found')
    this.files.set(name, known)
    return { status: 201 }
  }

  #folder(path: readonly string[]): Reply {
    const prefix = `${path.join('/')}/`
    const children = new Map<string, boolean>()
    for (const file of this.files.keys()) {
      if (!file.startsWith(prefix)) continue
      const [name = '', ...below] = file.slice(prefix.length).split('/')
      children.set(name, below.length > 0)
    }
    if (children.size === 0) return refused(404, 'Unable to find item')
    const list = [...children].map(([name, folder]) => ({ uri: `/${name}`, folder }))
    return json(200, { created: new Date(this.#now).toISOString(), children: list })
  }
}

function reply(response: ServerResponse, { method }: Asked, answer: Reply): void {
  const { status, body = '', headers, cutAfterBytes } = answer
  const bytes = Buffer.from(body)
  response.writeHead(status, { ...headers, 'content-length': bytes.length })
  if (cutAfterBytes !== undefined) {
    response.write(bytes.subarray(0, cutAfterBytes), () => response.destroy())
  } else response.end(method === 'HEAD' ? undefined : bytes)
}

function json(status: number, value: unknown): Reply {
  return { status, body: JSON.stringify(value), headers: { 'content-type': 'application/json' } }
}

function refused(status: number, message: string): Reply {
  return json(status, { errors: [{ status, message }] })
}

function filesOf(manifest: Manifest, kind: string): [part: string, file: WireFile][] {
  const { model_artifacts = [], dataset_artifacts = [], dependency_artifacts = [] } = manifest
  const code = manifest.code_artifacts
  return [
    ...[...model_artifacts, ...dataset_artifacts].map((file): [string, WireFile] => [kind, file]),
    ...dependency_artifacts.map((file): [string, WireFile] => ['dependencies', file]),
    ...(code === undefined ? [] : [['code', code] satisfies [string, WireFile]]),
  ]
}

/** One part of a multipart body. */
function partOf(body: Buffer, name: string): string {
  const text = body.toString('utf8')
  const boundary = text.slice(0, text.indexOf('\r\n'))
  const part = text.split(boundary).find((each) => each.includes(`name="${name}"`)) ?? ''
  assert.match(part, new RegExp(`filename="${name}"`))
  assert.match(part, /content-type: application\/octet-stream/i)
  return part.slice(part.indexOf('\r\n\r\n') + 4, -2)
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
