/**
 * A repository of an Artifactory, by the protocol of its machine-learning packages.
 *
 * Better than the Python client it replaces: names are encoded, a failing file fails the upload,
 * received bytes are verified, and a manifest that would write elsewhere is refused as a whole.
 */

import { type Digest, digestOf } from '../../core/digest.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import {
  infoBytes,
  manifestOf,
  type ReadManifest,
  readManifest,
  refuseHostilePaths,
} from '../../core/packages/documents.ts'
import type { PackageContent, PackageFile, PackageId } from '../../core/packages/package.ts'
import { versionTitleOf } from '../../core/packages/package-names.ts'
import { comparePaths } from '../../core/tree/name-order.ts'
import { isMlstoreError, MlstoreError, notFound } from '../../errors.ts'
import type {
  ListedPackage,
  LocalPackageFile,
  OpenedPackage,
  OpenPackageOptions,
  PackageInfo,
  PackageQuery,
  PackageRepository,
  PackageUpload,
  PackageWork,
  UploadedPackage,
} from '../../ports/package-repository.ts'
import { type HttpClient, shownUrl } from '../http.ts'
import { ArtifactoryConnection, isGood, jsonOf, refusal } from './connection.ts'
import { listPackages } from './listing.ts'
import { ArtifactoryPaths, pathOfFile } from './paths.ts'
import { readFile } from './read-file.ts'
import {
  digestOfFile,
  endTransaction,
  type SentFile,
  sendFile,
  startTransaction,
  type Transaction,
  type TransactionParts,
} from './transaction.ts'

export type ArtifactoryOptions = {
  readonly http: HttpClient
  readonly url: URL
  readonly repository: string
  /** The header; `undefined` is anonymous. */
  readonly authorization: string | undefined
  /** Bytes of a file of the user. */
  readonly read: (file: LocalPackageFile, signal?: AbortSignal) => AsyncIterable<Uint8Array>
}

/** Files that are sent at once. */
const uploadsMax = 5

export class ArtifactoryRepository implements PackageRepository {
  readonly #connection: ArtifactoryConnection
  readonly #paths: ArtifactoryPaths
  readonly #parts: TransactionParts

  constructor({ http, url, repository, authorization, read }: ArtifactoryOptions) {
    this.#connection = new ArtifactoryConnection(http, authorization)
    this.#paths = new ArtifactoryPaths(url, repository)
    this.#parts = { connection: this.#connection, paths: this.#paths, read }
  }

  async upload(upload: PackageUpload, work: PackageWork): Promise<UploadedPackage> {
    const { version } = upload
    const id = version === undefined ? undefined : { ...upload, version }
    const there = id && (await this.#manifestIfThere(id, work.signal))
    if (id !== undefined && there !== undefined) return this.#asBefore(id, there, work)
    const transaction = await startTransaction(this.#parts, upload, version, work.signal)
    const sent = await this.#send(transaction, upload.files, work)
    const content = { ...upload, version: transaction.version, files: sent }
    await this.#end(transaction, upload, content, work.signal)
    return this.#receipt(content, sent, false)
  }

  async open(id: PackageId, { signal }: OpenPackageOptions = {}): Promise<OpenedPackage> {
    const manifest = await this.#manifestIfThere(id, signal)
    if (manifest === undefined) throw this.#absent(id)
    refuseHostilePaths(manifest.files)
    const places = new Map(
      manifest.files.map((file) => [keyOf(file), this.#paths.file(pathOfFile(file, id))]),
    )
    let fetchedBytes = 0
    const onBytes = (bytes: number): void => void (fetchedBytes += bytes)
    return {
      info: infoOf(id, manifest),
      read: (file) => {
        const url = places.get(keyOf(file))
        if (url === undefined) throw notFound(`${versionTitleOf(id)} has no file ${file.path}.`)
        return readFile(this.#connection, { url, file, signal, onBytes })
      },
      fetchedBytes: () => fetchedBytes,
    }
  }

  list(query: PackageQuery, signal?: AbortSignal): Promise<ListedPackage[]> {
    return listPackages(this.#connection, this.#paths, query, signal)
  }

  async #send(
    transaction: Transaction,
    files: readonly LocalPackageFile[],
    { progress, signal }: PackageWork,
  ): Promise<SentFile[]> {
    // Files of the model first, as the Python client does.
    const inOrder = [...files].sort((a, b) => partOrder(a) - partOrder(b))
    const sent: SentFile[] = []
    const send = (file: LocalPackageFile): Promise<SentFile> =>
      sendFile(this.#parts, transaction, file, signal)
    for await (const file of mapOrdered(inOrder, uploadsMax, send)) {
      const { sizeBytes, isReused } = file
      progress.advance(
        isReused ? { files: 1, dedupedBytes: sizeBytes } : { files: 1, bytes: sizeBytes },
      )
      sent.push(file)
    }
    return sent
  }

  /** An answer that got lost may have been a yes: the manifest tells. */
  async #end(
    transaction: Transaction,
    upload: PackageUpload,
    content: PackageContent,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const manifest = manifestOf(content, transaction.createdAt)
    const { properties } = upload
    try {
      await endTransaction(this.#parts, { name: upload, transaction, manifest, properties }, signal)
    } catch (error) {
      if (!isMlstoreError(error, 'REMOTE_UNAVAILABLE')) throw error
      const id = { ...upload, version: content.version }
      const there = await this.#manifestIfThere(id, signal).catch((cause: unknown) => {
        throw unknownOutcome(id, cause)
      })
      if (there === undefined || !hasSameFiles(there.files, content.files)) throw error
    }
  }

  /** The same content again is no error; the hashes of what is here say whether it is. */
  async #asBefore(
    id: PackageId & PackageUpload,
    manifest: ReadManifest,
    { signal, progress }: PackageWork,
  ): Promise<UploadedPackage> {
    const files: PackageFile[] = []
    for (const file of id.files) {
      const digest = await digestOfFile(this.#parts.read(file, signal))
      files.push({ part: file.part, path: file.path, sizeBytes: file.stat.sizeBytes, digest })
      progress.advance({ files: 1, dedupedBytes: file.stat.sizeBytes })
    }
    const isSameType = JSON.stringify(manifest.modelType) === JSON.stringify(id.modelType)
    if (isSameType && hasSameFiles(manifest.files, files)) {
      const reused = files.map((file) => ({ ...file, isReused: true }))
      return this.#receipt({ ...id, files }, reused, true)
    }
    throw new MlstoreError('LABEL_TAKEN', `There is ${versionTitleOf(id)} already.`, {
      hint: 'Upload it under another version; versions never change.',
    })
  }

  async #manifestIfThere(
    id: PackageId,
    signal: AbortSignal | undefined,
  ): Promise<ReadManifest | undefined> {
    const url = this.#paths.manifest(id, id.version)
    const answer = await this.#connection.send(url, { signal })
    if (answer.status === 404) {
      await answer.discard()
      return undefined
    }
    const title = `The manifest of ${versionTitleOf(id)}`
    if (!isGood(answer.status)) throw await refusal(url, answer, title)
    return readManifest(id.kind, await jsonOf(url, answer), title)
  }

  #absent(id: PackageId): MlstoreError {
    return new MlstoreError(
      'NOT_FOUND',
      `${shownUrl(this.#paths.base)} has no ${versionTitleOf(id).slice(4)}.`,
      {
        hint: `\`mlstore ${id.kind} list\` lists what there is.`,
      },
    )
  }

  #receipt(
    content: PackageContent,
    sent: readonly SentFile[],
    unchanged: boolean,
  ): UploadedPackage {
    const { name, namespace = null, version } = content
    const reused = sent.filter(({ isReused }) => isReused)
    const sizeBytes = totalOf(sent)
    const reusedBytes = totalOf(reused)
    return {
      name,
      namespace,
      version,
      unchanged,
      sizeBytes,
      reusedBytes,
      digest: infoDigest(content),
      files: sent.length,
      sentBytes: sizeBytes - reusedBytes,
      remote: shownUrl(this.#paths.base),
    }
  }
}

function partOrder({ part }: LocalPackageFile): number {
  return ['files', 'dependencies', 'code'].indexOf(part)
}

function keyOf({ part, path }: PackageFile): string {
  return `${part}/${path}`
}

function totalOf(files: readonly PackageFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

function infoOf(id: PackageId, manifest: ReadManifest): PackageInfo {
  const { kind, repository, namespace, name, version } = id
  const { files, modelType, createdDate } = manifest
  return {
    kind,
    repository,
    namespace: namespace ?? null,
    name,
    version,
    digest: infoDigest({ ...id, files, modelType }),
    createdAt: isoTime(createdDate),
    modelType: modelType ?? null,
    properties: null,
    files: files.map(({ downloadUrl: _place, ...file }) => file),
    sizeBytes: totalOf(files),
  }
}

/** Files in the order of a store's document, so that one content has one digest everywhere. */
function infoDigest(content: PackageContent): Digest {
  const files = content.files.toSorted((a, b) => comparePaths(a.path, b.path))
  return digestOf(infoBytes({ ...content, files }))
}

/** Manifests say UTC without saying so. */
function isoTime(text: string | undefined): string | null {
  if (text === undefined) return null
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(text)
  const time = new Date(hasZone ? text : `${text}Z`)
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}

function hasSameFiles(a: readonly PackageFile[], b: readonly PackageFile[]): boolean {
  const keys = (files: readonly PackageFile[]): string[] =>
    files.map(({ part, path, digest }) => JSON.stringify([part, path, digest])).sort()
  return JSON.stringify(keys(a)) === JSON.stringify(keys(b))
}

function unknownOutcome(id: PackageId, cause: unknown): MlstoreError {
  return new MlstoreError(
    'COMMIT_UNKNOWN',
    `Whether ${versionTitleOf(id)} was made is not known: the server does not answer any more.`,
    { hint: 'Upload the same again: what is there is not sent twice.', cause },
  )
}
