/** The model registry as a server asks for it. Times are milliseconds since 1970. */

import type { Digest } from '../../core/digest.ts'
import type { ArtifactName } from '../../core/names.ts'

export type Texts = ReadonlyMap<string, string>

/** An artifact whose versions have numbers: `model/NAME`. */
export type RegisteredModel = {
  readonly artifact: ArtifactName
  readonly createdAtMs: number
  /** When a version was made, or a description or a stage was last set. */
  readonly updatedAtMs: number
  readonly description: string | undefined
  readonly tags: Texts
  /** Number of the version that each alias points at. */
  readonly aliases: ReadonlyMap<string, number>
  /** The version with the highest number in each stage. */
  readonly latest: readonly RegisteredVersion[]
}

export type RegisteredVersion = {
  readonly id: Digest
  readonly artifact: ArtifactName
  /** From 1. A number is never given twice. */
  readonly number: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** `undefined`: none. */
  readonly stage: string | undefined
  readonly description: string | undefined
  readonly tags: Texts
  readonly aliases: readonly string[]
  /** Id of the run that made it. */
  readonly run: string | undefined
  /** Where its files were taken from, as the client said it; `undefined` if it did not. */
  readonly source: string | undefined
  readonly runLink: string | undefined
  /** Id of the logged model that it is. */
  readonly modelId: string | undefined
}

/** Where the files of a new version are. */
export type ModelSource =
  /** A file or folder of a run; all of its files if the path is empty. */
  | {
      readonly kind: 'run'
      readonly run: string
      readonly path: string
      /** Default: false. */
      readonly mayBeEmpty?: boolean
    }
  | { readonly kind: 'version'; readonly version: Digest }

/** What is said of a model or a version apart from its files. */
export type ModelNotes = {
  readonly description?: string | undefined
  readonly tags?: Texts | undefined
}

export type NewRegisteredVersion = ModelNotes & {
  readonly from: ModelSource
  /** As it is shown later. */
  readonly source: string
  /** Id of the run that made it, one that is known here. */
  readonly run?: string | undefined
  readonly runLink?: string | undefined
  readonly modelId?: string | undefined
}

/** A model that a run saved. */
export type LoggedModel = {
  /** 32 hex digits; clients put `m-` before them. */
  readonly id: string
  readonly name: string
  /** `undefined`: it is known only where it was made. */
  readonly experimentId: string | undefined
  readonly createdAtMs: number
  readonly run: string | undefined
  readonly type: string | undefined
  readonly params: Texts
  readonly tags: Texts
  /** What it became; `undefined` while it is pending. */
  readonly version: Digest | undefined
  readonly draft: DraftFacts | undefined
}

export type NewLoggedModel = {
  /** Default: a readable name that is made up. */
  readonly name?: string | undefined
  readonly experimentId: string
  /** Id of the run that makes it. */
  readonly run?: string | undefined
  readonly type?: string | undefined
  readonly params?: Texts | undefined
  readonly tags?: Texts | undefined
}

export type DraftFacts = {
  readonly name: string
  readonly experimentId: string
  readonly createdAt: string
  /** Runs that say that they made it. */
  readonly outputOf: readonly string[]
  readonly run?: string | undefined
  readonly type?: string | undefined
  readonly hasFailed?: boolean | undefined
}
