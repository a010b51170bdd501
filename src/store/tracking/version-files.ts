/** Files of versions as a server gives them: listed by the tree's nodes, fetched one by one. */

import type { Digest } from '../../core/digest.ts'
import { lookupPath } from '../../core/tree/lookup.ts'
import { walkTree } from '../../core/tree/walk.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { notFound } from '../../errors.ts'
import { noFiles, selectPaths } from '../../worktree/path-selection.ts'
import { ensureLocal } from '../ensure-local.ts'
import { nodeSource } from '../node-source.ts'
import type { StoreParts } from '../parts.ts'
import { deletedVersion } from '../resolve.ts'
import type { TrackedFile } from './tracked-files.ts'

export class VersionFiles {
  readonly #parts: StoreParts

  /** @internal Use `Tracking.versionFiles`. */
  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /** All, or those within a folder, by path; none if there is no such folder. */
  async list(version: Digest, folder = ''): Promise<TrackedFile[]> {
    const { root } = await this.#withNodes(version, folder)
    const source = nodeSource(this.#parts)
    const isFolder = folder === '' || lookupPath(source, root, folder)?.kind === 'directory'
    if (!isFolder) return []
    const files: TrackedFile[] = []
    for (const { path, entry } of walkTree(source, root, { under: folder })) {
      if (entry.kind === 'file') files.push({ path, sizeBytes: entry.size, digest: entry.digest })
    }
    return files
  }

  async get(version: Digest, path: string): Promise<TrackedFile | undefined> {
    const { root } = await this.#withNodes(version, path)
    const entry = lookupPath(nodeSource(this.#parts), root, path)
    if (entry?.kind !== 'file') return undefined
    return { path, sizeBytes: entry.size, digest: entry.digest }
  }

  /** Verified bytes; fetched when they are not here. */
  async *read(version: Digest, path: string): AsyncGenerator<Uint8Array> {
    const row = this.#require(version)
    await ensureLocal(this.#parts, row, selectPaths([path]), undefined)
    const file = await this.get(version, path)
    if (file === undefined) throw notFound(`Version ${version} has no file ${path}.`)
    yield* this.#parts.objects.readFile(file.digest)
  }

  async #withNodes(version: Digest, path: string): Promise<VersionRow> {
    const row = this.#require(version)
    await this.#parts.codec.open()
    await ensureLocal(this.#parts, row, noFiles(path, true), undefined)
    return row
  }

  #require(version: Digest): VersionRow {
    this.#parts.catchUp()
    const row = this.#parts.catalog.versions.get(version)
    if (row === undefined) throw notFound(`There is no version ${version} here.`)
    if (row.isRemoved) throw deletedVersion(this.#parts, row)
    return row
  }
}
