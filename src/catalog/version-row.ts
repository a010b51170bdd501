/**
 * VersionRow: a version as the catalog knows it.
 *
 * What lists show comes from columns; the whole record is only read when someone asks for it.
 */

import type { Digest } from '../core/digest.ts'
import { type ArtifactName, parseArtifactName } from '../core/names.ts'
import type { VersionRecord, VersionShape } from '../core/version-record.ts'
import { corrupt } from '../errors.ts'
import { digestOfBlob, idOfBlob } from './blobs.ts'
import { eventOfBody } from './event-table.ts'

/** Columns that `VersionRow` is made of. */
export type VersionColumns = {
  readonly key: number
  readonly digest: Buffer
  readonly name: string
  readonly event: number
  readonly lamport: number
  readonly removed: number
  readonly root: Buffer
  readonly created_at: string
  readonly by: string | null
  readonly files: number
  readonly size_bytes: number
  readonly shape: string
  readonly run: Buffer | null
}

/** SQL that selects them, to be followed by `WHERE …`; the tables are `version` and `artifact`. */
export const selectVersions = `
  SELECT version.key, version.digest, artifact.name, version.event, version.lamport,
    version.removed, version.root, version.created_at, version.by, version.files,
    version.size_bytes, version.shape, version.run
  FROM version JOIN artifact ON artifact.key = version.artifact`

/** What a row reads when it is asked for more than its columns. */
export type RowSource = {
  /** The body of the event with this key. */
  body(event: number): string | undefined
  /** Id of a removal that keeps the version removed. */
  removal(version: Digest): string | undefined
}

export class VersionRow {
  readonly id: Digest
  readonly artifact: ArtifactName
  readonly root: Digest
  readonly createdAt: string
  readonly by: string | null
  readonly files: number
  readonly sizeBytes: number
  readonly shape: VersionShape
  readonly run: string | null
  readonly isRemoved: boolean
  readonly #source: RowSource
  readonly #event: number
  #record: VersionRecord | undefined

  constructor(columns: VersionColumns, source: RowSource) {
    this.id = digestOfBlob(columns.digest)
    this.artifact = parseArtifactName(columns.name)
    this.root = digestOfBlob(columns.root)
    this.createdAt = columns.created_at
    this.by = columns.by
    this.files = columns.files
    this.sizeBytes = columns.size_bytes
    this.shape = columns.shape === 'file' ? 'file' : 'tree'
    this.run = columns.run && idOfBlob(columns.run)
    this.isRemoved = columns.removed === 1
    this.#source = source
    this.#event = columns.event
  }

  /** Everything that is said about the version. */
  get record(): VersionRecord {
    this.#record ??= this.#readRecord()
    return this.#record
  }

  /** Id of the event that removed it; `undefined` while it is not removed. */
  get removedBy(): string | undefined {
    return this.isRemoved ? this.#source.removal(this.id) : undefined
  }

  #readRecord(): VersionRecord {
    const body = this.#source.body(this.#event)
    const event = body === undefined ? undefined : eventOfBody(body)
    if (event?.type === 'version.add') return event.record
    throw corrupt('the catalog', `version ${this.id} has no record`)
  }
}
