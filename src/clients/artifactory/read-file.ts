/**
 * Downloads one file: verified, and going on where the connection was lost.
 *
 * The manifest says what the bytes are. They are hashed as they arrive, whatever headers say.
 */

import { DigestStream } from '../../core/digest.ts'
import type { PackageFile } from '../../core/packages/package.ts'
import { digestMismatch, MlstoreError, throwIfAborted } from '../../errors.ts'
import { type HttpResponse, shownUrl } from '../http.ts'
import { type ArtifactoryConnection, refusal } from './connection.ts'

export type ReadRequest = {
  readonly url: URL
  readonly file: PackageFile
  readonly signal?: AbortSignal | undefined
  /** Told of bytes as they arrive. */
  readonly onBytes: (bytes: number) => void
}

/** How often the rest is asked for before giving up. */
const resumptionsMax = 4

/** @throws {MlstoreError} `DIGEST_MISMATCH`, `NOT_FOUND`, `REMOTE_UNAVAILABLE`, `REMOTE_REFUSED`. */
export async function* readFile(
  connection: ArtifactoryConnection,
  { url, file, signal, onBytes }: ReadRequest,
): AsyncGenerator<Uint8Array> {
  const hash = new DigestStream()
  let position = 0
  for (let lost = 0; ; lost += 1) {
    const answer = await ask(connection, url, { position, file, signal })
    try {
      for await (const piece of piecesOf(answer, position)) {
        position += piece.length
        if (position > file.sizeBytes)
          throw wrongBytes(url, file, `more than ${file.sizeBytes} bytes`)
        hash.update(piece)
        onBytes(piece.length)
        yield piece
      }
      if (position === file.sizeBytes) break
      if (lost === resumptionsMax) throw wrongBytes(url, file, `${position} bytes`)
    } catch (error) {
      throwIfAborted(signal)
      if (error instanceof MlstoreError) throw error
      if (lost === resumptionsMax) throw lostConnection(url, error)
    }
  }
  const digest = hash.end()
  if (digest !== file.digest) throw wrongBytes(url, file, digest)
}

type Wanted = Pick<ReadRequest, 'file' | 'signal'> & { readonly position: number }

async function ask(
  connection: ArtifactoryConnection,
  url: URL,
  { position, file, signal }: Wanted,
): Promise<HttpResponse> {
  const headers = position === 0 ? {} : { range: `bytes=${position}-` }
  const answer = await connection.send(url, { headers, signal })
  if (answer.status === 200 || (answer.status === 206 && position > 0)) return answer
  throw await refusal(url, answer, `The file ${file.path}`)
}

/** A server that knows no ranges begins anew: what was had is skipped. */
async function* piecesOf(answer: HttpResponse, position: number): AsyncGenerator<Uint8Array> {
  let skip = answer.status === 206 ? 0 : position
  for await (const piece of answer.body) {
    if (!(piece instanceof Uint8Array)) continue
    if (skip < piece.length) yield piece.subarray(skip)
    skip = Math.max(0, skip - piece.length)
  }
}

function wrongBytes(url: URL, { path, digest }: PackageFile, actual: string): MlstoreError {
  const { message, code } = digestMismatch(`${path} from ${shownUrl(url)}`, digest, actual)
  return new MlstoreError(code, message, {
    hint: 'The server has other bytes than its manifest says: upload the version again.',
  })
}

function lostConnection(url: URL, cause: unknown): MlstoreError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new MlstoreError('REMOTE_UNAVAILABLE', `${url.origin} broke off: ${why}.`, {
    hint: 'Check the network, and try again.',
    cause,
  })
}
