/**
 * Which server to speak to and how: pure decisions from settings and environment.
 *
 * The environment is read the way AWS's own tools read it, so that a shell which works with them
 * works here. What the settings of the remote say comes first.
 */

import { invalidArgument } from '../../errors.ts'
import type { RemoteSettings } from '../../ports/remote.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type S3Endpoint = {
  /** `undefined` for AWS, whose address follows from the region. */
  readonly url: string | undefined
  /** `undefined` when nobody said: on AWS the profile is asked then. */
  readonly region: string | undefined
  readonly pathStyle: boolean
  /** Stores other than AWS break on its newer checksum headers in many ways. */
  readonly isAws: boolean
  /** Path of a PEM file. */
  readonly caBundle: string | undefined
}

/** The region of AWS that needs no naming, and the one that most other stores accept. */
export const defaultRegion = 'us-east-1'

/**
 * Decides; an empty variable is an unset one.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for an endpoint that is not an http(s) URL.
 */
export function resolveEndpoint(settings: RemoteSettings, env: Environment): S3Endpoint {
  const text =
    settings.endpointUrl ||
    env['MLSTORE_S3_ENDPOINT_URL'] ||
    env['AWS_ENDPOINT_URL_S3'] ||
    env['AWS_ENDPOINT_URL']
  const given = text ? parseEndpoint(text) : undefined
  const isAws = given === undefined || /\.amazonaws\.com(\.cn)?$/.test(given.hostname)
  return {
    url: given?.href,
    region: regionSaid(settings, env) || (given && regionOf(given, isAws)),
    pathStyle: settings.pathStyle ?? !isAws,
    isAws,
    caBundle: settings.caBundle || env['AWS_CA_BUNDLE'] || undefined,
  }
}

function regionSaid(settings: RemoteSettings, env: Environment): string | undefined {
  return settings.region || env['AWS_REGION'] || env['AWS_DEFAULT_REGION']
}

function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url === undefined || !isHttp) {
    throw invalidArgument(
      'The endpoint URL of the remote is not an http(s) URL.',
      'Write it as https://HOST or http://HOST:PORT.',
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw invalidArgument(
      'The endpoint URL of the remote may not hold a key or a password.',
      'Use MLSTORE_S3_ACCESS_KEY_ID and MLSTORE_S3_SECRET_ACCESS_KEY, or `mlstore login`.',
    )
  }
  return url
}

/** The region that an address of AWS names; elsewhere what such a store takes for any. */
function regionOf(endpoint: URL, isAws: boolean): string | undefined {
  if (isAws) return /[.-]([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws/.exec(endpoint.hostname)?.[1]
  return endpoint.hostname.endsWith('.r2.cloudflarestorage.com') ? 'auto' : defaultRegion
}
