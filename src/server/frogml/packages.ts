/**
 * Uploads as FrogML does them: a transaction that makes a version visible when it ends.
 *
 *   POST …/start-transaction   ->   files (files.ts)   ->   PUT …/entity-manifest
 *
 * The server remembers nothing in between: content is known by its digest, so what counts is
 * whether all that the manifest names is here when it arrives. A transaction that never ends leaves
 * no version, and one goes on although the server was started anew.
 */

import type { IncomingMessage } from 'node:http'

import {
  encodeValue,
  type JsonObject,
  type JsonValue,
  parseUserJson,
} from '../../core/canonical-json.ts'
import { expectObject, expectString } from '../../core/json-shape.ts'
import { manifestOf, readManifest } from '../../core/packages/documents.ts'
import type {
  PackageFile,
  PackageKind,
  PackageName,
  PackagePart,
} from '../../core/packages/package.ts'
import {
  checkPackageVersion,
  checkProperties,
  layoutFolders,
} from '../../core/packages/package-names.ts'
import { isMlstoreError } from '../../errors.ts'
import type { PackageInfo } from '../../ports/package-repository.ts'
import type { HeldPackage } from '../../store/packages/held.ts'
import { readBody } from '../body.ts'
import {
  type Asked,
  kindOf,
  packageOfNames,
  type Services,
  unknownPath,
  versionOfNames,
} from './asked.ts'
import { FrogmlError } from './frogml-error.ts'

/** A manifest of some 300,000 files. */
const manifestBytesMax = 64 * 1024 * 1024

/** `api/machinelearning/REPOSITORY/KIND/…` */
export async function answerPackages(asked: Asked, services: Services): Promise<Response> {
  const [, , repository = '', kindText, ...rest] = asked.names
  const kind = kindOf(kindText)
  const start = rest.lastIndexOf('start-transaction')
  if (asked.method === 'POST' && start > 0) {
    const [version, ...others] = rest.slice(start + 1)
    if (others.length > 0) throw unknownPath()
    const name = packageOfNames(kind, repository, rest.slice(0, start))
    return Response.json(startTransaction(name, version, services))
  }
  const [first, ...place] = rest
  if (first !== 'entity-manifest') throw unknownPath()
  if (asked.method === 'PUT') {
    // The number of the transaction comes last: it says nothing that the manifest does not.
    const id = versionOfNames(kind, repository, place.slice(0, -1))
    await services.depot.make({ ...id, ...(await readEnd(kind, asked.request)) })
    return new Response(null, { status: 200 })
  }
  if (asked.method !== 'GET') throw unknownPath()
  const info = await services.depot.info(versionOfNames(kind, repository, place))
  return Response.json(manifestFor(info, asked.request))
}

/** Where the parts of a version lie, below it. */
export function partFolders(kind: PackageKind): Readonly<Record<PackagePart, string>> {
  return { files: kind, dependencies: 'dependencies', code: 'code' }
}

/** @param version Default: the time. */
function startTransaction(
  name: PackageName,
  given: string | undefined,
  { depot, clock }: Services,
): JsonObject {
  if (given !== undefined) checkPackageVersion(given)
  const version = given ?? depot.nameVersion(name)
  const transactionId = String(clock.now().getTime())
  // Clients read the version between `tmp` and the next slash.
  const folder = [...folderNames(name), 'tmp', version, transactionId].join('/')
  const { files, dependencies, code } = partFolders(name.kind)
  return {
    filesUploadPath: `${folder}/${files}`,
    leadUploadPath: `${folder}/lead`,
    dependenciesUploadPath: `${folder}/${dependencies}`,
    codeUploadPath: `${folder}/${code}`,
    transactionId,
  }
}

type End = Pick<HeldPackage, 'files' | 'modelType' | 'properties'>

async function readEnd(kind: PackageKind, request: IncomingMessage): Promise<End> {
  const bytes = await readBody(request, manifestBytesMax)
  const form = await formOf(bytes, request.headers['content-type'])
  const manifest = await jsonPart(form, `${kind}Manifest`)
  const properties = await jsonPart(form, 'additionalData')
  const read = wellFormed(() => readManifest(kind, manifest, 'The manifest'))
  if (read.files.length === 0) throw new FrogmlError(400, 'The manifest names no files.')
  return {
    ...read,
    properties: wellFormed(() => propertiesOf(properties)),
  }
}

async function formOf(bytes: Buffer, type = ''): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { 'content-type': type } }).formData()
  } catch (error) {
    if (error instanceof TypeError) throw new FrogmlError(400, 'The body is no multipart form.')
    throw error
  }
}

async function jsonPart(form: FormData, name: string): Promise<JsonValue> {
  const part = form.get(name)
  if (part === null) throw new FrogmlError(400, `The form has no part ${name}.`)
  return encodeValue(parseUserJson(typeof part === 'string' ? part : await part.text(), name), name)
}

/** `null`: none. */
function propertiesOf(value: JsonValue): Record<string, string> {
  if (value === null) return {}
  const given = expectObject(value, 'additionalData')
  const properties = Object.fromEntries(
    Object.entries(given).map(([key, text]) => [key, expectString(text, `Property ${key}`)]),
  )
  checkProperties(properties)
  return properties
}

/** What is damage in a store is a mistake in a request. */
function wellFormed<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) throw new FrogmlError(400, error.message)
    throw error
  }
}

function manifestFor(info: PackageInfo, { headers }: IncomingMessage): object {
  const { kind, repository, namespace, name, version, files, modelType, createdAt } = info
  const id = { kind, namespace: namespace ?? undefined, name }
  const folders = partFolders(kind)
  const urlOf = ({ part, path }: PackageFile): string => {
    const names = [repository, ...folderNames(id), version, folders[part], ...path.split('/')]
    return `http://${headers.host}/artifactory/${names.map(encodeURIComponent).join('/')}`
  }
  const content = { kind, files, modelType: modelType ?? undefined }
  const manifest = manifestOf(content, new Date(createdAt ?? 0), urlOf)
  return { ...manifest, id: `${repository}/${name}`, version }
}

function folderNames({ kind, namespace, name }: Omit<PackageName, 'repository'>): string[] {
  return [layoutFolders[kind], ...(namespace === undefined ? [] : [namespace]), name]
}
