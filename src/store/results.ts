/**
 * What use cases answer. Field names are those of the command line's JSON (a contract: fields may
 * be added, never renamed). Sizes are bytes, times ISO 8601 in UTC.
 */

import type { Digest } from '../core/digest.ts'
import type { RunStatus } from '../core/runs/run-status.ts'
import type { Renumbering } from './number-results.ts'

export type VersionSummary = {
  readonly artifact: string
  readonly label: string | null
  readonly digest: Digest
  readonly root: Digest
  readonly createdAt: string
  readonly by: string | null
  readonly files: number
  readonly sizeBytes: number
  readonly aliases: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  readonly run: string | null
}

export type AddResult = {
  readonly artifact: string
  readonly label: string | null
  readonly digest: Digest
  readonly root: Digest
  readonly files: number
  readonly sizeBytes: number
  /** Bytes of content that the store did not have, before compression. */
  readonly newBytes: number
  /** The newest version had the same content and nothing new was said about it. */
  readonly unchanged: boolean
  readonly aliases: readonly string[]
  /** Names left out by `noHidden`. */
  readonly hidden: number
  /** What was to be left out, said now or remembered from the last `add` of the path. */
  readonly leftOut: { readonly exclude: readonly string[]; readonly noHidden: boolean }
  /** The path that was added: as it was named, or as `mlstore.lock` names it. */
  readonly path: string
  /**
   * Whether `mlstore.lock` says now that the path holds the version. It cannot for several paths
   * in one version, for the repository itself, and for what lies outside of it.
   */
  readonly locked: boolean
}

export type GetResult = {
  readonly artifact: string
  readonly label: string | null
  readonly digest: Digest
  readonly path: string
  readonly files: number
  readonly sizeBytes: number
  readonly fetchedBytes: number
  /** Requests it took to fetch them. */
  readonly requests: number
}

export type ListedFile = {
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link'
  readonly sizeBytes: number
  readonly digest: Digest | null
  readonly executable?: boolean
  readonly target?: string
}

export type ListedArtifact = {
  readonly artifact: string
  readonly versions: number
  readonly latest: string | null
  readonly sizeBytes: number
}

/** Found versions; with `nextPageToken` in the same request comes the next page. */
export type VersionPage = {
  readonly versions: readonly VersionSummary[]
  readonly nextPageToken: string | null
}

export type ArtifactPage = {
  readonly artifacts: readonly FoundArtifact[]
  readonly nextPageToken: string | null
}

export type FoundArtifact = ListedArtifact & { readonly tags: Readonly<Record<string, string>> }

export type ShowResult = VersionSummary &
  Provenance & {
    readonly shape: 'file' | 'tree'
    readonly meta: Readonly<Record<string, unknown>>
    readonly removed: boolean
    /** `local` and the names of the remotes that have it. */
    readonly locations: readonly string[]
    /** Checks, profiles and the like, newest first. */
    readonly attachments: readonly Attachment[]
  }

/** Where a version came from and who uses it. */
export type Provenance = {
  /** The runs that made it: one, unless several made the same. */
  readonly madeBy: readonly LinkedRun[]
  /** Of the code that made it. */
  readonly code: CodeState | null
  readonly inputs: readonly VersionInput[]
  /** Now: what is removed does not count. */
  readonly usedBy: VersionUses
}

export type LinkedRun = {
  readonly run: string
  /** `null`: only its id is known here; then so is all that follows. */
  readonly name: string | null
  readonly experiment: string | null
  readonly status: RunStatus | null
  readonly removed: boolean
  /** What the version was to it. */
  readonly role: string
}

export type CodeState = {
  readonly commit: string
  readonly branch: string | null
  /** Whether files were changed since that commit. */
  readonly dirty: boolean | null
  readonly remote: string | null
}

export type VersionInput = {
  readonly version: Digest
  readonly role: string
  /** `type/name@label`; `null`: only its id is known here. */
  readonly name: string | null
  /** Who says so: the version itself, the run that made it, or `lineage add`. */
  readonly via: 'record' | 'run' | 'added'
}

export type VersionUses = {
  readonly aliases: readonly {
    readonly alias: string
    readonly at: string
    readonly by: string
    readonly reason: string | null
  }[]
  readonly versions: readonly {
    readonly version: Digest
    readonly name: string | null
    readonly role: string
  }[]
  readonly runs: readonly LinkedRun[]
}

/** A file, or several, that says something about a version or a run. A version itself. */
export type Attachment = {
  /** `data-profile`, `model-checks`: the first segment of its artifact. */
  readonly type: string
  readonly name: string
  readonly version: Digest
  readonly createdAt: string
  readonly by: string | null
  readonly files: number
  readonly sizeBytes: number
  readonly tags: Readonly<Record<string, string>>
}

export type AttachResult = Attachment & {
  /** Id of what it is about: `version:DIGEST` or `run:ID`. */
  readonly about: string
  /** The same content was attached last. */
  readonly unchanged: boolean
}

export type DiffResult = {
  readonly added: readonly ListedFile[]
  readonly removed: readonly ListedFile[]
  readonly changed: readonly {
    readonly path: string
    readonly before: ListedFile
    readonly after: ListedFile
  }[]
  readonly renamed: readonly {
    readonly from: string
    readonly to: string
    readonly sizeBytes: number
  }[]
  /** Bytes of what was added and changed. */
  readonly sizeBytes: number
}

export type PathState = 'unchanged' | 'changed' | 'missing'

/** One line of `mlstore.lock` against the working tree. */
export type LockedPathStatus = {
  readonly path: string
  readonly artifact: string
  readonly label: string | null
  readonly state: PathState
  /** Below `path`; the name of a single file. Empty if the version's tree cannot be had. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export type StatusResult = {
  readonly paths: readonly LockedPathStatus[]
  /** Per remote: own versions and events it lacks. */
  readonly unpushed: readonly {
    readonly remote: string
    readonly versions: readonly string[]
    readonly events: number
  }[]
  /** Per remote, only with `fetch`: how many of its log entries were news. */
  readonly behind: readonly { readonly remote: string; readonly entries: number }[]
  readonly conflicts: readonly Conflict[]
}

export type Conflict = {
  readonly kind: 'alias' | 'label' | 'removed'
  readonly remote: string
  readonly artifact: string
  readonly name: string
  readonly ours: Digest | null
  readonly theirs: Digest | null
  /** Who made the other move and when, in words. */
  readonly theirsBy: string | null
  readonly hint: string
}

export type CheckoutResult = {
  readonly paths: readonly string[]
  readonly files: number
  readonly sizeBytes: number
  /** Files written or replaced; the others were right. */
  readonly writtenFiles: number
  readonly removedFiles: number
  readonly fetchedBytes: number
}

export type AliasResult = {
  readonly artifact: string
  readonly alias: string
  readonly from: Digest | null
  readonly to: Digest | null
}

export type AliasListing = Omit<AliasResult, 'from'> & { readonly label: string | null }

export type AliasMove = AliasResult & {
  readonly at: string
  readonly by: string
  readonly reason: string | null
}

export type TagsResult = {
  readonly target: string
  readonly tags: Readonly<Record<string, string>>
}

export type RemovedVersion = {
  readonly artifact: string
  readonly label: string | null
  readonly digest: Digest
  readonly sizeBytes: number
}

export type RemoteListing = {
  readonly name: string
  readonly url: string
  readonly default: boolean
  readonly local: boolean
  readonly repoId: string | null
  readonly seq: number | null
}

export type RemoteDoctorResult = {
  readonly name: string
  readonly url: string
  readonly capabilities: {
    readonly conditionalCreate: boolean
    readonly list: boolean
    readonly range: boolean
  }
  readonly repoId: string | null
  readonly seq: number | null
  /** Sentences; empty when all is well. */
  readonly problems: readonly string[]
  /** Sentences about what works, and is good to know. */
  readonly warnings: readonly string[]
}

/** An object of a remote by its key, or a version it has. */
export type RemoteItem = { readonly key: string; readonly sizeBytes: number }

export type PushResult = {
  readonly remote: string
  readonly seq: number
  readonly versions: readonly string[]
  /** How many runs are new on the remote. */
  readonly runs: number
  readonly events: number
  readonly bytesSent: number
  /** Bytes of the pushed versions that the remote had. */
  readonly bytesDeduped: number
  readonly packs: number
  readonly requests: number
  readonly conflicts: readonly Conflict[]
  /** Numbers that somebody else had pushed first, and what they are now. */
  readonly renumbered: readonly Renumbering[]
  /** Sentences about what did not work and is no failure, such as an optional checkpoint. */
  readonly notes?: readonly string[]
}

export type FetchResult = {
  readonly remote: string
  readonly seq: number
  readonly versions: number
  readonly runs: number
  readonly events: number
  readonly requests: number
}

export type PullResult = FetchResult & {
  readonly bytesReceived: number
  /** Files written into the working tree. */
  readonly files: number
}

export type CloneResult = PullResult & {
  readonly store: string
  /** `false`: the store was there, with this remote. */
  readonly created: boolean
}

export type CopyResult = {
  readonly from: string
  readonly to: string
  readonly objects: number
  readonly bytes: number
  readonly requests: number
}

export type DropResult = {
  readonly objects: number
  readonly bytes: number
  readonly kept: readonly string[]
  /** Why each of the kept versions is kept. */
  readonly reasons: Readonly<Record<string, string>>
}

export type Problem = {
  /** What is damaged: a file of the store, a key of a remote, or an object. */
  readonly where: string
  readonly what: string
  readonly repaired: boolean
}

export type FsckResult = {
  readonly objects: number
  readonly bytes: number
  readonly problems: readonly Problem[]
  /** What is no damage and puts itself right. */
  readonly notes: readonly Omit<Problem, 'repaired'>[]
}

export type ReindexResult = {
  readonly versions: number
  readonly runs: number
  readonly events: number
}

export type InitResult = {
  readonly store: string
  readonly storeId: string
  readonly created: boolean
}

export type DoctorResult = {
  readonly checks: readonly {
    readonly name: string
    readonly ok: boolean
    readonly detail: string
  }[]
}
