/**
 * Packages between the user's files and a repository of any kind, without a store being open.
 *
 * What both kinds share is here: finding files, reading them, writing them out. A store's own
 * repository is `Store.packageRepository`.
 */

import { resolve } from 'node:path'

import { parseModelType } from '../../core/packages/model-type.ts'
import type { PackageId, PackageName, PackagePart } from '../../core/packages/package.ts'
import {
  checkPackageName,
  checkPackageVersion,
  checkProperties,
  missing,
} from '../../core/packages/package-names.ts'
import { NodeFileSystem } from '../../objects/node-file-system.ts'
import type {
  LocalPackageFile,
  OpenedPackage,
  PackageRepository,
  UploadedPackage,
} from '../../ports/package-repository.ts'
import { type Progress, silentProgress } from '../../ports/progress.ts'
import { temporariesOf } from '../durable-files.ts'
import type { Environment } from '../environment.ts'
import { homeFolder } from '../login/config-folder.ts'
import { type DownloadedFiles, downloadPackage } from './download-package.ts'
import { readLocalFile } from './local-bytes.ts'
import { findPackageFiles } from './package-files.ts'

export type PackageDoorOptions = {
  readonly environment: Environment
  /** Default: nobody is told. */
  readonly progress?: Progress | undefined
  readonly signal?: AbortSignal | undefined
}

/** What is uploaded. Paths may be relative to the environment's folder, or begin with `~/`. */
export type LocalPackage = PackageName & {
  readonly version?: string | undefined
  readonly path: string
  /** Of a model: an object or JSON text. */
  readonly modelType?: unknown
  readonly properties?: Readonly<Record<string, string>> | undefined
  readonly dependencies?: readonly string[] | undefined
  readonly code?: string | undefined
}

/** What an upload did, and what of the folder stayed out. */
export type UploadReport = UploadedPackage & { readonly leftOut: readonly string[] }

/**
 * Checks and uploads. Nothing is asked of a repository before everything was found good.
 *
 * @param repository Opened only then.
 * @throws {MlstoreError} `INVALID_ARGUMENT` for names, types, properties and paths.
 */
export async function uploadLocalPackage(
  local: LocalPackage,
  repository: () => Promise<PackageRepository>,
  { environment, progress = silentProgress, signal }: PackageDoorOptions,
): Promise<UploadReport> {
  const { kind, version, properties = {}, dependencies = [], code } = local
  checkPackageName(local)
  if (version !== undefined) checkPackageVersion(version)
  checkProperties(properties)
  const modelType = kind === 'model' ? parseModelType(local.modelType) : undefined
  if (local.path === '') throw missing(`${kind}_path`)
  const at = (path: string): string => userPath(environment, path)
  const sources = {
    kind,
    path: at(local.path),
    dependencies: dependencies.map(at),
    code: code === undefined ? undefined : at(code),
  }
  const { files, leftOut } = findPackageFiles(new NodeFileSystem(), sources, signal)
  const bytes = files.reduce((sum, { stat }) => sum + stat.sizeBytes, 0)
  const task = progress.start('upload', { files: files.length, bytes })
  const { repository: name, namespace, name: packageName } = local
  const id = { kind, repository: name, namespace, name: packageName, version }
  try {
    const open = await repository()
    const work = { progress: task, signal }
    return { ...(await open.upload({ ...id, files, modelType, properties }, work)), leftOut }
  } finally {
    task.end()
  }
}

export type LocalDownload = PackageId & {
  /** A folder for each part that is wanted. */
  readonly targets: Readonly<Partial<Record<PackagePart, string>>>
  readonly overwrite?: boolean | undefined
}

/** Checks and downloads, as `downloadPackage`. */
export async function downloadLocalPackage(
  { targets, overwrite, ...id }: LocalDownload,
  repository: () => Promise<PackageRepository>,
  { environment, progress = silentProgress, signal }: PackageDoorOptions,
): Promise<DownloadedFiles> {
  checkId(id)
  const fs = new NodeFileSystem()
  const folders = Object.entries(targets).map(([part, path]) => {
    if (path === '') throw missing('target_path')
    return [part, realFolder(fs, userPath(environment, path))]
  })
  const place = { fs, temporaries: temporariesOf(fs, environment), progress }
  const request = { id, targets: Object.fromEntries(folders), overwrite, signal }
  return downloadPackage(place, await repository(), request)
}

/** What a version holds. */
export async function inspectPackage(
  id: PackageId,
  repository: () => Promise<PackageRepository>,
  signal?: AbortSignal,
): Promise<OpenedPackage['info']> {
  checkId(id)
  return (await (await repository()).open(id, { signal })).info
}

/** Bytes of the user's files, for repositories elsewhere. */
export function localReader(): (
  file: LocalPackageFile,
  signal?: AbortSignal,
) => AsyncIterable<Uint8Array> {
  const fs = new NodeFileSystem()
  return (file, signal) => readLocalFile(fs, file, signal)
}

function checkId(id: PackageId): void {
  checkPackageName(id)
  if (id.version === '') throw missing('version')
  checkPackageVersion(id.version)
}

/** Absolute; `~` is the user's home, as in a shell. */
function userPath(environment: Environment, path: string): string {
  const home = homeFolder(environment)
  const isInHome = home !== undefined && (path === '~' || path.startsWith('~/'))
  return isInHome ? resolve(home, path.slice(2)) : resolve(environment.cwd, path)
}

/** Links on the way to the folder are followed, and the folder itself if it is one. */
function realFolder(fs: NodeFileSystem, path: string): string {
  let existing = path
  while (fs.lstat(existing) === undefined) existing = resolve(existing, '..')
  return resolve(fs.realPath(existing), relativeTo(existing, path))
}

function relativeTo(folder: string, path: string): string {
  return path.slice(folder.length).replace(/^[/\\]+/, '')
}
