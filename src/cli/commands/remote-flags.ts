/** The options that say how a remote is reached, for `remote add` and `clone`. */

import type { RemoteSettings } from '../../ports/remote.ts'
import { type FlagOption, flag, type TextOption, text } from '../command.ts'

type RemoteFlags = {
  readonly endpointUrl: TextOption
  readonly region: TextOption
  readonly profile: TextOption
  readonly anonymous: FlagOption
  readonly pathStyle: FlagOption
  readonly caBundle: TextOption
  readonly sse: TextOption
  readonly sseKmsKeyId: TextOption
}

export const remoteFlags: RemoteFlags = {
  endpointUrl: text('URL', 'S3 server, when it is not AWS: https://host[:port]'),
  region: text('REGION', 'Region of the bucket'),
  profile: text('PROFILE', 'Profile of ~/.aws/config or ~/.aws/credentials'),
  anonymous: flag('Send no credentials: for buckets anyone may read'),
  pathStyle: flag('Address host/bucket/key, not bucket.host/key'),
  caBundle: text('FILE', 'PEM file of certificates to trust too', { completes: 'path' }),
  sse: text('MODE', 'Server-side encryption', { choices: ['AES256', 'aws:kms', 'aws:kms:dsse'] }),
  sseKmsKeyId: text('KEY', 'KMS key for --sse aws:kms'),
}

type RemoteFlagValues = {
  readonly endpointUrl: string | undefined
  readonly region: string | undefined
  readonly profile: string | undefined
  readonly anonymous: boolean
  readonly pathStyle: boolean
  readonly caBundle: string | undefined
  readonly sse: string | undefined
  readonly sseKmsKeyId: string | undefined
}

/** What was said about the remote; what was not said is left to the library's defaults. */
export function remoteSettings(url: string, flags: RemoteFlagValues): RemoteSettings {
  return {
    url,
    endpointUrl: flags.endpointUrl,
    region: flags.region,
    profile: flags.profile,
    anonymous: flags.anonymous || undefined,
    pathStyle: flags.pathStyle || undefined,
    caBundle: flags.caBundle,
    sse: flags.sse,
    sseKmsKeyId: flags.sseKmsKeyId,
  }
}
