/**
 * Remote URLs: `s3://bucket/prefix`, `file:///folder`, or the absolute path of a folder.
 *
 * Everything that people try instead gets an error that names what to write. A URL is stored in
 * files and shown in messages, so one that holds a password is refused, and not repeated.
 */

import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { invalidArgument } from '../errors.ts'

export type RemotePlace =
  | {
      readonly kind: 's3'
      readonly bucket: string
      /** Without slashes at its ends; `` for the whole bucket. */
      readonly prefix: string
    }
  | { readonly kind: 'directory'; readonly path: string }
  /** Another scheme, without its colon: known or not, is for the caller to say. */
  | { readonly kind: 'other'; readonly scheme: string }

/** AWS wants 3 to 63 lowercase characters; other stores are more generous. */
const bucketPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/
const prefixSegmentPattern = /^[A-Za-z0-9!_.*'()=+@,:-]+$/

/** @throws {MlstoreError} `INVALID_ARGUMENT`, saying what a remote's URL looks like. */
export function parseRemoteUrl(url: string): RemotePlace {
  if (isAbsolute(url)) return { kind: 'directory', path: resolve(url) }
  const match = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?<rest>.*)$/s.exec(url)
  const scheme = match?.groups?.['scheme']?.toLowerCase()
  const rest = match?.groups?.['rest'] ?? ''
  if (scheme === undefined) {
    throw invalidArgument(
      `Not the URL of a remote: ${JSON.stringify(url)}.`,
      'Give s3://bucket/prefix, file:///folder, or a folder by its absolute path.',
    )
  }
  if (scheme === 's3') return parseS3(rest)
  if (scheme === 'file') return { kind: 'directory', path: parseFile(url) }
  return { kind: 'other', scheme }
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` for a scheme that no remote has. */
export function unknownScheme(scheme: string): Error {
  const hints: Readonly<Record<string, string>> = {
    http: 'Give s3://BUCKET/PREFIX as the URL and the server with --endpoint-url http://HOST:PORT.',
    https: 'Give s3://BUCKET/PREFIX as the URL and the server with --endpoint-url https://HOST.',
    gs: 'Google Cloud Storage speaks S3 at --endpoint-url https://storage.googleapis.com with HMAC keys, but promises no conditional writes.',
    r2: 'Give s3://BUCKET/PREFIX and --endpoint-url https://ACCOUNT.r2.cloudflarestorage.com.',
    minio: 'Give s3://BUCKET/PREFIX and --endpoint-url with the address of the MinIO server.',
    s3a: 'Write s3:// instead of s3a://.',
    s3n: 'Write s3:// instead of s3n://.',
  }
  const general = 'A remote is an S3 bucket (s3://bucket/prefix) or a folder (file:///folder).'
  return invalidArgument(`${scheme}: is no kind of remote.`, hints[scheme] ?? general)
}

function parseS3(rest: string): RemotePlace {
  if (rest.includes('@') && /^\/\/[^/]*@/.test(rest)) {
    throw invalidArgument(
      'The URL of a remote may not hold a key or a password.',
      'Use MLSTORE_S3_ACCESS_KEY_ID and MLSTORE_S3_SECRET_ACCESS_KEY, or `mlstore login`.',
    )
  }
  const [bucket = '', ...segments] = rest.replace(/^\/\//, '').replace(/\/+$/, '').split('/')
  if (!rest.startsWith('//') || bucket === '') {
    throw invalidArgument(`No bucket in s3:${rest}.`, 'Write s3://bucket/prefix.')
  }
  if (!bucketPattern.test(bucket)) {
    throw invalidArgument(
      `Not the name of a bucket: ${JSON.stringify(bucket)}.`,
      'Bucket names are 3 to 63 lowercase letters, digits, dots and hyphens; ARNs are not taken.',
    )
  }
  const bad = segments.find((name) => !prefixSegmentPattern.test(name) || /^\.+$/.test(name))
  if (bad !== undefined) {
    throw invalidArgument(
      `Not usable in the prefix of a remote: ${JSON.stringify(bad)}.`,
      "Use letters, digits and !_.*'()=+@,:- between single slashes.",
    )
  }
  return { kind: 's3', bucket, prefix: segments.join('/') }
}

function parseFile(url: string): string {
  try {
    return resolve(fileURLToPath(url))
  } catch (cause) {
    throw invalidArgument(
      `Not the URL of a folder here: ${JSON.stringify(url)}${cause instanceof Error ? ` (${cause.message})` : ''}.`,
      'Write file:///folder with three slashes, or the absolute path alone.',
    )
  }
}
