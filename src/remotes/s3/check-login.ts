/**
 * Whether an S3 store takes a login: one signed request.
 *
 * Without a bucket that is ListBuckets, which many keys may not use. A store that knows the key and
 * finds the signature right says AccessDenied then, and that is a login all the same; a wrong key
 * or secret has names of its own.
 */

import { isMlstoreError } from '../../errors.ts'
import { refused } from '../failures.ts'
import { defaultNetworkLimits, openConnection, type S3Connection } from './connection.ts'
import type { CredentialChoice, SavedKeys } from './credentials.ts'
import { type Environment, resolveEndpoint } from './endpoint.ts'

export type S3LoginCheck = {
  /** `undefined`: that of the environment, else AWS. */
  readonly endpointUrl: string | undefined
  readonly access: SavedKeys
  /** Must be listable. Default: only the keys are checked. */
  readonly bucket: string | undefined
  readonly env: Environment
  readonly signal?: AbortSignal | undefined
}

export type CheckedS3Login = {
  /** The endpoint that was asked; `undefined` is AWS. */
  readonly endpointUrl: string | undefined
  /** `false`: the keys are right, but may not list buckets. */
  readonly mayList: boolean
}

/** @throws {MlstoreError} `REMOTE_REFUSED`, `REMOTE_UNAVAILABLE`, `INTERRUPTED`. */
export async function checkS3Login(check: S3LoginCheck): Promise<CheckedS3Login> {
  const { endpointUrl, access, bucket, env, signal } = check
  const endpoint = resolveEndpoint({ url: 's3://', ...(endpointUrl && { endpointUrl }) }, env)
  const profile = 'profile' in access ? access.profile : undefined
  const connection = await openConnection({
    endpoint,
    credentials: choiceOf(access),
    profile,
    env,
    limits: defaultNetworkLimits,
  })
  const server = endpoint.url ?? 'AWS S3'
  try {
    if (bucket !== undefined) await listBucket(connection, { bucket, server, signal })
    const mayList = bucket !== undefined || (await listBuckets(connection, { server, signal }))
    return { endpointUrl: endpoint.url, mayList }
  } catch (error) {
    throw loginError(error, server)
  } finally {
    connection.close()
  }
}

function choiceOf(access: SavedKeys): CredentialChoice {
  if ('profile' in access) return { kind: 'profile', profile: access.profile }
  return { kind: 'static', credentials: access, from: 'the caller' }
}

type Asked = { readonly server: string; readonly signal: AbortSignal | undefined }

async function listBucket(
  connection: S3Connection,
  { bucket, server, signal }: Asked & { readonly bucket: string },
): Promise<void> {
  const context = { remote: server, doing: `listing the bucket ${bucket}`, signal }
  const answer = await connection.send(context, ({ client, sdk, options }) =>
    client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), options),
  )
  if (answer.Name === undefined) throw noStore(server)
}

/** `false` when the keys may not list buckets. */
async function listBuckets(connection: S3Connection, { server, signal }: Asked): Promise<boolean> {
  const context = { remote: server, doing: 'listing buckets', signal }
  try {
    const answer = await connection.send(context, ({ client, sdk, options }) =>
      client.send(new sdk.ListBucketsCommand({}), options),
    )
    if (answer.Buckets === undefined && answer.Owner === undefined) throw noStore(server)
    return true
  } catch (error) {
    if (isMlstoreError(error) && error.details?.['error'] === 'AccessDenied') return false
    throw error
  }
}

/** Advice for whoever is logging in just now; a page for people comes with status 200. */
function loginError(error: unknown, server: string): unknown {
  if (!isMlstoreError(error)) return error
  if (error.details?.['status'] === 200) return noStore(server)
  if (error.code !== 'REMOTE_REFUSED') return error
  const hint = error.hint?.includes('mlstore') === true ? checkKeys : error.hint
  return refused(error.message, { hint, details: error.details })
}

const checkKeys =
  'Check the URL, the access key and the secret key, or the profile, and the bucket.'

function noStore(server: string): Error {
  return refused(`${server} does not answer as an S3 store does.`, {
    hint: 'Check the URL of the endpoint and the proxy in between.',
  })
}
