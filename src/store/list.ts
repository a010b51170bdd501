/** `ls`: the artifacts of the store, or the files of a version. */

import { lookupPath } from '../core/tree/lookup.ts'
import { type PathEntry, walkTree } from '../core/tree/walk.ts'
import { parseReference } from '../core/reference.ts'
import { invalidArgument, notFound } from '../errors.ts'
import { noFiles } from '../worktree/path-selection.ts'
import { ensureLocal } from './ensure-local.ts'
import { nodeSource } from './node-source.ts'
import type { StoreParts } from './parts.ts'
import type { ListRequest } from './requests.ts'
import { resolveReference } from './resolve.ts'
import type { ListedArtifact, ListedFile } from './results.ts'

/** Artifacts with at least one version, by name. */
export function listArtifacts(parts: StoreParts, request: ListRequest): ListedArtifact[] {
  const rows = parts.catalog.versions.artifacts(request.type)
  return rows.map(({ latestLabel, ...row }) => ({ ...row, latest: latestLabel ?? null }))
}

/** Files of a version, or of a folder in it; only the tree's nodes are fetched, and kept. */
export async function* listFiles(
  parts: StoreParts,
  request: ListRequest,
): AsyncGenerator<ListedFile> {
  if (request.reference === undefined) throw invalidArgument('Name a version to list.')
  const reference = parseReference(request.reference)
  const version = resolveReference(parts, reference)
  const under = reference.path ?? ''
  const { root } = version
  const recursive = request.recursive ?? false
  await ensureLocal(parts, version, noFiles(under, recursive), undefined)
  const source = nodeSource(parts)
  if (under !== '' && lookupPath(source, root, under) === undefined) {
    throw notFound(`${request.reference}: nothing is at ${under}.`)
  }
  for (const found of walkTree(source, root, { under, recursive })) yield listed(found)
}

/** An entry of a tree as results show it. */
export function listed({ path, entry }: PathEntry): ListedFile {
  if (entry.kind === 'file') {
    const { digest, size, exec } = entry
    return { path, kind: 'file', sizeBytes: size, digest, ...(exec ? { executable: true } : {}) }
  }
  if (entry.kind === 'link') {
    return { path, kind: 'link', sizeBytes: 0, digest: null, target: entry.target }
  }
  return { path, kind: 'directory', sizeBytes: entry.size, digest: entry.digest }
}
