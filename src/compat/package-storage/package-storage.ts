/**
 * PackageStorage: models and data sets as named packages, with the words of FrogML's storage.
 *
 * The same calls reach a store or an Artifactory. An `http(s)` URL, of the repository or of the
 * `AuthConfig`, means an Artifactory; so does `JF_URL` for a repository that is no remote of the
 * store, and a saved login where there is no store. Everything else is the store.
 */

import { ArtifactoryRepository } from '../../clients/artifactory/repository.ts'
import { repositoryOfUrl } from '../../clients/artifactory/paths.ts'
import { HttpClient } from '../../clients/http.ts'
import { manifestOf, type Manifest } from '../../core/packages/documents.ts'
import type { PackageId, PackageKind, PackageName } from '../../core/packages/package.ts'
import { isMlstoreError } from '../../errors.ts'
import type {
  ListedPackage,
  PackageInfo,
  PackageRepository,
} from '../../ports/package-repository.ts'
import type { Progress } from '../../ports/progress.ts'
import { credentialsFor } from '../../store/login/credentials.ts'
import {
  downloadLocalPackage,
  inspectPackage,
  localReader,
  type PackageDoorOptions,
  uploadLocalPackage,
  type UploadReport,
} from '../../store/packages/package-doors.ts'
import { namedRemote } from '../../store/packages/place.ts'
import type { StoreApi } from '../../store/store.ts'
import { toolVersion } from '../../store/tool-version.ts'
import { StoreAccess, type StoreAccessOptions } from '../store-access.ts'
import type { AuthConfig } from './auth-config.ts'
import type * as requests from './requests.ts'

export type PackageStorageOptions = StoreAccessOptions & {
  /** Default: nobody is told. */
  readonly progress?: Progress | undefined
}

export class PackageStorage implements AsyncDisposable {
  readonly #auth: AuthConfig | undefined
  readonly #access: StoreAccess
  readonly #progress: Progress | undefined
  #http: HttpClient | undefined

  /** @param auth An Artifactory, and who asks it. Default: see above. */
  constructor(auth?: AuthConfig, options: PackageStorageOptions = {}) {
    this.#auth = auth
    this.#access = new StoreAccess(options)
    this.#progress = options.progress
  }

  /**
   * Uploads a file or a folder as a version of a model.
   *
   * The version is there as a whole or not at all, whatever fails. Content that the repository has
   * is not sent again (`reusedBytes`). The same content under the same version again is no error.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` before anything is sent, `LABEL_TAKEN`,
   * `FILE_CHANGED`, `REMOTE_UNAVAILABLE`, `REMOTE_REFUSED`.
   */
  async uploadModelVersion(request: requests.UploadModelRequest): Promise<UploadReport> {
    const { modelName, modelPath, modelType, version, properties, signal } = request
    const id = nameOf('model', modelName, request)
    const local = {
      ...id,
      version,
      modelType,
      properties,
      path: modelPath,
      dependencies: request.dependenciesFilesPaths,
      code: request.codeArchiveFilePath,
    }
    return uploadLocalPackage(local, this.#opening(request), this.#options(signal))
  }

  /** The same for a data set, which has no type, dependencies and code. */
  async uploadDatasetVersion(request: requests.UploadDatasetRequest): Promise<UploadReport> {
    const { datasetName, sourcePath: path, version, properties, signal } = request
    const id = nameOf('dataset', datasetName, request)
    const local = { ...id, version, properties, path }
    return uploadLocalPackage(local, this.#opening(request), this.#options(signal))
  }

  /**
   * Writes a version of a model into a folder; with targets for them, its dependencies and code.
   *
   * Every byte is verified before any file appears.
   *
   * @throws {MlstoreError} `NOT_FOUND`; `WORKING_TREE_CHANGED` when other content is there, with
   * `details.paths`; `DIGEST_MISMATCH`; `INVALID_ARGUMENT` for a manifest that leads elsewhere.
   */
  async downloadModelVersion(
    request: requests.DownloadModelRequest,
  ): Promise<requests.DownloadResult> {
    const id = { ...nameOf('model', request.modelName, request), version: request.version }
    const { dependenciesTargetPath: dependencies, codeTargetPath: code } = request
    return this.#download(id, request, { dependencies, code })
  }

  async downloadDatasetVersion(
    request: requests.DownloadDatasetRequest,
  ): Promise<requests.DownloadResult> {
    const id = { ...nameOf('dataset', request.datasetName, request), version: request.version }
    return this.#download(id, request, {})
  }

  /** What a version of a model holds: what its `model-info.json` says, with digest and time. */
  async modelInfo(request: requests.ModelPackageRequest): Promise<PackageInfo> {
    return this.#info('model', request.modelName, request)
  }

  async datasetInfo(request: requests.DatasetPackageRequest): Promise<PackageInfo> {
    return this.#info('dataset', request.datasetName, request)
  }

  /** `model-manifest.json`, as FrogML's clients know it. */
  async modelManifest(request: requests.ModelPackageRequest): Promise<Manifest> {
    return manifestFrom(await this.modelInfo(request))
  }

  /** `dataset-manifest.json`. */
  async datasetManifest(request: requests.DatasetPackageRequest): Promise<Manifest> {
    return manifestFrom(await this.datasetInfo(request))
  }

  async listModels(request: requests.ListPackagesRequest): Promise<requests.PackageSummary[]> {
    return summariesOf(await this.#list('model', undefined, request))
  }

  async listDatasets(request: requests.ListPackagesRequest): Promise<requests.PackageSummary[]> {
    return summariesOf(await this.#list('dataset', undefined, request))
  }

  /** Versions, newest first. */
  async listModelVersions(request: requests.ListModelVersionsRequest): Promise<ListedPackage[]> {
    return this.#list('model', request.modelName, request)
  }

  async listDatasetVersions(
    request: requests.ListDatasetVersionsRequest,
  ): Promise<ListedPackage[]> {
    return this.#list('dataset', request.datasetName, request)
  }

  /** Closes the store, unless it is the caller's, and connections. Idempotent. */
  async close(): Promise<void> {
    const http = this.#http
    this.#http = undefined
    await http?.close()
    await this.#access.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #download(
    id: PackageId,
    request: requests.DownloadDatasetRequest | requests.DownloadModelRequest,
    more: { readonly dependencies?: string | undefined; readonly code?: string | undefined },
  ): Promise<requests.DownloadResult> {
    const { targetPath, overwrite, signal } = request
    const targets = {
      files: targetPath,
      ...(more.dependencies !== undefined && { dependencies: more.dependencies }),
      ...(more.code !== undefined && { code: more.code }),
    }
    const wanted = { ...id, targets, overwrite }
    const done = await downloadLocalPackage(wanted, this.#opening(request), this.#options(signal))
    const { files, sizeBytes, fetchedBytes } = done
    const { name, namespace, version, digest, createdAt } = done.info
    return {
      name,
      namespace,
      version,
      digest,
      createdAt,
      path: targetPath,
      files,
      sizeBytes,
      fetchedBytes,
    }
  }

  #info(
    kind: PackageKind,
    name: string,
    request: Omit<requests.ModelPackageRequest, 'modelName'>,
  ): Promise<PackageInfo> {
    const id = { ...nameOf(kind, name, request), version: request.version }
    return inspectPackage(id, this.#opening(request), request.signal)
  }

  async #list(
    kind: PackageKind,
    name: string | undefined,
    { repository, namespace, signal }: requests.ListPackagesRequest,
  ): Promise<ListedPackage[]> {
    const opened = await this.#open(repository)
    return opened.list({ kind, repository: keyOf(repository), namespace, name }, signal)
  }

  #opening({ repository }: Named): () => Promise<PackageRepository> {
    return () => this.#open(repository)
  }

  async #open(repository: string): Promise<PackageRepository> {
    if (isHttp(repository)) {
      const url = new URL(repository)
      return this.#artifactory(url, repositoryOfUrl(url))
    }
    if (this.#auth !== undefined) return this.#artifactory(this.#auth.url, repository)
    const store = await this.#storeUnlessNone()
    if (store === undefined) return this.#artifactory(undefined, repository)
    const { env } = this.#access.environment
    const isElsewhere = (env['JF_URL'] ?? '') !== '' && !(await isOfStore(store, repository))
    return isElsewhere
      ? this.#artifactory(undefined, repository)
      : store.packageRepository(repository)
  }

  /** Without a store, an Artifactory that the environment or a login names will do. */
  async #storeUnlessNone(): Promise<StoreApi | undefined> {
    try {
      return await this.#access.open()
    } catch (error) {
      if (!isMlstoreError(error, 'STORE_MISSING')) throw error
      const isThere = await this.#hasServer()
      if (isThere) return undefined
      throw error
    }
  }

  async #hasServer(): Promise<boolean> {
    try {
      await credentialsFor(undefined, this.#access.environment)
      return true
    } catch (error) {
      if (isMlstoreError(error, 'NOT_FOUND')) return false
      throw error
    }
  }

  async #artifactory(url: URL | undefined, repository: string): Promise<PackageRepository> {
    const { environment } = this.#access
    const given = url?.origin === this.#auth?.url.origin ? this.#auth?.reveal() : undefined
    const credentials = await credentialsFor(url, environment, given)
    const { env, clock } = environment
    const headers = { 'user-agent': `mlstore/${toolVersion}` }
    this.#http ??= new HttpClient({ env, clock, headers })
    return new ArtifactoryRepository({
      http: this.#http,
      url: credentials.url,
      repository,
      authorization: credentials.authorization,
      read: localReader(),
    })
  }

  #options(signal: AbortSignal | undefined): PackageDoorOptions {
    const environment = { ...this.#access.environment, cwd: this.#access.cwd }
    return { environment, progress: this.#progress, signal }
  }
}

type Named = { readonly repository: string; readonly namespace?: string | undefined }

/** In an Artifactory the repository is its key, however it was named. */
function nameOf(kind: PackageKind, name: string, { repository, namespace }: Named): PackageName {
  return { kind, repository: keyOf(repository), namespace, name }
}

function keyOf(repository: string): string {
  return isHttp(repository) ? repositoryOfUrl(new URL(repository)) : repository
}

function isHttp(repository: string): boolean {
  return /^https?:\/\//i.test(repository)
}

async function isOfStore(store: StoreApi, repository: string): Promise<boolean> {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(repository)
  return isUrl || namedRemote(await store.listRemotes(), repository) !== undefined
}

function manifestFrom({ kind, files, modelType, createdAt }: PackageInfo): Manifest {
  const content = { kind, files, modelType: modelType ?? undefined }
  return manifestOf(content, new Date(createdAt ?? 0))
}

function summariesOf(versions: readonly ListedPackage[]): requests.PackageSummary[] {
  const summaries = new Map<string, requests.PackageSummary>()
  for (const { namespace, name, version } of versions) {
    const key = `${namespace ?? ''}/${name}`
    const known = summaries.get(key)
    // Newest first: the first one is the latest.
    const latest = known?.latest ?? version
    summaries.set(key, { namespace, name, versions: (known?.versions ?? 0) + 1, latest })
  }
  return [...summaries.values()]
}
