/** What callers of `PackageStorage` ask, and what they get: the words of FrogML's storage. */

import type { GivenModelType } from '../../core/packages/model-type.ts'
import type { PackageInfo } from '../../ports/package-repository.ts'
import type { WorkOptions } from '../../store/requests.ts'

type InRepository = WorkOptions & {
  /**
   * A remote's name or URL, a part of one (`main/vision`), or any other name, which is a part of
   * the default remote. Of an Artifactory: the repository's key, or its URL.
   */
  readonly repository: string
  readonly namespace?: string | undefined
}

type Upload = InRepository & {
  /** Default: the time in UTC, `yyyy-MM-dd-HH-mm-ss`. */
  readonly version?: string | undefined
  /** Up to 60 characters each. In a store they are tags of the version. */
  readonly properties?: Readonly<Record<string, string>> | undefined
}

export type UploadModelRequest = Upload & {
  readonly modelName: string
  /** A file or a folder; `~` is the home folder. */
  readonly modelPath: string
  /** All five fields, as an object or as JSON text. */
  readonly modelType: GivenModelType
  /** Files, such as `requirements.txt`. */
  readonly dependenciesFilesPaths?: readonly string[] | undefined
  readonly codeArchiveFilePath?: string | undefined
}

export type UploadDatasetRequest = Upload & {
  readonly datasetName: string
  /** A file or a folder; `~` is the home folder. */
  readonly sourcePath: string
}

export type ModelPackageRequest = InRepository & {
  readonly modelName: string
  readonly version: string
}

export type DatasetPackageRequest = InRepository & {
  readonly datasetName: string
  readonly version: string
}

type Download = {
  /** A folder, made if it is not there; `~` is the home folder. Other files in it stay. */
  readonly targetPath: string
  /** Replaces files that have other content. Default: false, which is an error. */
  readonly overwrite?: boolean | undefined
}

export type DownloadModelRequest = ModelPackageRequest &
  Download & {
    /** A folder for the dependencies. Default: they are not downloaded. */
    readonly dependenciesTargetPath?: string | undefined
    /** A folder for the code archive. Default: it is not downloaded. */
    readonly codeTargetPath?: string | undefined
  }

export type DownloadDatasetRequest = DatasetPackageRequest & Download

/** Of a repository, or of one namespace in it. */
export type ListPackagesRequest = InRepository
export type ListModelVersionsRequest = InRepository & { readonly modelName: string }
export type ListDatasetVersionsRequest = InRepository & { readonly datasetName: string }

export type DownloadResult = Pick<
  PackageInfo,
  'name' | 'namespace' | 'version' | 'digest' | 'createdAt'
> & {
  /** As it was given. */
  readonly path: string
  readonly files: number
  readonly sizeBytes: number
  /** Bytes that had to come from elsewhere. */
  readonly fetchedBytes: number
}

/** A model or a data set, with how many versions there are. */
export type PackageSummary = {
  readonly namespace: string | null
  readonly name: string
  readonly versions: number
  readonly latest: string
}
