/**
 * What a repository holds, as folders: FrogML's protocol has no listing, so clients walk through
 * Artifactory's (`GET api/storage/…`). A folder with a manifest in it is a version.
 */

import type { PackageKind } from '../../core/packages/package.ts'
import { layoutFolders } from '../../core/packages/package-names.ts'
import type { ListedPackage } from '../../ports/package-repository.ts'
import { type Asked, type Services, unknownPath } from './asked.ts'
import { FrogmlError } from './frogml-error.ts'

/** `api/storage/REPOSITORY/models/…` */
export async function answerFolder(
  { method, names }: Asked,
  { depot }: Services,
): Promise<Response> {
  const [, , repository = '', layoutFolder, ...path] = names
  const kind = (['model', 'dataset'] as const).find((each) => layoutFolders[each] === layoutFolder)
  if (method !== 'GET' || kind === undefined) throw unknownPath()
  const versions = await depot.list(kind, repository)
  const below = versions.filter((version) => isBelow(foldersOf(version), path))
  const [newest] = below
    .map(({ createdAt }) => createdAt ?? '')
    .toSorted((a, b) => (a < b ? 1 : -1))
  if (newest === undefined) throw new FrogmlError(404, 'Unable to find item')
  const children = childrenOf(below, path, kind)
  const at = [layoutFolder, ...path].join('/')
  return Response.json({ repo: repository, path: `/${at}`, created: newest, children })
}

function foldersOf({ namespace, name, version }: ListedPackage): string[] {
  return namespace === null ? [name, version] : [namespace, name, version]
}

function isBelow(folders: readonly string[], path: readonly string[]): boolean {
  return path.length <= folders.length && path.every((name, at) => folders[at] === name)
}

type Child = { readonly uri: string; readonly folder: boolean }

function childrenOf(
  versions: readonly ListedPackage[],
  path: readonly string[],
  kind: PackageKind,
): Child[] {
  const names = versions.map((version) => foldersOf(version)[path.length])
  const isVersion = names.includes(undefined)
  const folders = new Set(names.flatMap((name) => name ?? []))
  const inside = [...folders].map((name) => ({ uri: `/${name}`, folder: true }))
  if (!isVersion) return inside
  return [...inside, { uri: `/${kind}-manifest.json`, folder: false }]
}
