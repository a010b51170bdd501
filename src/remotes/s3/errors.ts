/**
 * What the answers of S3 stores mean: one table from error names to sentences with a next step.
 *
 * An error is told by its name and status alone, never by its text, which differs from store to
 * store. The SDK's error object is not kept as the cause: it holds key ids, signed strings and
 * the whole answer. What a person or a program needs from it is in `details`.
 */

import { MlstoreError } from '../../errors.ts'
import { refused, unavailable, unsupported } from '../failures.ts'
import { networkRow } from './network-errors.ts'

/** What was asked when the error came. */
export type RequestContext = {
  /** The remote's URL. */
  readonly remote: string
  /** In words: `reading log/00…1`. */
  readonly doing: string
  /** Where the store is, if it was said. */
  readonly address?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export type ErrorKind =
  | 'refused'
  /** Refused without saying whether the object exists. */
  | 'forbidden'
  | 'unsupported'
  | 'no space'
  | 'corrupt'
  | 'throttled'
  | 'down'
  /** Not reachable, and asking again does not help. */
  | 'broken'

export type ErrorRow = { readonly kind: ErrorKind; readonly says: string; readonly hint: string }

const checkLogin =
  'Check MLSTORE_S3_ACCESS_KEY_ID and MLSTORE_S3_SECRET_ACCESS_KEY, the profile, or run `mlstore login`.'
const tryLater = 'Nothing is lost; run the command again when the remote answers.'

const noCredentials: ErrorRow = {
  kind: 'refused',
  says: 'no credentials were found',
  hint: 'Set MLSTORE_S3_ACCESS_KEY_ID and MLSTORE_S3_SECRET_ACCESS_KEY, run `mlstore login`, use --profile, or --anonymous for a public bucket.',
}
const expired: ErrorRow = {
  kind: 'refused',
  says: 'the session of the credentials has expired',
  hint: 'Log in again (`aws sso login`, or a new session token), then run the command again; what was sent is kept.',
}
const wrongClock: ErrorRow = {
  kind: 'refused',
  says: 'the clock of this machine is too far off',
  hint: 'Set the clock (turn on network time), then run the command again.',
}
const wrongRegion: ErrorRow = {
  kind: 'refused',
  says: 'the bucket is in another region, or behind another endpoint',
  hint: 'Set --region, or --endpoint-url, of the remote.',
}
const denied: ErrorRow = {
  kind: 'forbidden',
  says: 'the credentials do not permit it',
  hint: 'Grant s3:GetObject, s3:PutObject and s3:ListBucket; without ListBucket a missing object looks forbidden.',
}
const lostRace: ErrorRow = {
  kind: 'down',
  says: 'another writer was at the same object',
  hint: 'Run the command again.',
}
const throttled: ErrorRow = {
  kind: 'throttled',
  says: 'the store asks for fewer requests',
  hint: 'Wait a while, then run the command again; what was sent is kept.',
}
const down: ErrorRow = { kind: 'down', says: 'the store cannot answer now', hint: tryLater }
const wrongChecksum: ErrorRow = {
  kind: 'down',
  says: 'the bytes that arrived were not the bytes that were sent',
  hint: 'If it happens again, a proxy on the way changes requests, or the store does not know the checksums that are used.',
}
const lacking: ErrorRow = {
  kind: 'unsupported',
  says: 'the store cannot do this',
  hint: 'Run `mlstore remote doctor`; a store without conditional writes can have one writer only.',
}
const full: ErrorRow = {
  kind: 'no space',
  says: 'the store has no space left for this bucket',
  hint: 'Free some space there or raise the quota.',
}

const rows: Readonly<Record<string, ErrorRow>> = {
  CredentialsProviderError: noCredentials,
  TokenProviderError: expired,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  InvalidToken: { ...expired, says: 'the session token is not valid' },
  InvalidAccessKeyId: {
    kind: 'refused',
    says: 'the store does not know the access key',
    hint: checkLogin,
  },
  SignatureDoesNotMatch: {
    kind: 'refused',
    says: 'the signature does not match: the secret key is wrong, or a proxy changes requests',
    hint: checkLogin,
  },
  AccessDenied: denied,
  AllAccessDisabled: denied,
  AccountProblem: denied,
  RequestTimeTooSkewed: wrongClock,
  RequestExpired: wrongClock,
  RequestInTheFuture: wrongClock,
  AuthorizationHeaderMalformed: wrongRegion,
  PermanentRedirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  NoSuchBucket: {
    kind: 'refused',
    says: 'there is no such bucket',
    hint: 'Create the bucket, or correct the URL with `mlstore remote set-url`.',
  },
  InvalidBucketName: {
    kind: 'refused',
    says: 'the store does not accept the name of the bucket',
    hint: 'Correct the URL with `mlstore remote set-url`.',
  },
  InvalidRange: {
    kind: 'corrupt',
    says: 'it is shorter than it should be',
    hint: 'Run `mlstore fsck --remote NAME` to see everything that is damaged.',
  },
  PreconditionFailed: lostRace,
  ConditionalRequestConflict: lostRace,
  ConcurrentModification: lostRace,
  OperationAborted: lostRace,
  NotImplemented: lacking,
  MethodNotAllowed: lacking,
  SlowDown: throttled,
  ServiceUnavailable: throttled,
  TooManyRequests: throttled,
  TooManyRequestsException: throttled,
  Throttling: throttled,
  ThrottlingException: throttled,
  RequestLimitExceeded: throttled,
  BandwidthLimitExceeded: throttled,
  InternalError: down,
  RequestTimeout: down,
  BadDigest: wrongChecksum,
  IncompleteBody: wrongChecksum,
  XAmzContentSHA256Mismatch: wrongChecksum,
  InvalidDigest: wrongChecksum,
  MissingContentMD5: lacking,
  QuotaExceeded: full,
  InsufficientCapacity: full,
  XMinioStorageFull: full,
  EntityTooLarge: {
    kind: 'refused',
    says: 'the object is larger than the store accepts',
    hint: 'Raise the limit of the store, or of the proxy in front of it.',
  },
  InvalidObjectState: {
    kind: 'refused',
    says: 'the object is archived',
    hint: 'Restore it in the store; do not move the objects of a remote to an archive class.',
  },
}

/** Answers without a name, as to HEAD, which has no body, or from a proxy. */
const statusRows: Readonly<Record<number, ErrorRow>> = {
  301: wrongRegion,
  307: wrongRegion,
  308: wrongRegion,
  401: { ...denied, kind: 'refused', hint: checkLogin },
  403: denied,
  404: {
    kind: 'refused',
    says: 'the answer does not come from an S3 store',
    hint: 'Check the --endpoint-url of the remote and the proxy in between.',
  },
  405: lacking,
  407: {
    kind: 'refused',
    says: 'the proxy wants a login',
    hint: 'Put it into HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT.',
  },
  408: down,
  409: lostRace,
  412: lostRace,
  413: rows['EntityTooLarge'] ?? down,
  416: rows['InvalidRange'] ?? down,
  429: throttled,
  499: down,
  501: lacking,
  503: throttled,
  507: full,
}

/** The parts of a foreign error that are looked at. */
type Clues = {
  readonly name: string
  /** The `code` of a system or TLS error. */
  readonly systemCode: string | undefined
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** Of a failure to reach the host. */
  readonly hostname: string | undefined
  readonly headers: Readonly<Record<string, unknown>>
}

/** Translates what the SDK threw; what is translated already stays. */
export function s3Error(error: unknown, context: RequestContext): MlstoreError {
  if (error instanceof MlstoreError) return error
  const clues = cluesOf(error)
  const row = rowOf(clues)
  const label = clues.systemCode ?? (clues.name || `status ${clues.status}`)
  const region = regionToldBy(error)
  const address = isUnanswered(clues) ? (context.address ?? clues.hostname) : undefined
  const told = address === undefined ? label : `${label}, ${address}`
  const message = `${context.remote}: ${context.doing}: ${row.says} (${told}).`
  const details = {
    error: label,
    ...(address === undefined ? {} : { address }),
    ...(clues.status === undefined ? {} : { status: clues.status }),
    ...(clues.requestId === undefined ? {} : { requestId: clues.requestId }),
    ...(region === undefined ? {} : { region }),
  }
  const hint = region === undefined ? row.hint : `Set --region ${region} for this remote.`
  return failureOf(row, { message, hint, details, retryAfterMs: retryAfterMsOf(clues.headers) })
}

/** Whether the key is absent, said by the store itself. HEAD has no body to say it in. */
export function isAbsent(error: unknown, isHead: boolean): boolean {
  const { name, status } = cluesOf(error)
  return name === 'NoSuchKey' || (isHead && status === 404 && name !== 'NoSuchBucket')
}

/** Whether the store answered that the condition of a conditional write does not hold. */
export function isPreconditionFailed(error: unknown): boolean {
  return cluesOf(error).status === 412
}

/** Whether the store found the time of the signature too far from its own. */
export function isClockError(error: unknown): boolean {
  return rows[cluesOf(error).name] === wrongClock
}

/** The region that an answer names as the right one. */
export function regionToldBy(error: unknown): string | undefined {
  const { name, status, headers } = cluesOf(error)
  const isRegionError =
    rows[name] === wrongRegion || (status !== undefined && statusRows[status] === wrongRegion)
  if (!isRegionError) return undefined
  const told = headers['x-amz-bucket-region'] ?? property(error, 'Region')
  return typeof told === 'string' && /^[a-z0-9-]{1,40}$/.test(told) ? told : undefined
}

type Failure = {
  readonly message: string
  readonly hint: string
  readonly details: Readonly<Record<string, unknown>>
  readonly retryAfterMs: number | undefined
}

function failureOf(row: ErrorRow, failure: Failure): MlstoreError {
  const { message, hint, details, retryAfterMs } = failure
  switch (row.kind) {
    case 'refused':
      return refused(message, { hint, details })
    case 'forbidden':
      return refused(message, { hint, details: { ...details, forbidden: true } })
    case 'unsupported':
      return unsupported(message, { hint, details })
    case 'no space':
      return new MlstoreError('NO_SPACE', message, { hint, details })
    case 'corrupt':
      return new MlstoreError('CORRUPT', message, { hint, details })
    case 'throttled':
      return unavailable(message, { hint, details, throttled: true, retryAfterMs })
    default:
      return unavailable(message, { hint, details, retryAfterMs, retryable: row.kind === 'down' })
  }
}

/** Nobody answered, so it matters who was asked. */
function isUnanswered({ name, status }: Clues): boolean {
  return status === undefined && rows[name] === undefined
}

function rowOf(clues: Clues): ErrorRow {
  const { name, systemCode, status } = clues
  const named = rows[name]
  if (named !== undefined) return named
  if (status === undefined) return networkRow(systemCode)
  const byStatus = statusRows[status]
  if (byStatus !== undefined) return byStatus
  if (status >= 500 || status < 300) return down
  return {
    kind: 'refused',
    says: `the store refuses the request with status ${status}`,
    hint: 'Run `mlstore remote doctor` to see what this store can do.',
  }
}

function cluesOf(error: unknown): Clues {
  const metadata = property(error, '$metadata')
  const response = property(error, '$response')
  const status = property(metadata, 'httpStatusCode') ?? property(response, 'statusCode')
  const code = property(error, 'code')
  const name = property(error, 'name')
  const requestId = property(metadata, 'requestId')
  const hostname = property(error, 'hostname')
  return {
    name: typeof name === 'string' ? name : '',
    systemCode: typeof code === 'string' && /^[A-Z_0-9]+$/.test(code) ? code : undefined,
    status: typeof status === 'number' ? status : undefined,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    hostname: typeof hostname === 'string' ? hostname : undefined,
    headers: headersOf(property(response, 'headers')),
  }
}

function headersOf(headers: unknown): Readonly<Record<string, unknown>> {
  return typeof headers === 'object' && headers !== null ? { ...headers } : {}
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Reflect.get(value, name)
}

/** `Retry-After` in seconds, or as a time, which is compared with the store's own clock. */
function retryAfterMsOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  const text = headers['retry-after']
  if (typeof text !== 'string') return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const delayMs = Date.parse(text) - Date.parse(String(headers['date']))
  return delayMs >= 0 ? delayMs : undefined
}
