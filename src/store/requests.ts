/**
 * What callers ask of a store: one request type a use case, with the words of the command line.
 *
 * Every field that is left out has the default its comment names. Paths may be relative; they are
 * resolved against the working directory the store was opened with.
 */

import type { Progress } from '../ports/progress.ts'
import type { RemoteSettings } from '../ports/remote.ts'

/** Common to everything that may take a while. */
export type WorkOptions = {
  /** Stops between units of work; what is durable stays and is reused by the next try. */
  readonly signal?: AbortSignal | undefined
}

export type AddRequest = WorkOptions & {
  /**
   * Files and folders. Several make one version with their names at the top, of which no line of
   * the lock file can speak. None: every path of the lock file that changed (one result each).
   */
  readonly paths: readonly string[]
  /** `type/name`. Default: the artifact the lock file holds for the path. */
  readonly as?: string | undefined
  /** Default: the UTC time. A given label that is taken is refused. */
  readonly label?: string | undefined
  readonly aliases?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
  /** User metadata: any JSON object. */
  readonly meta?: Readonly<Record<string, unknown>> | undefined
  /** References this version was made from. */
  readonly inputs?: readonly string[]
  /** Globs in gitignore syntax, on top of `.mlstoreignore`. */
  readonly exclude?: readonly string[]
  /** Leaves out names that start with `.` or `__`. Default: false. */
  readonly noHidden?: boolean | undefined
  /**
   * Takes everything again. Without it, and without the two above, a path that holds what an
   * earlier `add` made of it leaves out what it left out then. Default: false.
   */
  readonly noExclude?: boolean | undefined
  /** Keeps no second copy: the file becomes read-only. Default: false. */
  readonly hardlink?: boolean | undefined
  /** Leaves `mlstore.lock` and `.gitignore` alone. Default: false. */
  readonly noLock?: boolean | undefined
}

/** A version of objects that lie in a bucket or folder of the user, and stay there. */
export type AddExternalRequest = WorkOptions & {
  /** `s3://bucket/prefix`, `file:///folder` or the absolute path of a folder. */
  readonly uri: string
  /** `type/name`. */
  readonly as: string
  /** Default: the UTC time. */
  readonly label?: string | undefined
  readonly aliases?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
  /** User metadata; `external` is taken: it says where the bytes are. */
  readonly meta?: Readonly<Record<string, unknown>> | undefined
  /** Id of the run that makes the version. Default: the one that MLSTORE_RUN_ID names. */
  readonly run?: string | undefined
}

/**
 * One of the three: files and folders, a text, or a value that is written as JSON (NaN and the
 * infinities as strings). `fileName` is by default the type with `.txt` or `.json`.
 */
export type AttachedContent =
  | { readonly paths: readonly string[] }
  | { readonly text: string; readonly fileName?: string | undefined }
  | { readonly json: unknown; readonly fileName?: string | undefined }

export type AttachOptions = WorkOptions & {
  /** What follows the type in the artifact's name. Default: the target's artifact, `run/<id>`. */
  readonly name?: string | undefined
  /** Default: the UTC time. */
  readonly label?: string | undefined
  readonly tags?: Readonly<Record<string, string>>
  readonly meta?: Readonly<Record<string, unknown>> | undefined
}

export type GetRequest = WorkOptions & {
  readonly reference: string
  /** Where to write. Default: the lock file's path for the artifact, else `./NAME`. */
  readonly output?: string | undefined
  /** Parts of the version: files, folders or globs. */
  readonly paths?: readonly string[]
  readonly hardlink?: boolean | undefined
  readonly noLock?: boolean | undefined
  /** Replaces files that mlstore did not write. Default: false. */
  readonly force?: boolean | undefined
}

export type ListRequest = {
  /** `type/name[@X][:path]`. Left out: the artifacts of the store. */
  readonly reference?: string | undefined
  readonly recursive?: boolean | undefined
  /** Only artifacts of this type. Default: all but `run`, the files of runs. */
  readonly type?: string | undefined
}

export type SearchRequest = {
  /** `tags.stage = 'prod' and meta.f1 > 0.9 order by created`. Default: all. */
  readonly query?: string | undefined
  /** Only artifacts of this type. Default: all but `run`, the files of runs. */
  readonly type?: string | undefined
  /** Default: all. */
  readonly limit?: number | undefined
  /** From the answer before. */
  readonly pageToken?: string | undefined
}

export type CheckoutRequest = WorkOptions & {
  /** Paths of the lock file; none: all. */
  readonly paths?: readonly string[]
  readonly force?: boolean | undefined
}

export type StatusRequest = WorkOptions & {
  /** Asks the remotes instead of what the last fetch said. Default: false. */
  readonly fetch?: boolean | undefined
}

export type RemoveRequest = {
  /** `type/name@X`, or `type/name` with `all`. */
  readonly reference: string
  readonly all?: boolean | undefined
  readonly force?: boolean | undefined
  readonly dryRun?: boolean | undefined
  readonly reason?: string | undefined
}

export type RemoteAddRequest = {
  readonly name: string
  readonly settings: RemoteSettings
  /** Keeps it out of `mlstore.json`. Default: false. */
  readonly local?: boolean | undefined
  /** Allows pushing to a store without conditional writes, by one writer. Default: false. */
  readonly singleWriter?: boolean | undefined
}

export type CloneRequest = WorkOptions & {
  readonly settings: RemoteSettings
  /** The folder that gets `.mlstore`; made when it is not there. Default: the working directory. */
  readonly directory?: string | undefined
  /** As for `RemoteAddRequest`. */
  readonly singleWriter?: boolean | undefined
  /** Fetches the bytes of every version too. Default: false. */
  readonly all?: boolean | undefined
  readonly progress?: Progress
}

export type PushRequest = WorkOptions & {
  /** Default: the default remote. */
  readonly remote?: string | undefined
  /** References; none: everything this store made that the remote lacks. */
  readonly references?: readonly string[]
  /** `type/name@alias`: moves these even where the remote's alias moved meanwhile. */
  readonly forceAliases?: readonly string[]
  readonly dryRun?: boolean | undefined
}

export type FetchRequest = WorkOptions & { readonly remote?: string | undefined }

export type PullRequest = WorkOptions & {
  readonly remote?: string | undefined
  /** References; none: what `mlstore.lock` names. */
  readonly references?: readonly string[]
  /** Every version of the remote. */
  readonly all?: boolean | undefined
  readonly force?: boolean | undefined
}

export type DropRequest = WorkOptions & {
  /** References; none: all versions. */
  readonly references?: readonly string[]
  /** Keeps the bytes of the newest N versions of each artifact. */
  readonly keepLast?: number | undefined
  readonly dryRun?: boolean | undefined
}

export type FsckRequest = WorkOptions & {
  /** Checks this remote instead of the local store. */
  readonly remote?: string | undefined
  /** Share of the packs whose bytes are read, in percent. Default: 100. */
  readonly samplePercent?: number | undefined
  readonly repair?: boolean | undefined
}

export type BucketPlace = {
  /** The name of a bucket, or of a remote. */
  readonly bucket: string
  /** Within the bucket, without slashes at its ends. Default: all of it. */
  readonly prefix?: string | undefined
}
