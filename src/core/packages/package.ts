/**
 * Packages: named and numbered versions of a model or a data set, as package registries hold them.
 *
 * A package version is the files of the thing itself, of a model also the files it depends on and
 * an archive of its code, and facts about them. The words are those of JFrog's FrogML.
 */

import type { Digest } from '../digest.ts'

export type PackageKind = 'model' | 'dataset'

/** What a package is called in its repository. */
export type PackageName = {
  readonly kind: PackageKind
  /** Of a store or of an Artifactory: any text. */
  readonly repository: string
  readonly namespace?: string | undefined
  readonly name: string
}

export type PackageId = PackageName & { readonly version: string }

/** `files`: the model or data set itself. Only models have the other two. */
export type PackagePart = 'files' | 'dependencies' | 'code'

export type PackageFile = {
  readonly part: PackagePart
  /** Below the part, names separated by `/`. */
  readonly path: string
  readonly sizeBytes: number
  readonly digest: Digest
}

/** How a model was made and how it is run. */
export type ModelType = {
  readonly framework: string
  readonly frameworkVersion: string
  readonly serializationFormat: string
  readonly runtime: string
  readonly runtimeVersion: string
}

/** What is known of a package version before it has a place in a repository. */
export type PackageContent = {
  readonly kind: PackageKind
  readonly namespace?: string | undefined
  readonly name: string
  readonly version: string
  /** Of a data set: none. */
  readonly modelType?: ModelType | undefined
  /** In the order of their parts and paths. */
  readonly files: readonly PackageFile[]
}
