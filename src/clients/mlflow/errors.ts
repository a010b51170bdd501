/**
 * What a server of MLflow says when it refuses, in our codes.
 *
 * The server's own code stays in `details.errorCode`: some callers act on it, and people find it in
 * the documentation of MLflow.
 */

import { type ErrorCode, isMlstoreError, MlstoreError } from '../../errors.ts'
import { shownUrl } from '../http.ts'

/** Codes of MLflow 3 that name a failure more exactly than the status does. */
const codes: ReadonlyMap<string, ErrorCode> = new Map([
  ...codesFor('NOT_FOUND', ['RESOURCE_DOES_NOT_EXIST', 'NOT_FOUND']),
  ...codesFor('INVALID_ARGUMENT', [
    'INVALID_PARAMETER_VALUE',
    'BAD_REQUEST',
    'MALFORMED_REQUEST',
    'SEARCH_QUERY_TOO_LONG',
    'SEARCH_QUERY_TOO_SHORT',
  ]),
  ...codesFor('REFUSED', [
    'RESOURCE_ALREADY_EXISTS',
    'ALREADY_EXISTS',
    'RESOURCE_CONFLICT',
    'ABORTED',
    'INVALID_STATE',
    'INVALID_STATE_TRANSITION',
    'DIRECTORY_NOT_EMPTY',
    'DIRECTORY_PROTECTED',
    'DRY_RUN_FAILED',
    'PARTIAL_DELETE',
  ]),
  ...codesFor('REMOTE_REFUSED', [
    'PERMISSION_DENIED',
    'UNAUTHENTICATED',
    'CUSTOMER_UNAUTHORIZED',
    'PERMISSION_NOT_PROPAGATED',
    'QUOTA_EXCEEDED',
    'RESOURCE_LIMIT_EXCEEDED',
    'MAX_BLOCK_SIZE_EXCEEDED',
    'MAX_LIST_SIZE_EXCEEDED',
    'MAX_READ_SIZE_EXCEEDED',
    'UNPARSEABLE_HTTP_ERROR',
  ]),
  ...codesFor('REMOTE_UNSUPPORTED', ['ENDPOINT_NOT_FOUND', 'NOT_IMPLEMENTED', 'FEATURE_DISABLED']),
  ...codesFor('REMOTE_UNAVAILABLE', [
    'INTERNAL_ERROR',
    'TEMPORARILY_UNAVAILABLE',
    'WORKSPACE_TEMPORARILY_UNAVAILABLE',
    'SERVICE_UNDER_MAINTENANCE',
    'DEADLINE_EXCEEDED',
    'DEPLOYMENT_TIMEOUT',
    'REQUEST_LIMIT_EXCEEDED',
    'RESOURCE_EXHAUSTED',
    'COULD_NOT_ACQUIRE_LOCK',
    'CANCELLED',
    'IO_ERROR',
  ]),
  ...codesFor('CORRUPT', ['DATA_LOSS']),
])

const passingStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])

export type Refusal = {
  readonly url: URL
  readonly status: number
  /** What was asked for, as a sentence's subject: `The run 12ab`. */
  readonly what: string
  /** The body of the answer. */
  readonly text: string
}

/** The error that an answer other than 2xx is. */
export function refusalError({ url, status, what, text }: Refusal): MlstoreError {
  const { errorCode, message } = answerOf(text)
  const known = errorCode === undefined ? undefined : codes.get(errorCode)
  const code = known ?? codeOfStatus(status)
  const said = message === undefined ? '' : `: ${message.slice(0, 500)}`
  const where = shownUrl(url)
  const name = errorCode === undefined ? String(status) : `${status} ${errorCode}`
  return new MlstoreError(code, `${what}: ${where} answered ${name}${said}`, {
    hint: hintOf(status, errorCode),
    details: { status, ...(errorCode !== undefined && { errorCode }) },
  })
}

/** Whether the server itself refused, and with this code. */
export function isRefusal(error: unknown, errorCode: string): boolean {
  return isMlstoreError(error) && error.details?.['errorCode'] === errorCode
}

function codesFor(code: ErrorCode, theirs: readonly string[]): [string, ErrorCode][] {
  return theirs.map((name) => [name, code])
}

/** A 404 in other words than MLflow's comes from a server that is none, or from a wrong path. */
function codeOfStatus(status: number): ErrorCode {
  if (status === 404 || status === 405 || status === 501) return 'REMOTE_UNSUPPORTED'
  return passingStatuses.has(status) ? 'REMOTE_UNAVAILABLE' : 'REMOTE_REFUSED'
}

function hintOf(status: number, errorCode: string | undefined): string | undefined {
  if (status === 401 || status === 403) {
    return 'Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.'
  }
  if (errorCode !== undefined) return undefined
  if (status === 404) return 'Check the tracking URI: it is the URL that the MLflow UI opens at.'
  return undefined
}

/** Proxies and login pages answer in other words; those are not shown. */
function answerOf(text: string): { readonly errorCode?: string; readonly message?: string } {
  const answer = parsed(text)
  if (typeof answer !== 'object' || answer === null) return {}
  const said = 'message' in answer ? answer.message : undefined
  const named = 'error_code' in answer ? answer.error_code : undefined
  return {
    ...(typeof named === 'string' && { errorCode: named }),
    ...(typeof said === 'string' && { message: said }),
  }
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}
