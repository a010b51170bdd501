/**
 * Which remote a bucket is: the one rule for callers that name buckets and prefixes, not remotes.
 *
 * A remote at that place, else one of that name, else a new one for `s3://bucket/prefix` that only
 * this store knows, reached as the default remote is. What was the default remote stays it.
 */

import { invalidArgument, isMlstoreError, MlstoreError } from '../errors.ts'
import type { RemoteSettings } from '../ports/remote.ts'
import type { ConfiguredRemote, StoreConfig } from './config.ts'
import type { StoreParts } from './parts.ts'
import { checkRemoteUrl, writeConfig } from './remotes.ts'
import type { BucketPlace } from './requests.ts'

/** Leaves room for a number behind it. */
const nameCharactersMax = 150

/** Name of the remote for the place, which is added where there is none. Nothing is sent. */
export async function remoteForBucket(parts: StoreParts, place: BucketPlace): Promise<string> {
  checkPlace(place)
  const known = findRemote(parts.config(), place)
  if (known !== undefined) return known.name
  await checkUrl(parts, newRemote(parts.config(), place))
  return parts.write(() => {
    const config = parts.config()
    // Another process may have added it meanwhile.
    const found = findRemote(config, place)
    if (found !== undefined) return found.name
    const remote = newRemote(config, place)
    writeConfig(parts, config.withRemoteBesideDefault(remote))
    return remote.name
  })
}

/**
 * How a place with objects of the user is reached: as the remote in the same bucket is, else as the
 * default remote.
 */
export function settingsForUri(config: StoreConfig, uri: string): ConfiguredRemote {
  const bucketOf = (url: string): string | undefined => /^s3:\/\/[^/]+/i.exec(url)?.[0]
  const bucket = bucketOf(uri)
  const beside = config
    .remotes()
    .find(({ settings }) => bucket !== undefined && bucketOf(settings.url) === bucket)
  const settings = { ...(beside?.settings ?? reachedAsDefault(config)), url: uri }
  return { name: beside?.name ?? 'external', settings, local: true, singleWriter: false }
}

/** `s3://bucket/prefix`. */
function bucketUrl({ bucket, prefix = '' }: BucketPlace): string {
  return prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`
}

function checkPlace({ bucket, prefix = '' }: BucketPlace): void {
  if (bucket === '' || bucket.includes('/')) {
    throw invalidArgument(`Not the name of a bucket: ${JSON.stringify(bucket)}.`)
  }
  if (!prefix.startsWith('/') && !prefix.endsWith('/')) return
  throw invalidArgument(
    `The prefix ${JSON.stringify(prefix)} starts or ends with a slash.`,
    'Write it without: models/vision.',
  )
}

function findRemote(config: StoreConfig, place: BucketPlace): ConfiguredRemote | undefined {
  const remotes = config.remotes()
  const url = bucketUrl(place)
  const there = remotes.find(({ settings }) => withoutSlashes(settings.url) === url)
  return there ?? remotes.find((remote) => remote.name === place.bucket && stands(remote, place))
}

/** A remote of that name stands for the bucket, unless it is another part of that bucket. */
function stands({ settings }: ConfiguredRemote, { bucket, prefix = '' }: BucketPlace): boolean {
  const isSameBucket = `${withoutSlashes(settings.url)}/`.startsWith(`s3://${bucket}/`)
  return prefix === '' || !isSameBucket
}

function withoutSlashes(url: string): string {
  return url.replace(/^s3:/i, 's3:').replace(/\/+$/, '')
}

function newRemote(config: StoreConfig, place: BucketPlace): ConfiguredRemote {
  const settings = { ...reachedAsDefault(config), url: bucketUrl(place) }
  return { name: freeName(config, place), settings, local: true, singleWriter: false }
}

/** Server, region and profile of a default remote on S3; else the environment says them. */
function reachedAsDefault(config: StoreConfig): Omit<RemoteSettings, 'url'> {
  const { url = '', ...settings } = config.defaultRemote()?.settings ?? {}
  return /^s3:/i.test(url) ? settings : {}
}

function freeName(config: StoreConfig, { bucket, prefix = '' }: BucketPlace): string {
  const taken = new Set(config.remotes().map(({ name }) => name))
  const place = [bucket, ...prefix.split('/')].filter((part) => part !== '').join('-')
  const wanted = place.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, nameCharactersMax)
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`
    if (!taken.has(name)) return name
  }
}

async function checkUrl(parts: StoreParts, remote: ConfiguredRemote): Promise<void> {
  try {
    await checkRemoteUrl(parts, remote)
  } catch (error) {
    if (!isMlstoreError(error, 'INVALID_ARGUMENT')) throw error
    throw new MlstoreError('INVALID_ARGUMENT', error.message, {
      cause: error,
      hint: `Name another bucket, or say where this one is: \`mlstore remote add ${remote.name} URL\`.`,
    })
  }
}
