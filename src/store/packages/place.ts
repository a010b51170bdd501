/**
 * Which remote of a store a repository of packages is.
 *
 * The repository's name is part of every package's name, on all machines; which remote the bytes
 * travel to is a matter of this machine's settings. A name (or its first segment) that is a
 * remote's means that remote; a URL means the remote at that place, and `s3://bucket/prefix` is
 * added where there is none; any other name is a part of the default remote. Without a remote the
 * packages stay in this store.
 */

import { invalidArgument, notFound } from '../../errors.ts'
import type { PackageRepository } from '../../ports/package-repository.ts'
import type { StoreParts } from '../parts.ts'
import { remoteForBucket } from '../remote-for-bucket.ts'
import { StoreRepository } from './store-repository.ts'

/** Opens it; see `Store.packageRepository`. Nothing is sent. */
export async function openPackageRepository(
  parts: StoreParts,
  repository: string,
): Promise<PackageRepository> {
  return new StoreRepository(parts, await remoteOfRepository(parts, repository))
}

/**
 * The remote's name; `undefined`: the repository is in this store only.
 *
 * @throws {MlstoreError} `NOT_FOUND` for the URL of no remote, `INVALID_ARGUMENT` for one that
 * holds a password or a query.
 */
async function remoteOfRepository(
  parts: StoreParts,
  repository: string,
): Promise<string | undefined> {
  const named = namedRemote(parts.config().remotes(), repository)
  if (named !== undefined) return named
  if (!isUrl(repository)) return parts.config().defaultRemote()?.name
  refuseSecrets(repository)
  const url = withoutSlashes(repository)
  const [, bucket, prefix] = /^s3:\/\/([^/]+)(?:\/(.+))?$/.exec(url) ?? []
  if (bucket !== undefined) return remoteForBucket(parts, { bucket, prefix })
  const there = parts
    .config()
    .remotes()
    .find((remote) => withoutSlashes(remote.settings.url) === url)
  if (there !== undefined) return there.name
  throw notFound(
    `No remote has the URL ${url}.`,
    `Add it: \`mlstore remote add NAME ${url}\`; then name the repository NAME.`,
  )
}

/** The remote that a repository names itself: by its name, or by its first segment. */
export function namedRemote(
  remotes: readonly { readonly name: string }[],
  repository: string,
): string | undefined {
  const [first] = repository.split('/')
  return remotes.find(({ name }) => name === first)?.name
}

function isUrl(repository: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(repository)
}

/** The name of the repository is written into the log, for everybody. */
function refuseSecrets(repository: string): void {
  const url = new URL(repository)
  if (url.username === '' && url.password === '' && url.search === '') return
  throw invalidArgument(
    'The URL of a repository holds no user, password or query.',
    'Save credentials with `mlstore login`, and name the remote.',
  )
}

function withoutSlashes(url: string): string {
  return url.replace(/\/+$/, '')
}
