/**
 * A store as a repository of packages.
 *
 * Uploading adds a version and pushes it to the repository's remote. The remote's log is asked
 * first, so that a version somebody else has uploaded is refused before anything is made, and a
 * remote that cannot be reached leaves no version behind.
 */

import type { VersionRow } from '../../catalog/version-row.ts'
import { isJsonObject, parseUserJson } from '../../core/canonical-json.ts'
import type { Digest } from '../../core/digest.ts'
import { outputRole } from '../../core/lineage/roles.ts'
import { infoFileName, readManifest } from '../../core/packages/documents.ts'
import { wireModelType } from '../../core/packages/model-type.ts'
import type { PackageFile, PackageId, PackageName } from '../../core/packages/package.ts'
import {
  packageArtifact,
  packageLabel,
  packageOfArtifact,
  versionOfLabel,
  versionTitleOf,
} from '../../core/packages/package-names.ts'
import { generatedLabel } from '../../core/reference.ts'
import { lookupPath } from '../../core/tree/lookup.ts'
import { corrupt, MlstoreError, notFound } from '../../errors.ts'
import type {
  ListedPackage,
  OpenedPackage,
  OpenPackageOptions,
  PackageInfo,
  PackageQuery,
  PackageRepository,
  PackageUpload,
  PackageWork,
  UploadedPackage,
} from '../../ports/package-repository.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import { selectPaths } from '../../worktree/path-selection.ts'
import { addContent, type ReadContent } from '../add.ts'
import { contentWish, type Wish } from '../add-wish.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { Trust } from '../ingest.ts'
import { nodeSource } from '../node-source.ts'
import type { StoreParts } from '../parts.ts'
import type { AddResult, PushResult } from '../results.ts'
import { ambientRun } from '../runs/ambient-run.ts'
import { recordInputs } from '../runs/input-links.ts'
import { summaryOf } from '../summary.ts'
import { fetch } from '../sync/fetch.ts'
import { push } from '../sync/push.ts'
import { shortDigest } from '../version-title.ts'
import type { HeldPackage } from './held.ts'
import { holdFiles } from './hold-files.ts'
import { collect } from './read-ahead.ts'
import { folderOf, takeFiles } from './take-files.ts'

/** Of a version that is made: how much it holds, and what is said about it. */
type NewPackage = PackageId &
  Pick<PackageUpload, 'modelType' | 'properties'> & {
    readonly files: number
    readonly sizeBytes: number
  }

type ReadFiles = (writer: ObjectWriter, trust: Trust) => Promise<ReadContent>

export class StoreRepository implements PackageRepository {
  readonly #parts: StoreParts
  readonly #remote: string | undefined

  /** @param remote Where the packages go to and come from; `undefined`: they stay here. */
  constructor(parts: StoreParts, remote: string | undefined) {
    this.#parts = parts
    this.#remote = remote
  }

  async upload(upload: PackageUpload, work: PackageWork): Promise<UploadedPackage> {
    await this.#learn(work.signal)
    const version = upload.version ?? this.freeVersion(upload)
    const { kind, namespace, name, modelType, files } = upload
    const described = { kind, namespace, name, version, modelType }
    const read: ReadFiles = (writer, trust) =>
      takeFiles(this.#parts, writer, { described, files, trust, work })
    const counts = { files: files.length, sizeBytes: sizeOf(files.map(({ stat }) => stat)) }
    return this.#make({ ...upload, ...counts, version }, read, work.signal)
  }

  /**
   * The same for files whose content is in the store already.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` when it is not, or has another size.
   */
  async uploadHeld(upload: HeldPackage): Promise<UploadedPackage> {
    const counts = { files: upload.files.length, sizeBytes: sizeOf(upload.files) }
    const read: ReadFiles = (writer) => holdFiles(this.#parts, writer, upload)
    return this.#make({ ...upload, ...counts }, read, undefined)
  }

  async #make(
    made: NewPackage,
    read: ReadFiles,
    signal: AbortSignal | undefined,
  ): Promise<UploadedPackage> {
    const { name, namespace = null, version, files, sizeBytes } = made
    const wish = wishFor(this.#parts, made)
    const added = await addContent({ parts: this.#parts, wish, read, signal })
    const pushed = await this.#push(added, made, signal)
    return {
      name,
      namespace,
      version,
      digest: added.digest,
      files,
      sizeBytes,
      ...reuseOf(sizeBytes, added, pushed),
      unchanged: added.unchanged,
      remote: this.#remote ?? null,
    }
  }

  async open(id: PackageId, options: OpenPackageOptions = {}): Promise<OpenedPackage> {
    const { parts: wanted = [], signal } = options
    const row = await this.#find(id, signal)
    if (countsOf(row) === undefined) throw noPackage(id, row)
    const folders = wanted.map((part) => folderOf(id.kind, part))
    const selection = selectPaths([infoFileName(id.kind), ...folders])
    const cost = await ensureLocal(this.#parts, row, selection, signal)
    await this.#parts.codec.open()
    const info = await this.#info(id, row)
    const { objects } = this.#parts
    const run = ambientRun(this.#parts)
    if (run !== undefined && wanted.length > 0) {
      await recordInputs(this.#parts, run, [row.id], signal)
    }
    return {
      info,
      read: ({ digest }: PackageFile) =>
        objects.readSmallFile(digest) ?? objects.readFile(digest, { signal }),
      fetchedBytes: () => cost.receivedBytes,
    }
  }

  async list(query: PackageQuery, signal?: AbortSignal): Promise<ListedPackage[]> {
    await this.#learn(signal)
    const { versions } = this.#parts.catalog
    const packages = versions.artifacts(query.kind).flatMap(({ artifact }) => {
      const found = packageOfArtifact(artifact)
      return found !== undefined && isOf(query, found) ? [{ artifact, found }] : []
    })
    return packages.flatMap(({ artifact, found }) =>
      versions.list(artifact).flatMap((row) => this.#listed(found, row) ?? []),
    )
  }

  /**
   * The time, or with `-2`, `-3` … behind it.
   *
   * @param isTaken Also of versions that are not made yet. Default: none.
   */
  freeVersion(name: PackageName, isTaken = (_version: string): boolean => false): string {
    const wanted = generatedLabel(this.#parts.clock.now())
    const artifact = packageArtifact(name)
    for (let number = 1; ; number += 1) {
      const version = number === 1 ? wanted : `${wanted}-${number}`
      const taken = this.#parts.catalog.versions.byLabel(artifact, packageLabel(version))
      if (taken.length === 0 && !isTaken(version)) return version
    }
  }

  /**
   * One file of a version, without reading what is said about the others.
   *
   * @returns `undefined` if there is no such version or file.
   */
  async file(
    id: PackageId,
    { part, path }: Pick<PackageFile, 'part' | 'path'>,
  ): Promise<PackageFile | undefined> {
    const row = this.#known(id)
    if (row === undefined || countsOf(row) === undefined) return undefined
    const inTree = `${folderOf(id.kind, part)}/${path}`
    await ensureLocal(this.#parts, row, selectPaths([inTree]), undefined)
    await this.#parts.codec.open()
    const entry = lookupPath(nodeSource(this.#parts), row.root, inTree)
    if (entry?.kind !== 'file') return undefined
    return { part, path, sizeBytes: entry.size, digest: entry.digest }
  }

  #listed({ name, namespace }: PackageName, row: VersionRow): ListedPackage | undefined {
    const counts = countsOf(row)
    const label = this.#labelOf(row)
    if (counts === undefined || label === undefined) return undefined
    const version = versionOfLabel(label)
    return { namespace: namespace ?? null, name, version, createdAt: row.createdAt, ...counts }
  }

  /** What others did since. A remote that nobody pushed to yet has nothing to learn. */
  async #learn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#remote !== undefined) await fetch(this.#parts, { remote: this.#remote, signal })
  }

  async #push(
    { artifact, digest }: AddResult,
    id: PackageId,
    signal: AbortSignal | undefined,
  ): Promise<PushResult | undefined> {
    if (this.#remote === undefined) return undefined
    const references = [`${artifact}@${digest}`]
    const pushed = await push(this.#parts, { remote: this.#remote, references, signal })
    if (!pushed.conflicts.some(({ kind }) => kind === 'label')) return pushed
    throw new MlstoreError(
      'LABEL_TAKEN',
      `Somebody else has just uploaded ${versionTitleOf(id)}.`,
      { hint: 'Upload yours under another version.', details: { version: digest } },
    )
  }

  async #find(id: PackageId, signal: AbortSignal | undefined): Promise<VersionRow> {
    const here = this.#known(id)
    if (here !== undefined) return here
    await this.#learn(signal)
    const found = this.#known(id)
    if (found !== undefined) return found
    throw notFound(
      `There is no version ${versionTitleOf(id)}.`,
      `\`mlstore ${id.kind} list --repository ${id.repository}\` lists what there is.`,
    )
  }

  /** What the version is called on the remote counts; there, only one has the name. */
  #known(id: PackageId): VersionRow | undefined {
    const { versions } = this.#parts.catalog
    const [artifact, label] = [packageArtifact(id), packageLabel(id.version)]
    const owner = this.#ownerOf(artifact, label)
    const digests = owner === undefined ? versions.byLabel(artifact, label) : [owner]
    return digests
      .flatMap((digest) => versions.get(digest) ?? [])
      .find(({ isRemoved }) => !isRemoved)
  }

  #labelOf({ id, artifact }: VersionRow): string | undefined {
    const { labels } = this.#parts.catalog
    const label = labels.claimOf(id)?.label
    if (label === undefined) return undefined
    const owner = this.#ownerOf(artifact, label)
    const isOwn = owner === undefined ? labels.of(id) === label : owner === id
    return isOwn ? label : undefined
  }

  /** The version that has the label on the remote, which need not be the default one. */
  #ownerOf(artifact: string, label: string): Digest | undefined {
    const { catalog } = this.#parts
    const known = this.#remote === undefined ? undefined : catalog.remotes.byName(this.#remote)
    return known && catalog.remoteView(known.repoId).labelOwner(artifact, label)?.version
  }

  async #info(id: PackageId, row: VersionRow): Promise<PackageInfo> {
    const path = infoFileName(id.kind)
    const title = `${path} of ${versionTitleOf(id)}`
    const entry = lookupPath(nodeSource(this.#parts), row.root, path)
    if (entry?.kind !== 'file') throw corrupt(title, 'there is no such file')
    const bytes = await collect(this.#parts.objects.readFile(entry.digest))
    const text = Buffer.from(bytes).toString('utf8')
    const { files, modelType } = readManifest(id.kind, parseUserJson(text, title), title)
    const { kind, repository, namespace = null, name, version } = id
    return {
      kind,
      repository,
      namespace,
      name,
      version,
      digest: row.id,
      createdAt: row.createdAt,
      modelType: modelType ?? null,
      properties: summaryOf(this.#parts, row).tags,
      files: files.map(({ part, path: at, sizeBytes, digest }) => ({
        part,
        path: at,
        sizeBytes,
        digest,
      })),
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    }
  }
}

function wishFor(parts: StoreParts, made: NewPackage): Wish {
  const { version, files, sizeBytes, modelType, properties } = made
  const run = ambientRun(parts)
  return {
    ...contentWish(packageArtifact(made), {
      label: packageLabel(version),
      tags: properties,
      meta: {
        package: { files, size: sizeBytes },
        ...(modelType && { model_type: wireModelType(modelType) }),
      },
    }),
    maker: run === undefined ? undefined : { run, role: outputRole },
  }
}

/** What the info document does not count: itself. `undefined`: the version is no package. */
function countsOf(row: VersionRow): Pick<ListedPackage, 'files' | 'sizeBytes'> | undefined {
  const { package: made } = row.record.meta ?? {}
  if (!isJsonObject(made)) return undefined
  const { files, size } = made
  return typeof files === 'number' && typeof size === 'number'
    ? { files, sizeBytes: size }
    : undefined
}

function noPackage(id: PackageId, { artifact, id: digest }: VersionRow): MlstoreError {
  return notFound(
    `${versionTitleOf(id)} was not uploaded as a package.`,
    `\`mlstore get ${artifact}@${shortDigest(digest)}\` writes it out.`,
  )
}

function sizeOf(files: readonly { readonly sizeBytes: number }[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

type Reuse = Pick<UploadedPackage, 'reusedBytes' | 'sentBytes'>

/** Against the remote where there is one: what it had. Else against this store. */
function reuseOf(
  sizeBytes: number,
  { newBytes }: AddResult,
  pushed: PushResult | undefined,
): Reuse {
  if (pushed === undefined) {
    return { reusedBytes: Math.max(0, sizeBytes - newBytes), sentBytes: newBytes }
  }
  // Nothing was pushed: the remote had all of it.
  if (pushed.versions.length === 0) return { reusedBytes: sizeBytes, sentBytes: pushed.bytesSent }
  const reusedBytes = Math.min(sizeBytes, pushed.bytesDeduped)
  return { reusedBytes, sentBytes: pushed.bytesSent }
}

function isOf({ repository, namespace, name }: PackageQuery, found: PackageName): boolean {
  if (found.repository !== repository) return false
  if (name !== undefined) return found.name === name && found.namespace === namespace
  return namespace === undefined || found.namespace === namespace
}
