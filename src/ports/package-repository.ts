/**
 * PackageRepository: a place that keeps package versions, a store or an Artifactory.
 *
 * The contract (executed by test/contracts/package-repository.ts on both implementations):
 * - `upload` makes the whole version or none: after a failure, nobody sees any of it.
 * - A version never changes. Uploading the same content under the same name again is no error and
 *   sends nothing; other content is `LABEL_TAKEN`.
 * - Content that the repository has is not sent again.
 * - What `read` gives was verified against the file's digest when the iteration ends well; until
 *   then it may still fail with `DIGEST_MISMATCH`.
 * - What is not there is `NOT_FOUND`.
 */

import type { Digest } from '../core/digest.ts'
import type {
  ModelType,
  PackageFile,
  PackageId,
  PackageKind,
  PackageName,
  PackagePart,
} from '../core/packages/package.ts'
import type { FileStat } from './file-system.ts'
import type { ProgressTask } from './progress.ts'

/** A file of the user that becomes part of a package. */
export type LocalPackageFile = {
  readonly part: PackagePart
  /** Below the part, names separated by `/`. */
  readonly path: string
  /** Absolute, without links. */
  readonly source: string
  readonly stat: FileStat
}

export type PackageUpload = PackageName & {
  /** Default: the time in UTC, `yyyy-MM-dd-HH-mm-ss`. */
  readonly version?: string | undefined
  readonly files: readonly LocalPackageFile[]
  /** Of a data set: none. */
  readonly modelType?: ModelType | undefined
  readonly properties: Readonly<Record<string, string>>
}

export type PackageWork = {
  readonly progress: ProgressTask
  readonly signal?: AbortSignal | undefined
}

/** What an upload made. */
export type UploadedPackage = {
  readonly name: string
  readonly namespace: string | null
  readonly version: string
  /** Of the version in a store; in an Artifactory of its info document. */
  readonly digest: Digest
  readonly files: number
  readonly sizeBytes: number
  /** Bytes that the repository had, and that were not sent for it. */
  readonly reusedBytes: number
  /** Bytes on the wire; a store sends compressed ones. */
  readonly sentBytes: number
  /** The version was there, with this content. */
  readonly unchanged: boolean
  /** The remote of a store that has it now; `null`: it is only here. An Artifactory's URL. */
  readonly remote: string | null
}

export type PackageInfo = {
  readonly kind: PackageKind
  readonly repository: string
  readonly namespace: string | null
  readonly name: string
  readonly version: string
  readonly digest: Digest
  /** ISO 8601 in UTC. */
  readonly createdAt: string | null
  readonly modelType: ModelType | null
  /** `null`: this repository does not tell. */
  readonly properties: Readonly<Record<string, string>> | null
  readonly files: readonly PackageFile[]
  readonly sizeBytes: number
}

/** What is at hand comes at once; else it is asked for when the iteration begins. */
export type PackageBytes = Uint8Array | AsyncIterable<Uint8Array>

export type OpenedPackage = {
  readonly info: PackageInfo
  /** Bytes of one of its files. */
  read(file: PackageFile): PackageBytes
  /** What it took so far to have them here. */
  fetchedBytes(): number
}

export type OpenPackageOptions = {
  /** What will be read. Default: nothing. */
  readonly parts?: readonly PackagePart[]
  readonly signal?: AbortSignal | undefined
}

/** Which versions: of a repository, a namespace in it, or one package. */
export type PackageQuery = Omit<PackageName, 'name'> & { readonly name?: string | undefined }

export type ListedPackage = {
  readonly namespace: string | null
  readonly name: string
  readonly version: string
  readonly createdAt: string | null
  /** `null` where the repository does not tell. */
  readonly files: number | null
  readonly sizeBytes: number | null
}

export interface PackageRepository {
  /** @throws {MlstoreError} `LABEL_TAKEN`, `FILE_CHANGED`, and what the remote answers. */
  upload(upload: PackageUpload, work: PackageWork): Promise<UploadedPackage>

  /** @throws {MlstoreError} `NOT_FOUND` */
  open(id: PackageId, options?: OpenPackageOptions): Promise<OpenedPackage>

  /** Versions, newest first within a package; packages by namespace and name. */
  list(query: PackageQuery, signal?: AbortSignal): Promise<ListedPackage[]>
}
