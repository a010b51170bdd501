/**
 * Files of packages: taken into the store by their digest, or with their bytes, and given out.
 *
 * Where a file is put says nothing but that it belongs to an upload: the manifest that ends the
 * upload names it, and its content.
 */

import { posix } from 'node:path'

import { isDigest } from '../../core/digest.ts'
import type { PackageId, PackageKind, PackagePart } from '../../core/packages/package.ts'
import { layoutFolders } from '../../core/packages/package-names.ts'
import type { HeldContent } from '../../store/packages/held.ts'
import { answerFile } from '../file-answer.ts'
import { type Asked, type Services, unknownPath } from './asked.ts'
import { FrogmlError } from './frogml-error.ts'
import { partFolders } from './packages.ts'

/** `REPOSITORY/models/…` */
export async function answerFiles(asked: Asked, services: Services): Promise<Response> {
  const [repository = '', layoutFolder, ...names] = asked.names
  const kind = kindOfLayout(layoutFolder)
  if (asked.method === 'PUT') return put(asked, names, services)
  if (asked.method !== 'GET' && asked.method !== 'HEAD') throw unknownPath()
  return get(asked, placesOf(kind, repository, names), services)
}

function kindOfLayout(folder: string | undefined): PackageKind {
  if (folder === layoutFolders.model) return 'model'
  if (folder === layoutFolders.dataset) return 'dataset'
  throw unknownPath()
}

async function put(
  { request, names: all }: Asked,
  names: readonly string[],
  { depot }: Services,
): Promise<Response> {
  const isOfUpload = names.length > 5 && names.slice(1, 3).includes('tmp')
  if (!isOfUpload) {
    throw new FrogmlError(403, 'Files are put within an upload: versions never change.')
  }
  const digest = checksumOf(request.headers['x-checksum-sha256'])
  const path = names.join('/')
  if (request.headers['x-checksum-deploy'] === 'true') {
    if (digest === undefined) throw new FrogmlError(400, 'X-Checksum-Sha256 is missing.')
    const known = await depot.held(digest)
    if (known === undefined) throw new FrogmlError(404, 'No content here has this checksum.')
    return created(all, known)
  }
  return created(all, await depot.take({ path, bytes: request, digest }))
}

function checksumOf(header: string | string[] | undefined): HeldContent['digest'] | undefined {
  if (header === undefined) return undefined
  const text = String(header).toLowerCase()
  if (isDigest(text)) return text
  throw new FrogmlError(400, 'X-Checksum-Sha256 is no SHA-256.')
}

function created([repo, ...path]: readonly string[], { digest, sizeBytes }: HeldContent): Response {
  const body = { repo, path: `/${path.join('/')}`, size: sizeBytes, checksums: { sha256: digest } }
  return Response.json(body, { status: 201 })
}

/** A file of a version. */
type Place = { readonly id: PackageId; readonly part: PackagePart; readonly path: string }

const parts: readonly PackagePart[] = ['files', 'dependencies', 'code']

/** Without a namespace and with one: which it is only the store knows. */
function placesOf(kind: PackageKind, repository: string, names: readonly string[]): Place[] {
  const folders = partFolders(kind)
  return [0, 1].flatMap((skipped) => {
    const namespace = skipped === 0 ? undefined : names[0]
    const [name, version, folder, ...path] = names.slice(skipped)
    const part = parts.find((each) => folders[each] === folder)
    if (!name || !version || part === undefined || path.length === 0) return []
    const id = { kind, repository, namespace, name, version }
    return [{ id, part, path: path.join('/') }]
  })
}

async function get(
  { request }: Asked,
  places: readonly Place[],
  { depot }: Services,
): Promise<Response> {
  for (const { id, ...place } of places) {
    const file = await depot.file(id, place)
    if (file === undefined) continue
    const answer = answerFile({
      ...file,
      content: () => depot.read(file.digest),
      name: posix.basename(place.path),
      type: 'application/octet-stream',
      range: request.headers.range,
      ifNoneMatch: request.headers['if-none-match'],
    })
    answer.headers.set('x-checksum-sha256', file.digest)
    return answer
  }
  throw new FrogmlError(404, 'File not found.')
}
