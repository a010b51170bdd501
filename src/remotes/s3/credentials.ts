/**
 * Which credentials to use: the first complete ones, in an order that goes from the most
 * particular to the most general.
 *
 * 1. given in code; 2. `MLSTORE_REMOTE_<NAME>_*`, for this remote; 3. `MLSTORE_S3_*`, for any;
 * 4. saved by `mlstore login` for this endpoint; 5. the profile that the remote names; 6. AWS's
 * own chain (environment, files, SSO, containers, instances). A remote marked anonymous skips 3
 * and 6: keys that happen to lie about are for other stores, and a public bucket refuses a
 * signature it does not know.
 *
 * A half-set pair is an error that names the missing variable, never a silent step to the next
 * source: it would sign with somebody else's keys.
 */

import { invalidArgument } from '../../errors.ts'
import type { RemoteSettings } from '../../ports/remote.ts'
import type { Environment } from './endpoint.ts'

export type StaticCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** What a login keeps: keys, or the name of a profile whose keys stay in AWS's files. */
export type SavedKeys = StaticCredentials | { readonly profile: string }

/** What `mlstore login` saved for an endpoint; `undefined` is AWS. */
export type FindSavedKeys = (endpointUrl: string | undefined) => Promise<SavedKeys | undefined>

export type CredentialChoice =
  | {
      readonly kind: 'static'
      readonly credentials: StaticCredentials
      /** Where they were found, in words for messages. */
      readonly from: string
    }
  | { readonly kind: 'profile'; readonly profile: string }
  | { readonly kind: 'chain' }
  | { readonly kind: 'anonymous' }

export type CredentialSources = {
  readonly settings: RemoteSettings
  /** The name of the remote in this store. */
  readonly name: string
  readonly env: Environment
  readonly given?: StaticCredentials | undefined
  readonly saved?: FindSavedKeys | undefined
  readonly endpointUrl: string | undefined
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` for a key without its secret, or the reverse. */
export async function chooseCredentials(sources: CredentialSources): Promise<CredentialChoice> {
  const { settings, env, given, saved, endpointUrl } = sources
  if (given !== undefined) return { kind: 'static', credentials: given, from: 'the caller' }
  const isAnonymous = settings.anonymous === true
  const prefixes = [`MLSTORE_REMOTE_${variableName(sources.name)}`, 'MLSTORE_S3']
  for (const prefix of isAnonymous ? prefixes.slice(0, 1) : prefixes) {
    const credentials = fromVariables(prefix, env)
    if (credentials === undefined) continue
    return { kind: 'static', credentials, from: `${prefix}_ACCESS_KEY_ID` }
  }

  const remembered = await saved?.(endpointUrl)
  if (remembered !== undefined && !('profile' in remembered)) {
    return { kind: 'static', credentials: remembered, from: '`mlstore login`' }
  }
  return withoutKeys(settings, remembered?.profile)
}

/** Of two profiles that of the remote is the more particular. */
function withoutKeys(settings: RemoteSettings, savedProfile: string | undefined): CredentialChoice {
  if (settings.profile !== undefined) return { kind: 'profile', profile: settings.profile }
  if (settings.anonymous === true) return { kind: 'anonymous' }
  return savedProfile === undefined ? { kind: 'chain' } : { kind: 'profile', profile: savedProfile }
}

/** A remote's name as part of the name of a variable: `my-remote` is `MY_REMOTE`. */
function variableName(remote: string): string {
  return remote.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}

function fromVariables(prefix: string, env: Environment): StaticCredentials | undefined {
  const [keyName, secretName, tokenName] = [
    'ACCESS_KEY_ID',
    'SECRET_ACCESS_KEY',
    'SESSION_TOKEN',
  ].map((suffix) => `${prefix}_${suffix}`)
  const read = (name = ''): string | undefined => env[name]?.trim() || undefined
  const [accessKeyId, secretAccessKey, sessionToken] = [keyName, secretName, tokenName].map(read)
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey, sessionToken }
  }
  const isSet = [accessKeyId, secretAccessKey, sessionToken].some((value) => value !== undefined)
  if (!isSet) return undefined
  const missing = accessKeyId === undefined ? keyName : secretName
  throw invalidArgument(
    `${missing} is missing: other ${prefix}_* variables are set, but not this one.`,
    `Set ${keyName} and ${secretName} together, or neither.`,
  )
}
