/**
 * Opens a remote by its settings: the one place that knows which kinds there are.
 *
 * An S3 remote is built in layers, each a remote itself: retries outside, the limit of requests
 * at once inside them (so that a waiting retry holds no place), the plain adapter in the middle.
 */

import type { ServerSideEncryption } from '@aws-sdk/client-s3'

import { invalidArgument } from '../errors.ts'
import type { Clock, IdSource } from '../ports/clock.ts'
import type { Remote, RemoteSettings } from '../ports/remote.ts'
import { AdaptiveLimit, LimitedRemote } from './adaptive-limit.ts'
import { DirectoryRemote } from './directory.ts'
import { parseRemoteUrl, unknownScheme } from './remote-url.ts'
import { defaultRetryPolicy, RetryingRemote, type RetryPolicy } from './retrying.ts'
import {
  defaultNetworkLimits,
  type NetworkLimits,
  openConnection,
  type S3Connection,
} from './s3/connection.ts'
import { chooseCredentials, type FindSavedKeys, type StaticCredentials } from './s3/credentials.ts'
import { type Environment, resolveEndpoint } from './s3/endpoint.ts'
import { S3Remote } from './s3/remote.ts'

/** Requests at once: enough for the probe's race at first, and what the limit may grow to. */
const requestsAtFirst = 16
const requestsMax = 48

export type RemoteEnvironment = {
  /** The name of the remote in this store, which names its variables. */
  readonly name: string
  readonly env: Environment
  readonly clock: Clock
  readonly ids: IdSource
  /** Credentials given in code; they come before all others. */
  readonly credentials?: StaticCredentials | undefined
  readonly saved?: FindSavedKeys | undefined
  /** Put around the S3 adapter beneath limit and retries: it sees every attempt. */
  readonly beneathRetries?: ((remote: Remote) => Remote) | undefined
  /** Remotes of further schemes, such as `memory` in tests. */
  readonly schemes?: Readonly<Record<string, (settings: RemoteSettings) => Remote>> | undefined
  readonly limits?: Partial<NetworkLimits> | undefined
  readonly retries?: Partial<RetryPolicy> | undefined
}

/**
 * Opens a remote. Nothing is sent yet.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a URL, endpoint, CA bundle or half-set
 * credentials that cannot be used.
 */
export async function openRemote(
  settings: RemoteSettings,
  environment: RemoteEnvironment,
): Promise<Remote> {
  const place = parseRemoteUrl(settings.url)
  if (place.kind === 's3') return openS3Remote({ ...place, settings }, environment)
  if (place.kind === 'directory') return new DirectoryRemote(place.path, settings.url)
  const open = environment.schemes?.[place.scheme]
  if (open === undefined) throw unknownScheme(place.scheme)
  return open(settings)
}

type S3Place = {
  readonly bucket: string
  readonly prefix: string
  readonly settings: RemoteSettings
}

async function openS3Remote(place: S3Place, environment: RemoteEnvironment): Promise<Remote> {
  const { bucket, prefix, settings } = place
  const encryption = encryptionOf(settings)
  const connection = await connectS3(settings, environment)
  const bare = new S3Remote(connection, { url: settings.url, bucket, prefix, encryption })
  const wrapped = environment.beneathRetries?.(bare) ?? bare
  const limited = new LimitedRemote(wrapped, new AdaptiveLimit(requestsAtFirst, requestsMax))
  return new RetryingRemote(limited, environment, { ...defaultRetryPolicy, ...environment.retries })
}

/**
 * The client for one place on S3: which server, and with whose keys.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` as for `openRemote`.
 */
export async function connectS3(
  settings: RemoteSettings,
  environment: RemoteEnvironment,
): Promise<S3Connection> {
  const { name, env, credentials: given, saved } = environment
  const endpoint = resolveEndpoint(settings, env)
  const credentials = await chooseCredentials({
    settings,
    name,
    env,
    given,
    saved,
    endpointUrl: endpoint.url,
  })
  const limits = { ...defaultNetworkLimits, ...environment.limits }
  return openConnection({ endpoint, credentials, profile: settings.profile, env, limits })
}

function encryptionOf(
  settings: RemoteSettings,
): { readonly sse: ServerSideEncryption; readonly kmsKeyId?: string } | undefined {
  const { sse, sseKmsKeyId } = settings
  if (sse === undefined && sseKmsKeyId === undefined) return undefined
  const mode = sse ?? 'aws:kms'
  if (mode !== 'AES256' && mode !== 'aws:kms' && mode !== 'aws:kms:dsse') {
    throw invalidArgument(
      `Not a mode of server-side encryption: ${JSON.stringify(mode)}.`,
      'Give --sse AES256, aws:kms or aws:kms:dsse.',
    )
  }
  if (sseKmsKeyId !== undefined && mode === 'AES256') {
    throw invalidArgument('A KMS key goes with --sse aws:kms, not with AES256.')
  }
  return { sse: mode, ...(sseKmsKeyId === undefined ? {} : { kmsKeyId: sseKmsKeyId }) }
}
