/**
 * Objects of the user below a prefix of a bucket.
 *
 * Each request is made once. An object is read only in the state that the caller knows: `If-Match`
 * with its ETag makes the store refuse any other.
 */

import { digestMismatch, type MlstoreError, throwIfAborted } from '../../errors.ts'
import type { ExternalEntry, ExternalFolder, ExternalRead } from '../../ports/external-folder.ts'
import type { RequestOptions } from '../../ports/remote.ts'
import { unavailable } from '../failures.ts'
import { checkRange, checkRangeInside } from '../keys.ts'
import { discardBody, readBody } from './body.ts'
import type { Exchange, S3Connection } from './connection.ts'
import { isAbsent, isPreconditionFailed, type RequestContext } from './errors.ts'

export type S3ExternalPlace = {
  readonly uri: string
  readonly bucket: string
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string
}

export class S3ExternalFolder implements ExternalFolder {
  readonly uri: string
  readonly #bucket: string
  readonly #prefix: string
  readonly #connection: S3Connection
  #requests = 0

  constructor(connection: S3Connection, { uri, bucket, prefix }: S3ExternalPlace) {
    this.uri = uri
    this.#bucket = bucket
    this.#prefix = prefix === '' ? '' : `${prefix}/`
    this.#connection = connection
  }

  get requests(): number {
    return this.#requests
  }

  async *list(options: RequestOptions = {}): AsyncGenerator<ExternalEntry> {
    let token: string | undefined
    do {
      const page = await this.#listPage(token, options.signal)
      for (const entry of page.entries) {
        throwIfAborted(options.signal)
        yield entry
      }
      if (page.next !== undefined && page.next === token) throw this.#odd()
      token = page.next
    } while (token !== undefined)
  }

  async read(path: string, options: ExternalRead): Promise<Uint8Array | undefined> {
    const { range, etag, signal } = options
    checkRange(range)
    const what = `${this.uri}: reading ${path}`
    const answer = await this.#send(
      `reading ${path}`,
      signal,
      ({ client, sdk, options: sending }) =>
        client
          .send(
            new sdk.GetObjectCommand({
              Bucket: this.#bucket,
              Key: `${this.#prefix}${path}`,
              Range: `bytes=${range.start}-${range.end - 1}`,
              ...(etag === undefined ? {} : { IfMatch: `"${etag}"` }),
            }),
            sending,
          )
          .catch(answerWithoutBody),
    )
    if (answer === undefined) return undefined
    if (answer === 'changed') throw changed(what, etag, 'another state')
    const { Body: body, ContentLength: sizeBytes, ContentRange: given } = answer
    try {
      checkAnswer(what, { given, sizeBytes, state: answer.ETag }, options)
    } catch (error) {
      discardBody(body)
      throw error
    }
    return readBody(body, { what, sizeBytes, stallMs: this.#connection.limits.stallMs, signal })
  }

  async close(): Promise<void> {
    this.#connection.close()
    await Promise.resolve()
  }

  async #listPage(token: string | undefined, signal: AbortSignal | undefined): Promise<Page> {
    const answer = await this.#send('listing it', signal, ({ client, sdk, options }) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#prefix,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
        options,
      ),
    )
    const { IsTruncated: isTruncated, NextContinuationToken: next } = answer
    if (isTruncated === undefined || (isTruncated && next === undefined)) throw this.#odd()
    const entries = (answer.Contents ?? []).flatMap(({ Key: key, Size: sizeBytes, ETag: etag }) => {
      const isHere = key?.startsWith(this.#prefix) === true
      if (!isHere || sizeBytes === undefined || etag === undefined) throw this.#odd()
      const path = key.slice(this.#prefix.length)
      // Consoles make empty objects of such names, so that a folder can be seen.
      const isFolderMark = sizeBytes === 0 && (path === '' || path.endsWith('/'))
      return isFolderMark ? [] : [{ path, sizeBytes, etag: withoutQuotes(etag) }]
    })
    return { entries, next: isTruncated ? next : undefined }
  }

  #send<Answer>(
    doing: string,
    signal: AbortSignal | undefined,
    request: (exchange: Exchange) => Promise<Answer>,
  ): Promise<Answer> {
    this.#requests += 1
    const context: RequestContext = { remote: this.uri, doing, signal }
    return this.#connection.send(context, request)
  }

  #odd(): MlstoreError {
    return unavailable(`${this.uri}: the answer is not that of an S3 store.`, {
      hint: 'Check the endpoint, and proxies and login pages in between.',
    })
  }
}

type Page = { readonly entries: readonly ExternalEntry[]; readonly next: string | undefined }

type Given = {
  readonly given: string | undefined
  readonly sizeBytes: number | undefined
  readonly state: string | undefined
}

/** Makes sure that the answer is the range of the state that was asked for. */
function checkAnswer(what: string, { given, sizeBytes, state }: Given, asked: ExternalRead): void {
  const { range, etag } = asked
  const [, total] = /^bytes \d+-\d+\/(\d+)$/.exec(given ?? '') ?? []
  if (total !== undefined) checkRangeInside(what, range, Number(total))
  if (sizeBytes !== range.end - range.start) {
    throw unavailable(`${what}: ${sizeBytes ?? 'some'} bytes were given instead of a range.`)
  }
  // A store that does not know If-Match says all the same what it gave.
  if (etag === undefined || state === undefined || withoutQuotes(state) === etag) return
  throw changed(what, etag, withoutQuotes(state))
}

/** Answers that are no failure of the request: nothing is there, or not what was expected. */
function answerWithoutBody(error: unknown): 'changed' | undefined {
  if (isAbsent(error, false)) return undefined
  if (isPreconditionFailed(error)) return 'changed'
  throw error
}

function changed(what: string, etag = '', found = ''): MlstoreError {
  return digestMismatch(what, `the ETag ${etag}`, found)
}

function withoutQuotes(etag: string): string {
  return etag.replace(/^"(.*)"$/s, '$1')
}
