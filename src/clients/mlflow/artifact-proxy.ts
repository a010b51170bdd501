/**
 * Files behind the artifact proxy of an MLflow server (`mlflow server --serve-artifacts`, its
 * default): list, put, get and delete, by paths below the folder of one run.
 *
 * Names come from the server and are checked before one becomes a path here. The proxy gives no
 * checksums: the size that it lists is compared with what arrives. Runs whose files a client would
 * have to fetch from a bucket or a disk by itself are refused in words.
 */

import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

import type { Fields } from '../../core/json-shape.ts'
import { entryNameProblem } from '../../core/names.ts'
import { isMlstoreError, MlstoreError, throwIfAborted } from '../../errors.ts'
import type { HttpBody } from '../http.ts'
import { fileError } from './file-errors.ts'
import { listOf } from './records.ts'
import { type MlflowRequests, readAnswer } from './requests.ts'

export type ArtifactEntry = {
  /** In the folder that was listed. */
  readonly name: string
  readonly isFolder: boolean
  readonly sizeBytes: number
}

const proxyPath = 'api/2.0/mlflow-artifacts/artifacts'

export class ArtifactProxy {
  readonly #requests: MlflowRequests
  readonly #artifactUri: string
  /** Where the proxy is; it ends in a slash. */
  readonly #base: URL
  /** The folder of the run, without a slash at either end. */
  readonly #root: string

  /**
   * @param artifactUri Of a run.
   * @throws {MlstoreError} `REMOTE_UNSUPPORTED` if its files are not behind a proxy.
   */
  constructor(requests: MlflowRequests, artifactUri: string) {
    const { base, root } = placeOf(artifactUri, requests.at(proxyPath))
    this.#requests = requests
    this.#artifactUri = artifactUri
    this.#base = base
    this.#root = root
  }

  /** What is right in a folder; nothing when there is no such folder. `''` is that of the run. */
  async list(folder: string): Promise<readonly ArtifactEntry[]> {
    const url = new URL(this.#base.href.replace(/\/$/, ''))
    url.searchParams.set('path', joined(this.#root, folder))
    const answer = await this.#requests.read(url, this.#named(folder))
    return readAnswer(() => listOf(answer, 'files').map(readEntry))
  }

  /** Puts the bytes of a local file at `path`, over what is there. */
  async put(path: string, source: string): Promise<void> {
    const body = await bodyOf(source).catch(fileError(source))
    const request = { method: 'PUT', body } as const
    const response = await this.#requests.send(this.#urlOf(path), this.#named(path), request)
    await response.discard()
  }

  /**
   * Writes a file as `target`. After a failure it is not there.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` if the target is there already; `NOT_FOUND`;
   * `REMOTE_UNAVAILABLE` if fewer or more bytes arrive than were listed.
   */
  async get(path: string, sizeBytes: number, target: string): Promise<void> {
    const what = this.#named(path)
    const response = await this.#requests.send(this.#urlOf(path), what, {})
    const handle = await open(target, 'wx').catch(async (error: unknown) => {
      await response.discard()
      return fileError(target)(error)
    })
    const file = handle.createWriteStream()
    try {
      await pipeline(response.body, file)
      if (file.bytesWritten !== sizeBytes) throw wrongSize(what, sizeBytes, file.bytesWritten)
    } catch (error) {
      await rm(target, { force: true })
      if (isMlstoreError(error)) throw error
      throwIfAborted(this.#requests.signal)
      if (isOfDisk(error)) fileError(target)(error)
      throw new MlstoreError('REMOTE_UNAVAILABLE', `${what} broke off.`, { cause: error })
    }
  }

  /** Deletes a file, or a folder with all that is in it. */
  async delete(path: string): Promise<void> {
    const request = { method: 'DELETE' } as const
    const response = await this.#requests.send(this.#urlOf(path), this.#named(path), request)
    await response.discard()
  }

  #urlOf(path: string): URL {
    const names = joined(this.#root, path).split('/')
    return new URL(names.map(encodeURIComponent).join('/'), this.#base)
  }

  #named(path: string): string {
    return `The artifact ${joined(this.#artifactUri, path)}`
  }
}

function placeOf(
  artifactUri: string,
  ownProxy: URL,
): { readonly base: URL; readonly root: string } {
  const proxied = /^mlflow-artifacts:(?:\/\/([^/]*))?\/*(.*)$/.exec(artifactUri)
  if (proxied !== null) {
    const [, host = '', root = ''] = proxied
    const base = new URL(`${ownProxy.href}/`)
    if (host !== '') base.host = host
    return { base, root }
  }
  const direct = /^(https?:.*\/mlflow-artifacts\/artifacts\/)(.*)$/.exec(artifactUri)
  if (direct !== null) return { base: new URL(direct[1] ?? ''), root: direct[2] ?? '' }
  throw new MlstoreError(
    'REMOTE_UNSUPPORTED',
    `The files of this run are at ${artifactUri}, which its server does not pass on.`,
    {
      hint: 'Start the server with --serve-artifacts and without --default-artifact-root, and use a new experiment.',
    },
  )
}

function wrongSize(what: string, expected: number, actual: number): MlstoreError {
  const message = `${what} came with ${actual} bytes instead of ${expected}.`
  return new MlstoreError('REMOTE_UNAVAILABLE', message)
}

/** Of the two ends of a download, only the file is written to. */
function isOfDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write'
}

function joined(folder: string, path: string): string {
  return path === '' ? folder : `${folder}/${path}`
}

/**
 * A stream for each attempt, which never sends more than the length it announced. That the file can
 * be read is seen here: in a stream it would look as if the server failed.
 */
async function bodyOf(source: string): Promise<HttpBody> {
  const size = await readableSize(source)
  if (size === 0) return new Uint8Array()
  return { open: () => createReadStream(source, { start: 0, end: size - 1 }), sizeBytes: size }
}

async function readableSize(path: string): Promise<number> {
  const handle = await open(path)
  try {
    return (await handle.stat()).size
  } finally {
    await handle.close()
  }
}

/** Servers leave out the size of an empty file. */
function readEntry(fields: Fields): ArtifactEntry {
  const name = fields.string('path')
  const problem = entryNameProblem(name)
  if (problem !== undefined) throw fields.wrong('path', `${JSON.stringify(name)} ${problem}`)
  const isFolder = fields.boolean('is_dir')
  return { name, isFolder, sizeBytes: fields.has('file_size') ? fields.integer('file_size') : 0 }
}
