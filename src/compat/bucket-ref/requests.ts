/** What callers ask of a `BucketRef`, and what they are told of a transfer. */

import type { JsonValue } from '../../core/canonical-json.ts'
import type { Digest } from '../../core/digest.ts'
import type { WorkOptions } from '../../store/requests.ts'
import type { StoreAccessOptions } from '../store-access.ts'

export type BucketRefOptions = StoreAccessOptions & {
  /** The name of a bucket, or of a remote. Default: the project. */
  readonly bucket?: string | undefined
  /** Default: `MLSTORE_PROJECT`, else `WANDB_PROJECT`. */
  readonly projectName?: string | undefined
  /** Whose project it is: a tag of the run. Default: `MLSTORE_ENTITY`, else `WANDB_ENTITY`. */
  readonly entity?: string | undefined
  /** Of a run that a transfer starts by itself. Default: a name that is made up. */
  readonly runName?: string | undefined
  readonly jobType?: string | undefined
}

/** By name. A whole number that is meant as a float is given as text: `'1.0'`. */
export type RunArgs = { readonly [name: string]: JsonValue }

export type StartBucketRunRequest = {
  /** What the run was called with: its params, and what `!run-config-hash` is the hash of. */
  readonly runArgs?: RunArgs | undefined
  /** Default: what the constructor was given. */
  readonly runName?: string | undefined
  readonly jobType?: string | undefined
}

export type BucketLinkOptions = WorkOptions & {
  /** Default: a new UUID. `!run-config-hash` is the hash of the run's arguments. */
  readonly alias?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Replaces an alias that is at other content. Default: false. */
  readonly overwrite?: boolean | undefined
}

export type BucketUploadOptions = BucketLinkOptions

export type BucketDownloadOptions = WorkOptions & {
  /** Default: `./TYPE/NAME/ALIAS`. */
  readonly destination?: string | undefined
  /** How often it is tried again when the bucket does not answer. Default: 5. */
  readonly retries?: number | undefined
}

/** An artifact by the parts of its name. */
export type BucketArtifactName = { readonly name: string; readonly type: string }

/** What was transferred. */
export type BucketTransfer = BucketArtifactName & {
  readonly kind: 'upload' | 'download' | 'link'
  /** As it was given, or made. */
  readonly alias: string
  readonly project: string
  /** Of the store: `type/project/name`. */
  readonly artifact: string
  readonly digest: Digest
  readonly files: number
  readonly sizeBytes: number
  /** Name of the remote that is the bucket. */
  readonly remote: string
  /** The folder that was sent or written, or the URI that was linked. */
  readonly path: string
  /** Id of the run. */
  readonly run: string
}
