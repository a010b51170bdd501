/**
 * Where things are in an Artifactory, as URLs.
 *
 * Every name is percent-encoded on its own: `b#1.txt`, `a?b`, `100%` and `ü` are names like any
 * other. What a server says of where something lies is a path of its repository and nothing else:
 * requests never go to another host because an answer says so.
 */

import type { PackageFile, PackageId, PackageKind } from '../../core/packages/package.ts'
import type { ManifestFile } from '../../core/packages/documents.ts'
import { layoutFolders } from '../../core/packages/package-names.ts'
import { invalidArgument, MlstoreError } from '../../errors.ts'

/** A package of which the version may not be known yet. */
type Entity = Omit<PackageId, 'version'>

/** The address of an Artifactory: all of a URL but its host is dropped. */
export function artifactoryBase(url: URL): URL {
  if (url.protocol === 'http:' || url.protocol === 'https:')
    return new URL('/artifactory/', url.origin)
  throw invalidArgument(`${url.protocol}// is no URL of an Artifactory.`, 'Write https://HOST.')
}

/**
 * The repository that a URL such as `https://host/artifactory/REPOSITORY` names.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` if it names none, or more than one.
 */
export function repositoryOfUrl(url: URL): string {
  const names = url.pathname.split('/').filter((name) => name !== '')
  if (names[0] === 'artifactory') names.shift()
  const [name, ...others] = names
  if (name !== undefined && others.length === 0) return decoded(name) ?? name
  throw invalidArgument(
    `${url.origin}${url.pathname} does not name one repository.`,
    'Write https://HOST/artifactory/REPOSITORY.',
  )
}

export class ArtifactoryPaths {
  readonly base: URL
  readonly repository: string

  constructor(url: URL, repository: string) {
    this.base = artifactoryBase(url)
    this.repository = repository
  }

  startTransaction(entity: Entity, version: string | undefined): URL {
    return this.#api(
      [...names(entity), 'start-transaction', ...(version === undefined ? [] : [version])],
      entity,
    )
  }

  /** Of a version; with a transaction's id, of the version that it makes. */
  manifest(entity: Entity, version: string, transaction?: string): URL {
    const last = transaction === undefined ? [version] : [version, transaction]
    return this.#api(['entity-manifest', ...names(entity), ...last], entity)
  }

  /** A file of the repository. */
  file(path: string): URL {
    return this.#at([this.repository, ...path.split('/')])
  }

  /** What Artifactory says of a folder. */
  folder(path: readonly string[]): URL {
    return this.#at(['api', 'storage', this.repository, ...path])
  }

  #api(path: readonly string[], { kind }: Entity): URL {
    return this.#at(['api', 'machinelearning', this.repository, kind, ...path])
  }

  #at(path: readonly string[]): URL {
    return new URL(path.map(encodeURIComponent).join('/'), this.base)
  }
}

/** The folder of a package in its repository, by names. */
export function folderNames(
  entity: Pick<Entity, 'kind' | 'namespace'> & { name?: string | undefined },
): string[] {
  const { kind, namespace, name } = entity
  return [layoutFolders[kind], ...[namespace, name].flatMap((each) => each ?? [])]
}

/**
 * The path in the repository at which a file of a manifest lies.
 *
 * @throws {MlstoreError} `REMOTE_REFUSED` if the server's word leads elsewhere than into the version.
 */
export function pathOfFile(file: ManifestFile, id: PackageId): string {
  const { downloadUrl } = file
  const folder = `${[...folderNames(id), id.version].join('/')}/`
  if (downloadUrl === undefined) return folder + pathByLayout(file, id.kind)
  const path = pathInRepository(downloadUrl, id.repository, file)
  if (path !== undefined && path.startsWith(folder) && !leadsOut(path)) return path
  throw new MlstoreError(
    'REMOTE_REFUSED',
    `The manifest says that ${file.path} lies at ${JSON.stringify(downloadUrl)}, outside of its version.`,
    { hint: 'Do not trust whoever made it; nothing was written.' },
  )
}

/** Without a word of the server: where Artifactory keeps such files. */
function pathByLayout({ part, path }: PackageFile, kind: PackageKind): string {
  return part === 'files' ? `${kind}/${path}` : `code/${path}`
}

/**
 * Servers write names encoded or as they are; the end of the text, which is the name that the
 * manifest gives, tells which.
 */
function pathInRepository(
  downloadUrl: string,
  repository: string,
  { path }: PackageFile,
): string | undefined {
  const marks = [`/${encodeURIComponent(repository)}/`, `/${repository}/`]
  const mark = marks.find((each) => downloadUrl.includes(each))
  if (mark === undefined) return undefined
  const raw = downloadUrl.slice(downloadUrl.indexOf(mark) + mark.length)
  if (raw.endsWith(`/${path}`)) return raw
  const names = raw.split('/').map(decoded)
  const isWhole = names.every((name) => name !== undefined && !name.includes('/'))
  const text = names.join('/')
  return isWhole && text.endsWith(`/${path}`) ? text : undefined
}

/** Also what is one only after it was decoded once or more. */
function leadsOut(path: string): boolean {
  let text = path
  for (let turn = 0; turn < decodingsMax; turn += 1) {
    if (text.split(/[/\\]/).some((name) => name === '..' || name === '.')) return true
    text = decoded(text) ?? text
  }
  return false
}

const decodingsMax = 5

function names({ namespace, name }: Entity): string[] {
  return namespace === undefined ? [name] : [namespace, name]
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
