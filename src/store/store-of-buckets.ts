/**
 * StoreOfBuckets: the use cases of those who name buckets, not remotes: what a bucket is, aliases
 * that are taken once, and versions of objects that stay where they are.
 */

import type * as requests from './requests.ts'
import type * as results from './results.ts'
import { StoreOfRuns } from './store-of-runs.ts'

export abstract class StoreOfBuckets extends StoreOfRuns {
  /**
   * Name of the remote for a bucket: one that is there, or of that name; else `s3://bucket/prefix`
   * is added, for this store only, reached as the default remote is. Nothing is sent.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` for what is no bucket, or a prefix with slashes at
   * its ends.
   */
  async remoteForBucket(place: requests.BucketPlace): Promise<string> {
    const { remoteForBucket } = await import('./remote-for-bucket.ts')
    return remoteForBucket(await this.ready(), place)
  }

  /**
   * The version that a reference means on one remote as of the last fetch: an alias is where it is
   * there, whatever it is on the default remote.
   */
  async resolveOn(remote: string, reference: string): Promise<results.VersionSummary> {
    const { resolveOn } = await import('./resolve-on.ts')
    return resolveOn(this.known(), remote, reference)
  }

  /**
   * Points an alias at a version, unless it is at other content, here or on any remote as of the
   * last fetch.
   *
   * @throws {MlstoreError} `ALIAS_MOVED` with the version in `details.version`.
   */
  async claimAlias(reference: string, alias: string): Promise<results.AliasResult> {
    const { claimAlias } = await import('./alias.ts')
    return claimAlias(await this.ready(), reference, alias)
  }

  /**
   * Makes a version of objects in a bucket or folder of the user: nothing is copied, only their
   * paths, sizes and ETags are recorded, or digests where there are no ETags.
   *
   * `get` reads the bytes from there, and fails when they are not what was recorded.
   *
   * @throws {MlstoreError} `NOT_FOUND` with the URI, if nothing is there or it is no folder.
   */
  async addExternal(request: requests.AddExternalRequest): Promise<results.AddResult> {
    const { addExternal } = await import('./external/add-external.ts')
    return addExternal(await this.ready(), request)
  }
}
