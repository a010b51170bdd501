/**
 * The two documents about a package version, as FrogML writes them.
 *
 * `model-info.json` (of a data set `dataset-info.json`) lies beside the files in a store: name,
 * version, namespace, and every file with its size and SHA-256. It says nothing of when, so the
 * same content under the same name is the same document. The manifest is what the clients of an
 * Artifactory exchange with it: the same without the names, and with the time.
 */

import { invalidArgument } from '../../errors.ts'
import { isJsonObject, type JsonValue } from '../canonical-json.ts'
import { Fields } from '../json-shape.ts'
import { isModelType, parseModelType, type WireModelType, wireModelType } from './model-type.ts'
import type { ModelType, PackageContent, PackageFile, PackageKind, PackagePart } from './package.ts'

type WireFile = {
  readonly artifact_path: string
  readonly size: number
  readonly checksums: { readonly sha2: string }
  /** Only in what a server answers. */
  readonly download_url?: string
}

type WireFiles = {
  readonly model_artifacts?: readonly WireFile[]
  readonly dataset_artifacts?: readonly WireFile[]
  readonly model_format?: WireModelType
  readonly dependency_artifacts?: readonly WireFile[]
  readonly code_artifacts?: WireFile
}

export type InfoDocument = WireFiles & {
  readonly name: string
  readonly namespace: string | null
  readonly version: string
}

/** What is sent to an Artifactory, or would be. */
export type Manifest = WireFiles & {
  /** UTC, without a zone: `2026-11-21T03:19:05.43`. */
  readonly created_date: string
}

/** A file as a manifest names it; the place to fetch it from is the server's word. */
export type ManifestFile = PackageFile & { readonly downloadUrl: string | undefined }

export type ReadManifest = {
  /** As the manifest has it. */
  readonly createdDate: string | undefined
  readonly modelType: ModelType | undefined
  readonly files: readonly ManifestFile[]
}

export function infoFileName(kind: PackageKind): string {
  return `${kind}-info.json`
}

export function infoDocument(content: PackageContent): InfoDocument {
  const { name, namespace = null, version } = content
  return { name, namespace, version, ...wireFiles(content) }
}

/** The bytes of the document: JSON for people, with a line end. */
export function infoBytes(content: PackageContent): Buffer {
  return Buffer.from(`${JSON.stringify(infoDocument(content), undefined, 2)}\n`)
}

/** @param urlOf Where a file can be fetched. Default: the manifest does not say. */
export function manifestOf(
  content: Pick<PackageContent, 'kind' | 'files' | 'modelType'>,
  createdAt: Date,
  urlOf?: (file: PackageFile) => string,
): Manifest {
  return { created_date: createdAt.toISOString().slice(0, 22), ...wireFiles(content, urlOf) }
}

/**
 * Reads a manifest, or an info document, of an untrusted server or store.
 *
 * @param where What it is, for messages.
 * @throws {MlstoreError} `CORRUPT`. Paths are only checked to be text: `refuseHostilePaths`.
 */
export function readManifest(kind: PackageKind, value: JsonValue, where: string): ReadManifest {
  const fields = new Fields(value, where)
  const own = fields.objects(`${kind}_artifacts`).map((file) => fileOf(file, 'files'))
  const dependencies = fields.has('dependency_artifacts')
    ? fields.objects('dependency_artifacts').map((file) => fileOf(file, 'dependencies'))
    : []
  const code = isJsonObject(fields.get('code_artifacts'))
    ? [fileOf(fields.object('code_artifacts'), 'code')]
    : []
  return {
    createdDate: fields.optionalString('created_date'),
    modelType: modelTypeOf(fields),
    files: [...own, ...dependencies, ...code],
  }
}

/**
 * Refuses manifests that would write elsewhere than into the folder of the download.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT`, before anything is made.
 */
export function refuseHostilePaths(files: readonly PackageFile[]): void {
  for (const { path } of files) {
    const problem = pathProblem(path)
    if (problem === undefined) continue
    throw invalidArgument(
      `The manifest holds the path ${JSON.stringify(path)}, which ${problem}.`,
      'Do not trust whoever made it; nothing was written.',
    )
  }
}

function pathProblem(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (path.includes('\0')) return 'contains a NUL'
  if (/^[/\\]/.test(path) || /^[a-zA-Z]:/.test(path)) return 'is absolute'
  const names = path.split(/[/\\]/)
  if (names.includes('..')) return 'leads out of the folder'
  if (names.includes('') || names.includes('.')) return 'has an empty name'
  return undefined
}

function wireFiles(
  { kind, files, modelType }: Omit<PackageContent, 'name' | 'version'>,
  urlOf?: (file: PackageFile) => string,
): WireFiles {
  const of = (part: PackagePart): WireFile[] =>
    files
      .filter((file) => file.part === part)
      .map((file) => ({ ...wireFile(file), ...(urlOf && { download_url: urlOf(file) }) }))
  if (kind === 'dataset') return { dataset_artifacts: of('files') }
  const [dependencies, [code]] = [of('dependencies'), of('code')]
  return {
    model_artifacts: of('files'),
    ...(modelType && { model_format: wireModelType(modelType) }),
    ...(dependencies.length > 0 && { dependency_artifacts: dependencies }),
    ...(code && { code_artifacts: code }),
  }
}

function wireFile({ path, sizeBytes, digest }: PackageFile): WireFile {
  return { artifact_path: path, size: sizeBytes, checksums: { sha2: digest } }
}

function fileOf(fields: Fields, part: PackagePart): ManifestFile {
  return {
    part,
    path: fields.string('artifact_path'),
    sizeBytes: fields.integer('size'),
    digest: fields.object('checksums').digest('sha2'),
    downloadUrl: fields.optionalString('download_url'),
  }
}

/** Another client may have left something out: that is no reason to refuse the files. */
function modelTypeOf(fields: Fields): ModelType | undefined {
  const format = fields.get('model_format')
  return isJsonObject(format) && isModelType(format) ? parseModelType(format) : undefined
}
