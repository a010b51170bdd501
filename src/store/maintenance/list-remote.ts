/**
 * `remote ls`: what a remote holds, as people see it or as it lies there.
 *
 * Artifacts and versions are answered by the catalog, as of the last fetch, without a request;
 * keys are listed by the remote itself.
 */

import type { VersionRow } from '../../catalog/version-row.ts'
import { bucketAlias, bucketArtifact } from '../../core/bucket-names.ts'
import { decodeForeignName } from '../../core/foreign-names.ts'
import { walkTree } from '../../core/tree/walk.ts'
import { isMlstoreError, notFound } from '../../errors.ts'
import { noFiles } from '../../worktree/path-selection.ts'
import { ensureLocal } from '../ensure-local.ts'
import { nodeSource } from '../node-source.ts'
import type { StoreParts } from '../parts.ts'
import { resolveOn } from '../resolve-on.ts'
import { withRemote } from '../sync/session.ts'

/** An artifact, a version, a file or a key, and how many bytes it stands for. */
export type ListedRemoteItem = { readonly key: string; readonly sizeBytes: number }

export type ListRemoteOptions = {
  /** Completes a path `type/name/alias`. Default: a path has all four parts. */
  readonly project?: string | undefined
}

/** Where mlstore keeps things on a remote: a path that begins so is one of keys. */
const keyFolders: ReadonlySet<string> = new Set([
  'bulk',
  'ckpt',
  'format.json',
  'index',
  'log',
  'pack',
  'probe',
])

/**
 * Lists the artifacts of a remote; the versions of one (`type/name`); the files of a version by its
 * alias, as a path in a bucket (`type/project/name/alias`); or keys (`pack/ab`, `log`).
 *
 * @throws {MlstoreError} `NOT_FOUND` for a remote or an artifact that is not known.
 */
export async function* listRemote(
  parts: StoreParts,
  name: string,
  path = '',
  { project }: ListRemoteOptions = {},
): AsyncGenerator<ListedRemoteItem> {
  const { url } = parts.config().remote(name).settings
  const versions = knownVersions(parts, name)
  const ofArtifact = versions.filter((version) => version.artifact === path)
  if (ofArtifact.length > 0) {
    yield* listVersions(parts, ofArtifact)
    return
  }
  const [folder = ''] = path.split('/')
  if (keyFolders.has(folder)) {
    yield* listKeys(parts, name, path)
    return
  }
  const isWanted = (artifact: string): boolean => path === '' || artifact.startsWith(`${path}/`)
  const wanted = versions.filter(({ artifact }) => isWanted(artifact))
  const named = namedVersion(parts, { name, path, project }, versions)
  if (named !== undefined) {
    yield* listFilesOf(parts, named)
    return
  }
  if (path !== '' && wanted.length === 0) {
    throw notFound(
      `${url} has no ${path}, as far as it was fetched.`,
      `\`mlstore fetch ${name}\` learns what is new; \`mlstore remote ls ${name}\` lists what there is.`,
    )
  }
  yield* listArtifacts(wanted)
}

type NamedPath = ListRemoteOptions & { readonly name: string; readonly path: string }

/** Their artifacts belong to runs, not to projects. */
const runType = 'run'

/** The version that a path of a bucket names, if the remote has it. */
function namedVersion(
  parts: StoreParts,
  { name, path, project }: NamedPath,
  versions: readonly VersionRow[],
): VersionRow | undefined {
  const parsed = project === undefined ? undefined : inProject(path, project)
  const last = path.lastIndexOf('/')
  const whole = { artifact: path.slice(0, last), alias: path.slice(last + 1) }
  for (const { artifact, alias } of [...(parsed === undefined ? [] : [parsed]), whole]) {
    if (alias === '' || !versions.some((version) => version.artifact === artifact)) continue
    const digest = digestOn(parts, name, `${artifact}@${bucketAlias(alias)}`)
    const found = versions.find(({ id }) => id === digest)
    if (found !== undefined) return found
  }
  return undefined
}

function digestOn(parts: StoreParts, remote: string, reference: string): string | undefined {
  try {
    return resolveOn(parts, remote, reference).digest
  } catch (error) {
    if (isMlstoreError(error, 'NOT_FOUND')) return undefined
    throw error
  }
}

function inProject(
  path: string,
  project: string,
): { readonly artifact: string; readonly alias: string } | undefined {
  const [type = '', name = '', alias = '', ...more] = path.split('/').map(decodeForeignName)
  const isComplete = type !== '' && name !== '' && alias !== ''
  if (!isComplete || more.length > 0 || type === runType) return undefined
  return { artifact: bucketArtifact({ type, project, name }), alias }
}

/** Only nodes of the tree are fetched. */
async function* listFilesOf(
  parts: StoreParts,
  version: VersionRow,
): AsyncGenerator<ListedRemoteItem> {
  await ensureLocal(parts, version, noFiles('', true), undefined)
  for (const { path: key, entry } of walkTree(nodeSource(parts), version.root)) {
    if (entry.kind === 'file') yield { key, sizeBytes: entry.size }
    if (entry.kind === 'link') yield { key, sizeBytes: 0 }
  }
}

function knownVersions(parts: StoreParts, name: string): VersionRow[] {
  const repoId = parts.catalog.remotes.byName(name)?.repoId
  return repoId === undefined ? [] : parts.catalog.remoteVersions.all(repoId)
}

function* listArtifacts(versions: readonly VersionRow[]): Generator<ListedRemoteItem> {
  const sizes = new Map<string, number>()
  for (const { artifact, sizeBytes } of versions) {
    sizes.set(artifact, (sizes.get(artifact) ?? 0) + sizeBytes)
  }
  for (const [key, sizeBytes] of [...sizes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    yield { key, sizeBytes }
  }
}

/** Newest first, as `log` lists them. */
function* listVersions(
  { catalog }: StoreParts,
  versions: readonly VersionRow[],
): Generator<ListedRemoteItem> {
  const labels = catalog.labels.ofVersions(versions.map(({ id }) => id))
  for (const { id, artifact, sizeBytes } of versions.toReversed()) {
    yield { key: `${artifact}@${labels.get(id) ?? id.slice(0, 12)}`, sizeBytes }
  }
}

/** A remote stays open while it is listed, so its items are collected a page at a time. */
async function* listKeys(
  parts: StoreParts,
  name: string,
  prefix: string,
): AsyncGenerator<ListedRemoteItem> {
  for (let after: string | undefined; ;) {
    const page = await withRemote(parts, name, async ({ remote }) => {
      const items: ListedRemoteItem[] = []
      for await (const { key, sizeBytes } of remote.list(prefix, { after })) {
        items.push({ key, sizeBytes })
        if (items.length === itemsPerPage) break
      }
      return items
    })
    yield* page
    if (page.length < itemsPerPage) return
    after = page.at(-1)?.key
  }
}

const itemsPerPage = 10_000
