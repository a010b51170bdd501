/**
 * A remote in an S3 bucket. Each request is made once here; `retrying.ts` repeats those that may be.
 *
 * Bodies are whole buffers, never streams: a stream cannot be signed as it stands, and stores
 * differ in which of its encodings they know. Objects are deleted one by one, because the bulk
 * form wants checksums that half of the stores compute in another way.
 */

import type {
  PutObjectCommand,
  PutObjectCommandInput,
  ServerSideEncryption,
} from '@aws-sdk/client-s3'

import type { Digest } from '../../core/digest.ts'
import { isMlstoreError, type MlstoreError, throwIfAborted } from '../../errors.ts'
import type {
  ByteRange,
  CreateOutcome,
  GetOptions,
  ListOptions,
  PutOptions,
  Remote,
  RemoteObject,
  RequestOptions,
} from '../../ports/remote.ts'
import { unavailable, unsupported } from '../failures.ts'
import { checkKey, checkRange, checkRangeInside } from '../keys.ts'
import { discardBody, readBody } from './body.ts'
import type { S3Connection } from './connection.ts'
import { isAbsent, isPreconditionFailed, type RequestContext } from './errors.ts'

export type S3RemoteOptions = {
  readonly url: string
  readonly bucket: string
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string
  readonly encryption?:
    | { readonly sse: ServerSideEncryption; readonly kmsKeyId?: string }
    | undefined
}

export class S3Remote implements Remote {
  readonly url: string
  readonly #bucket: string
  readonly #prefix: string
  readonly #encryption: Partial<PutObjectCommandInput>
  readonly #connection: S3Connection

  constructor(connection: S3Connection, options: S3RemoteOptions) {
    this.url = options.url
    this.#bucket = options.bucket
    this.#prefix = options.prefix === '' ? '' : `${options.prefix}/`
    this.#encryption = encryptionFields(options)
    this.#connection = connection
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkKey(key)
    checkRange(options.range)
    const { range, into, signal } = options
    const what = `${this.url}: reading ${key}`
    const answer = await this.#connection.send(
      this.#context(`reading ${key}`, signal),
      (exchange) => {
        const { client, sdk } = exchange
        const header = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }
        const command = new sdk.GetObjectCommand({ ...this.#address(key), ...header })
        return client.send(command, exchange.options).catch(undefinedIfAbsent(false))
      },
    )
    if (answer === undefined) return undefined
    const { Body: body, ContentLength: sizeBytes, ContentRange: given } = answer
    try {
      if (range !== undefined) checkGivenRange(what, { range, given, sizeBytes })
    } catch (error) {
      discardBody(body)
      throw error
    }
    const { stallMs } = this.#connection.limits
    return readBody(body, { what, sizeBytes, stallMs, into, signal })
  }

  async head(key: string, options: RequestOptions = {}): Promise<RemoteObject | undefined> {
    checkKey(key)
    const context = this.#context(`looking for ${key}`, options.signal)
    const answer = await this.#connection.send(context, ({ client, sdk, options: sending }) =>
      client
        .send(new sdk.HeadObjectCommand(this.#address(key)), sending)
        .catch(undefinedIfAbsent(true)),
    )
    if (answer === undefined) return undefined
    const { ContentLength: sizeBytes, LastModified: modifiedAt } = answer
    if (sizeBytes === undefined || modifiedAt === undefined) throw incomplete(context)
    return { key, sizeBytes, modifiedAt }
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<void> {
    checkKey(key)
    const { signal, digest } = options
    await this.#write(this.#context(`writing ${key}`, signal), key, { bytes, digest })
  }

  async create(
    key: string,
    bytes: Uint8Array,
    options: RequestOptions = {},
  ): Promise<CreateOutcome> {
    checkKey(key)
    const context = this.#context(`creating ${key}`, options.signal)
    try {
      return await this.#write(context, key, { bytes, condition: '*' })
    } catch (error) {
      if (isMlstoreError(error, 'REMOTE_UNAVAILABLE') && mayBeDone(error)) return 'unknown'
      throw error
    }
  }

  async delete(key: string, options: RequestOptions = {}): Promise<void> {
    checkKey(key)
    const context = this.#context(`deleting ${key}`, options.signal)
    await this.#connection.send(context, ({ client, sdk, options: sending }) =>
      client
        .send(new sdk.DeleteObjectCommand(this.#address(key)), sending)
        .catch(undefinedIfAbsent(false)),
    )
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<RemoteObject> {
    const context = this.#context(`listing ${prefix}`, options.signal)
    let last = options.after ?? ''
    let token: string | undefined
    do {
      const page = await this.#listPage(context, { prefix, after: options.after, token })
      for (const object of page.objects) {
        throwIfAborted(options.signal)
        if (!isAfter(object.key, last)) throw unordered(context)
        last = object.key
        yield object
      }
      if (page.next !== undefined && page.next === token) throw incomplete(context)
      token = page.next
    } while (token !== undefined)
  }

  async close(): Promise<void> {
    this.#connection.close()
    await Promise.resolve()
  }

  async #write(
    context: RequestContext,
    key: string,
    { bytes, digest, condition }: Write,
  ): Promise<'created' | 'exists'> {
    const input: PutObjectCommandInput = {
      ...this.#address(key),
      ...this.#encryption,
      ...(condition === undefined ? {} : { IfNoneMatch: condition }),
      Body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    }
    const known = await digest?.()
    const answer = await this.#connection.send(context, ({ client, sdk, options }) => {
      const command = new sdk.PutObjectCommand(input)
      if (known !== undefined) tellDigest(command, known)
      return client.send(command, options).catch((error: unknown) => {
        if (condition !== undefined && isPreconditionFailed(error)) return 'exists' as const
        throw error
      })
    })
    if (answer === 'exists') return 'exists'
    // A proxy's page that says "200 OK" stored nothing.
    if (answer.ETag === undefined) throw incomplete(context)
    return 'created'
  }

  async #listPage(context: RequestContext, from: PageStart): Promise<Page> {
    const start = from.token === undefined ? from.after : undefined
    const answer = await this.#connection.send(context, ({ client, sdk, options }) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: `${this.#prefix}${from.prefix}`,
          ...(from.token === undefined ? {} : { ContinuationToken: from.token }),
          ...(start === undefined ? {} : { StartAfter: `${this.#prefix}${start}` }),
        }),
        options,
      ),
    )
    if (answer.IsTruncated === undefined) throw incomplete(context)
    if (answer.IsTruncated && answer.NextContinuationToken === undefined) throw incomplete(context)
    const objects = (answer.Contents ?? []).map((entry) => {
      const { Key: key, Size: sizeBytes, LastModified: modifiedAt } = entry
      const isOurs = key?.startsWith(`${this.#prefix}${from.prefix}`) === true
      if (!isOurs || sizeBytes === undefined || modifiedAt === undefined) throw incomplete(context)
      return { key: key.slice(this.#prefix.length), sizeBytes, modifiedAt }
    })
    return { objects, next: answer.IsTruncated ? answer.NextContinuationToken : undefined }
  }

  #address(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${key}` }
  }

  #context(doing: string, signal: AbortSignal | undefined): RequestContext {
    return { remote: this.url, doing, signal }
  }
}

type Write = {
  readonly bytes: Uint8Array
  readonly digest?: PutOptions['digest']
  readonly condition?: '*'
}

type PageStart = {
  readonly prefix: string
  readonly after: string | undefined
  readonly token: string | undefined
}

type Page = { readonly objects: readonly RemoteObject[]; readonly next: string | undefined }

type GivenRange = {
  readonly range: ByteRange
  /** `Content-Range`: `bytes 0-9/100`, the total may be `*`. */
  readonly given: string | undefined
  readonly sizeBytes: number | undefined
}

/** Makes sure that the answer is the range that was asked for, before any of it is read. */
function checkGivenRange(what: string, { range, given, sizeBytes }: GivenRange): void {
  const { start, end } = range
  if (given === undefined) {
    if (sizeBytes !== undefined) checkRangeInside(what, range, sizeBytes)
    if (start === 0 && sizeBytes === end) return
    throw unsupported(`${what}: the whole object was given instead of a range.`, {
      hint: 'The store, or a proxy in front of it, ignores byte ranges; use another one.',
    })
  }
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(given) ?? []
  if (total !== undefined && total !== '*') checkRangeInside(what, range, Number(total))
  if (Number(first) === start && Number(last) === end - 1) return
  throw unavailable(`${what}: ${given} was given instead of bytes ${start}-${end - 1}.`)
}

/** An answer that no S3 store gives: of a proxy, or of a store with a bug. */
function incomplete(context: RequestContext): MlstoreError {
  return unavailable(
    `${context.remote}: ${context.doing}: the answer is not that of an S3 store.`,
    {
      hint: 'Check the --endpoint-url of the remote, and proxies and login pages in between.',
    },
  )
}

function unordered(context: RequestContext): MlstoreError {
  return unsupported(`${context.remote}: ${context.doing}: the keys are not in order.`, {
    hint: 'Use a general purpose bucket; directory buckets list in no order.',
  })
}

/** Whether a failed write may have reached the store all the same. */
function mayBeDone(error: MlstoreError): boolean {
  return error.details?.['retryable'] !== false
}

function undefinedIfAbsent(isHead: boolean): (error: unknown) => undefined {
  return (error) => {
    if (isAbsent(error, isHead)) return undefined
    throw error
  }
}

/** The signer takes the digest that it finds in this header, instead of hashing the body. */
function tellDigest(command: PutObjectCommand, digest: Digest): void {
  command.middlewareStack.add(
    (next) => (step) => {
      const { request } = step
      if (hasHeaders(request)) request.headers['x-amz-content-sha256'] = digest
      return next(step)
    },
    { step: 'build', name: 'mlstoreDigest' },
  )
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request
}

/** S3 orders keys by their bytes. */
function isAfter(key: string, last: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(last)) > 0
}

function encryptionFields(options: S3RemoteOptions): Partial<PutObjectCommandInput> {
  if (options.encryption === undefined) return {}
  const { sse, kmsKeyId } = options.encryption
  return {
    ServerSideEncryption: sse,
    ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
  }
}
