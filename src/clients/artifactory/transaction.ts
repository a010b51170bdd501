/**
 * An upload to an Artifactory: a transaction that makes a version visible when it ends.
 *
 *   start  ->  each file: by its checksum, else with its bytes  ->  end with the manifest
 *
 * A file that fails fails the upload: the transaction is not ended, so nobody sees a version.
 */

import { Readable } from 'node:stream'

import { FormData } from 'undici'

import { type Digest, DigestStream } from '../../core/digest.ts'
import { Fields } from '../../core/json-shape.ts'
import type { Manifest } from '../../core/packages/documents.ts'
import type { PackageFile, PackageName, PackagePart } from '../../core/packages/package.ts'
import { packageTitle } from '../../core/packages/package-names.ts'
import { isMlstoreError, MlstoreError } from '../../errors.ts'
import type { LocalPackageFile } from '../../ports/package-repository.ts'
import { type ArtifactoryConnection, isGood, refusal } from './connection.ts'
import { type ArtifactoryPaths, folderNames } from './paths.ts'

export type Transaction = {
  readonly id: string
  readonly version: string
  /** By its number, which is a time. */
  readonly createdAt: Date
  /** Folders in the repository. */
  readonly uploadPaths: Readonly<Record<PackagePart, string>>
}

export type TransactionParts = {
  readonly connection: ArtifactoryConnection
  readonly paths: ArtifactoryPaths
  readonly read: (file: LocalPackageFile, signal?: AbortSignal) => AsyncIterable<Uint8Array>
}

/** @param version Default: the server chooses, the time in UTC. */
export async function startTransaction(
  { connection, paths }: TransactionParts,
  name: PackageName,
  version: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Transaction> {
  const url = paths.startTransaction(name, version)
  const request = { method: 'POST', body: '', signal } as const
  const title = packageTitle(name)
  const answer = await connection.json(url, `The upload of ${title}`, request)
  try {
    return transactionOf(new Fields(answer, 'the answer to start-transaction'), name)
  } catch (cause) {
    if (!isMlstoreError(cause, 'CORRUPT')) throw cause
    throw new MlstoreError('REMOTE_REFUSED', `${url.origin} began no upload of ${title}.`, {
      hint: 'Check that the repository is one for machine learning, on Artifactory 7.84 or newer.',
      cause,
    })
  }
}

function transactionOf(fields: Fields, name: PackageName): Transaction {
  const files = fields.string('filesUploadPath')
  fields.string('leadUploadPath')
  const id = fields.string('transactionId')
  const createdAt = new Date(Number(id))
  if (id === '' || Number.isNaN(createdAt.getTime())) throw fields.wrong('transactionId', 'no time')
  const start = `${[...folderNames(name), 'tmp'].join('/')}/`
  const version = files.startsWith(start) ? files.slice(start.length).split('/')[0] : undefined
  if (version === undefined || version === '') throw fields.wrong('filesUploadPath', 'no version')
  const uploadPaths = {
    files,
    dependencies: fields.string('dependenciesUploadPath'),
    code: fields.string('codeUploadPath'),
  }
  for (const path of Object.values(uploadPaths)) {
    const isInside = path.startsWith(start) && !path.split('/').some((each) => /^\.*$/.test(each))
    if (!isInside) throw fields.wrong('filesUploadPath', `a path elsewhere: ${path}`)
  }
  return { id, version, createdAt, uploadPaths }
}

export type SentFile = PackageFile & { readonly isReused: boolean }

/**
 * Sends one file, unless the server has its content.
 *
 * @throws {MlstoreError} `FILE_CHANGED`; what the server answers.
 */
export async function sendFile(
  parts: TransactionParts,
  transaction: Transaction,
  file: LocalPackageFile,
  signal: AbortSignal | undefined,
): Promise<SentFile> {
  const { part, path, stat } = file
  const digest = await digestOfFile(parts.read(file, signal))
  const url = parts.paths.file(`${transaction.uploadPaths[part]}/${path}`)
  const sent = { part, path, sizeBytes: stat.sizeBytes, digest }
  if (await deployByChecksum(parts, url, digest, signal)) return { ...sent, isReused: true }
  await sendBytes(parts, url, file, signal)
  return { ...sent, isReused: false }
}

export async function digestOfFile(pieces: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = new DigestStream()
  for await (const piece of pieces) hash.update(piece)
  return hash.end()
}

/** `false` if the server wants the bytes. */
async function deployByChecksum(
  { connection }: TransactionParts,
  url: URL,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const headers = { 'X-Checksum-Deploy': 'true', 'X-Checksum-Sha256': digest }
  const answer = await connection.send(url, { method: 'PUT', headers, body: '', signal })
  if (answer.status === 401 || answer.status === 403) {
    throw await refusal(url, answer, 'The upload of a file')
  }
  await answer.discard()
  return isGood(answer.status)
}

async function sendBytes(
  { connection, read }: TransactionParts,
  url: URL,
  file: LocalPackageFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  const open = (): Readable => Readable.from(read(file, signal), { objectMode: false })
  const body = file.stat.sizeBytes === 0 ? '' : { open, sizeBytes: file.stat.sizeBytes }
  const answer = await connection.send(url, { method: 'PUT', body, signal })
  if (!isGood(answer.status)) throw await refusal(url, answer, `The upload of ${file.path}`)
  await answer.discard()
}

/** What the end of a transaction says. */
export type Ending = {
  readonly name: PackageName
  readonly transaction: Transaction
  readonly manifest: Manifest
  readonly properties: Readonly<Record<string, string>>
}

/**
 * Makes the version visible.
 *
 * Sent once: whether a lost answer was a yes is for the caller to find out.
 */
export async function endTransaction(
  { connection, paths }: TransactionParts,
  { name, transaction, manifest, properties }: Ending,
  signal: AbortSignal | undefined,
): Promise<void> {
  const url = paths.manifest(name, transaction.version, transaction.id)
  const hasProperties = Object.keys(properties).length > 0
  const body = new FormData()
  attachJson(body, `${name.kind}Manifest`, manifest)
  attachJson(body, 'additionalData', hasProperties ? properties : null)
  const request = { method: 'PUT', body, isRepeatable: false, signal } as const
  const answer = await connection.send(url, request)
  if (!isGood(answer.status))
    throw await refusal(url, answer, `The end of the upload of ${packageTitle(name)}`)
  await answer.discard()
}

function attachJson(form: FormData, part: string, value: unknown): void {
  const type = 'application/octet-stream'
  form.append(part, new Blob([JSON.stringify(value)], { type }), part)
}
