/**
 * What an Artifactory holds, by its folders: the packages' own protocol has no listing.
 *
 * A folder with a manifest in it is a version; those above it are its package and, where there is
 * one more, the namespace. Each folder on the way is one request (`GET api/storage/…`).
 */

import { isJsonArray, type JsonValue } from '../../core/canonical-json.ts'
import { Fields } from '../../core/json-shape.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import { kindInWords } from '../../core/packages/package-names.ts'
import { isMlstoreError, notFound } from '../../errors.ts'
import type { ListedPackage, PackageQuery } from '../../ports/package-repository.ts'
import type { ArtifactoryConnection } from './connection.ts'
import { type ArtifactoryPaths, folderNames } from './paths.ts'

type Folder = {
  readonly createdAt: string | null
  readonly folders: readonly string[]
  readonly files: readonly string[]
}

/** Of uploads that were not finished. */
const unfinishedFolder = 'tmp'

/** Namespace, name and version. */
const depthMax = 3

const requestsMax = 5

/** @throws {MlstoreError} `NOT_FOUND` when there is no such package, namespace or repository. */
export async function listPackages(
  connection: ArtifactoryConnection,
  paths: ArtifactoryPaths,
  query: PackageQuery,
  signal?: AbortSignal,
): Promise<ListedPackage[]> {
  const listing = new Listing(connection, paths, query, signal)
  const start = folderNames(query)
  const top = await listing.look(start)
  if (top === undefined) throw nothingThere(query)
  const found: ListedPackage[] = []
  for await (const version of listing.below(start.slice(1), top)) found.push(version)
  return found.sort(byPackageNewestFirst)
}

class Listing {
  readonly #connection: ArtifactoryConnection
  readonly #paths: ArtifactoryPaths
  readonly #query: PackageQuery
  readonly #signal: AbortSignal | undefined

  constructor(
    connection: ArtifactoryConnection,
    paths: ArtifactoryPaths,
    query: PackageQuery,
    signal: AbortSignal | undefined,
  ) {
    this.#connection = connection
    this.#paths = paths
    this.#query = query
    this.#signal = signal
  }

  /** Versions below a folder that was looked at. */
  async *below(names: readonly string[], folder: Folder): AsyncGenerator<ListedPackage> {
    const version = this.#versionAt(names, folder)
    if (version !== undefined) yield version
    else if (names.length < depthMax) yield* this.#inside(names, folder)
  }

  async look(path: readonly string[]): Promise<Folder | undefined> {
    const { repository, kind } = this.#query
    const what = `The list of ${kindInWords[kind]}s of ${repository}`
    const request = { signal: this.#signal }
    try {
      return folderOf(await this.#connection.json(this.#paths.folder(path), what, request))
    } catch (error) {
      if (isMlstoreError(error, 'NOT_FOUND')) return undefined
      throw error
    }
  }

  async *#inside(names: readonly string[], { folders }: Folder): AsyncGenerator<ListedPackage> {
    const inner = folders.filter((name) => name !== unfinishedFolder)
    const [top = ''] = folderNames({ kind: this.#query.kind })
    const look = async (name: string): Promise<[string, Folder | undefined]> => [
      name,
      await this.look([top, ...names, name]),
    ]
    for await (const [name, folder] of mapOrdered(inner, requestsMax, look)) {
      if (folder !== undefined) yield* this.below([...names, name], folder)
    }
  }

  #versionAt(names: readonly string[], { files, createdAt }: Folder): ListedPackage | undefined {
    if (!files.includes(`${this.#query.kind}-manifest.json`)) return undefined
    const [version, name, namespace = null] = names.toReversed()
    if (version === undefined || name === undefined) return undefined
    return { namespace, name, version, createdAt, files: null, sizeBytes: null }
  }
}

function folderOf(answer: JsonValue): Folder {
  const fields = new Fields(answer, 'the folder')
  const children = fields.get('children')
  const folders: string[] = []
  const files: string[] = []
  for (const child of isJsonArray(children) ? children : []) {
    const entry = new Fields(child, 'a child of the folder')
    const name = entry.string('uri').replace(/^\//, '')
    if (entry.boolean('folder')) folders.push(name)
    else files.push(name)
  }
  const created = new Date(fields.optionalString('created') ?? '')
  const createdAt = Number.isNaN(created.getTime()) ? null : created.toISOString()
  return { createdAt, folders, files }
}

function nothingThere({ repository, namespace, name, kind }: PackageQuery): Error {
  const below = [namespace, name].flatMap((each) => each ?? []).join('/')
  const what = below === '' ? `no ${kindInWords[kind]}s` : `no ${kindInWords[kind]} ${below}`
  return notFound(`The repository ${repository} has ${what}.`, 'Check its name, and the URL.')
}

function byPackageNewestFirst(a: ListedPackage, b: ListedPackage): number {
  const key = ({ namespace, name }: ListedPackage): string => `${namespace ?? ''}/${name}`
  if (key(a) !== key(b)) return key(a) < key(b) ? -1 : 1
  return (b.createdAt ?? '') < (a.createdAt ?? '') ? -1 : 1
}
