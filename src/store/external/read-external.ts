/**
 * Reads objects of the user piece by piece, each in the state that a version recorded.
 *
 * What is there now and is not what was recorded is `DIGEST_MISMATCH`, never data.
 */

import { type Digest, DigestStream } from '../../core/digest.ts'
import type { ExternalListing, ExternalObject } from '../../core/external-objects.ts'
import { digestMismatch, isMlstoreError, MlstoreError, throwIfAborted } from '../../errors.ts'
import type { ExternalFolder } from '../../ports/external-folder.ts'
import type { StoreParts } from '../parts.ts'
import { withRetries } from '../retries.ts'
import { settingsForUri } from '../remote-for-bucket.ts'

export type ExternalReading = {
  readonly clock: StoreParts['clock']
  readonly folder: ExternalFolder
  readonly signal: AbortSignal | undefined
}

/** Bytes of one request: large enough to hide its cost, small enough to hold a few. */
const pieceBytes = 8 * 1024 * 1024

/** Opens the place at a URI for as long as `work` runs. */
export async function withExternal<Result>(
  parts: Pick<StoreParts, 'config' | 'openExternal'>,
  uri: string,
  work: (folder: ExternalFolder) => Promise<Result>,
): Promise<Result> {
  const folder = await parts.openExternal(settingsForUri(parts.config(), uri))
  try {
    return await work(folder)
  } finally {
    await folder.close()
  }
}

/** Everything that is at the place now, with ETags where it has them. */
export function listExternal(reading: ExternalReading): Promise<ExternalObject[]> {
  const { folder, signal } = reading
  return withRetries(reading, async () => {
    const found: ExternalObject[] = []
    for await (const { path, sizeBytes, etag } of folder.list({ signal })) {
      found.push(etag === undefined ? { path, sizeBytes } : { path, sizeBytes, etag })
    }
    return found
  })
}

/** The digest of an object, which is read for it. */
export async function digestOfExternal(
  reading: ExternalReading,
  object: ExternalObject,
): Promise<Digest> {
  const hash = new DigestStream()
  for await (const piece of pieces(reading, object)) hash.update(piece)
  return hash.end()
}

/**
 * The bytes of an object; the last piece is given only when all of it is what was recorded.
 *
 * @throws {MlstoreError} `DIGEST_MISMATCH`, `OBJECT_MISSING`.
 */
export async function* readExternal(
  reading: ExternalReading,
  object: ExternalObject,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = new DigestStream()
  let last: Uint8Array | undefined
  for await (const piece of pieces(reading, object)) {
    hash.update(piece)
    if (last !== undefined) yield last
    last = piece
  }
  const digest = hash.end()
  if (object.sha256 !== undefined && object.sha256 !== digest) {
    throw changed(reading, object, object.sha256, digest)
  }
  if (last !== undefined) yield last
}

/**
 * Makes sure that everything recorded is there in the same state, as far as the place tells without
 * being read. What came since is left alone.
 *
 * @throws {MlstoreError} `OBJECT_MISSING`, `DIGEST_MISMATCH`; the paths are in `details.paths`.
 */
export async function checkUnchanged(
  reading: ExternalReading,
  { uri, objects }: ExternalListing,
): Promise<void> {
  const now = new Map((await listExternal(reading)).map((object) => [object.path, object]))
  const missing = objects.filter(({ path }) => !now.has(path))
  if (missing.length > 0) {
    throw new MlstoreError('OBJECT_MISSING', `${uri} does not have ${some(missing)} any more.`, {
      hint: 'The version names bytes that somebody else keeps: ask for them, or link the place again.',
      details: { paths: missing.map(({ path }) => path) },
    })
  }
  const differing = objects.filter((object) => !isSameState(object, now.get(object.path)))
  if (differing.length === 0) return
  throw new MlstoreError('DIGEST_MISMATCH', `${uri} has other bytes in ${some(differing)} now.`, {
    hint: 'The version names bytes that have changed since: link the place again for a new version.',
    details: { paths: differing.map(({ path }) => path) },
  })
}

async function* pieces(
  reading: ExternalReading,
  object: ExternalObject,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { folder, signal } = reading
  const { path, sizeBytes, etag } = object
  for (let start = 0; start < sizeBytes; start += pieceBytes) {
    throwIfAborted(signal)
    const range = { start, end: Math.min(start + pieceBytes, sizeBytes) }
    const piece = await withRetries(reading, () =>
      folder.read(path, { range, etag, signal }),
    ).catch((error: unknown) => {
      // It is shorter than it was.
      if (!isMlstoreError(error, 'CORRUPT')) throw error
      throw changed(reading, object, `${sizeBytes} bytes`, 'fewer')
    })
    if (piece === undefined) throw gone(reading, object)
    yield piece
  }
}

function isSameState(recorded: ExternalObject, now: ExternalObject | undefined): boolean {
  return recorded.sizeBytes === now?.sizeBytes && recorded.etag === now.etag
}

function changed(
  { folder }: ExternalReading,
  { path }: ExternalObject,
  expected: string,
  actual: string,
): MlstoreError {
  const { code, message } = digestMismatch(`${folder.uri}/${path}`, expected, actual)
  const hint = 'Its owner changed it: link the place again for a new version.'
  return new MlstoreError(code, message, { hint, details: { paths: [path] } })
}

function gone({ folder }: ExternalReading, { path }: ExternalObject): MlstoreError {
  return new MlstoreError('OBJECT_MISSING', `${folder.uri}/${path} is not there any more.`, {
    details: { paths: [path] },
  })
}

function some(objects: readonly ExternalObject[]): string {
  const [first, ...others] = objects
  const name = JSON.stringify(first?.path)
  return others.length === 0 ? name : `${name} and ${others.length} more`
}
