/** The `version` table: every version known, from whichever source, in the order of its events. */

import type { Digest } from '../core/digest.ts'
import type { VersionAdd } from '../core/events/event.ts'
import type { ArtifactName } from '../core/names.ts'
import { digestBlob, digestOfBlob, idBlob } from './blobs.ts'
import type { ArtifactSummary, ArtifactTable } from './artifact-table.ts'
import type { Database } from './database.ts'
import type { LabelTable } from './label-table.ts'
import type { RemovalTable } from './removal-table.ts'
import { selectVersions, VersionRow, type VersionColumns, type RowSource } from './version-row.ts'

export type { VersionRow } from './version-row.ts'

export type ListVersions = {
  readonly limit?: number | undefined
  /** Only this version and older ones. */
  readonly from?: Digest | undefined
  /** Only older versions than this one: goes on where a list ended. */
  readonly before?: Digest | undefined
  /** Also those that are removed. Default: false. */
  readonly removed?: boolean
}

/** An artifact as a list of them shows it. */
export type ListedArtifact = ArtifactSummary & {
  /** Label of the newest version. */
  readonly latestLabel: string | undefined
}

export type VersionTableParts = {
  readonly artifacts: ArtifactTable
  readonly labels: LabelTable
  readonly removals: RemovalTable
}

/** What counting versions and bytes needs. */
export type VersionWeight = {
  readonly artifact: number
  readonly sizeBytes: number
  readonly isRemoved: boolean
}

type DigestRow = { readonly digest: Buffer }

export class VersionTable {
  readonly #parts: VersionTableParts
  readonly #source: RowSource
  readonly #byDigest
  readonly #newest
  readonly #list
  readonly #prefixOf
  readonly #prefix
  readonly #byRoot
  readonly #among
  readonly #byRun
  readonly #insert
  readonly #raise
  readonly #setRemoved
  readonly #weight

  constructor(db: Database, parts: VersionTableParts) {
    this.#parts = parts
    const body = db.query<{ body: string }>('SELECT body FROM event WHERE key = ?')
    this.#source = {
      body: (event) => body.get(event)?.body,
      removal: (version) => parts.removals.of(version)[0],
    }
    this.#byDigest = db.query<VersionColumns>(`${selectVersions} WHERE version.digest = ?`)
    const newestFirst = 'ORDER BY version.lamport DESC, version.event_id DESC'
    const ofArtifact = 'version.artifact = (SELECT key FROM artifact WHERE name = @artifact)'
    this.#newest = db.query<VersionColumns>(
      `${selectVersions} WHERE ${ofArtifact} AND version.removed = 0 ${newestFirst} LIMIT 1`,
    )
    this.#list = db.query<VersionColumns>(
      `${selectVersions} WHERE ${ofArtifact} AND version.removed IN (0, @removed)
       AND (@before IS NULL OR (version.lamport, version.event_id) <
         (SELECT lamport, event_id FROM version WHERE digest = @before))
       AND (@from IS NULL OR (version.lamport, version.event_id) <=
         (SELECT lamport, event_id FROM version WHERE digest = @from))
       ${newestFirst} LIMIT @limit`,
    )
    this.#prefixOf = db.query<DigestRow>(
      `SELECT digest FROM version WHERE digest BETWEEN @first AND @last AND ${ofArtifact}`,
    )
    this.#prefix = db.query<VersionColumns>(
      `${selectVersions} WHERE version.digest BETWEEN ? AND ? LIMIT ?`,
    )
    this.#byRoot = db.query<VersionColumns>(
      `${selectVersions} WHERE version.root = ? ORDER BY version.removed, version.lamport DESC`,
    )
    this.#among = db.query<VersionColumns>(
      `${selectVersions} WHERE version.removed = 0
         AND version.digest IN (SELECT unhex(value) FROM json_each(?)) ${newestFirst}`,
    )
    this.#byRun = db.query<VersionColumns>(`${selectVersions} WHERE version.run = ? ${newestFirst}`)
    this.#insert = db.query(
      `INSERT INTO version (digest, artifact, event, lamport, event_id, removed, root, created_at,
         by, files, size_bytes, shape, run)
       VALUES (@digest, @artifact, @event, @lamport, @id, @removed, @root, @createdAt, @by, @files,
         @sizeBytes, @shape, @run)`,
    )
    this.#raise = db.query(
      `UPDATE version SET event = @event, lamport = @lamport, event_id = @id
       WHERE digest = @digest AND (lamport, event_id) < (@lamport, @id)`,
    )
    this.#setRemoved = db.query('UPDATE version SET removed = ? WHERE digest = ?')
    this.#weight = db.query<{ artifact: number; size_bytes: number; removed: number }>(
      'SELECT artifact, size_bytes, removed FROM version WHERE digest = ?',
    )
  }

  get(id: Digest): VersionRow | undefined {
    const columns = this.#byDigest.get(digestBlob(id))
    return columns && this.row(columns)
  }

  /** The newest version of an artifact that is not removed. */
  newest(artifact: string): VersionRow | undefined {
    const columns = this.#newest.get({ artifact })
    return columns && this.row(columns)
  }

  /** Versions of an artifact, newest first. */
  list(artifact: string, options: ListVersions = {}): VersionRow[] {
    const { limit = -1, before, from, removed = false } = options
    const rows = this.#list.all({
      artifact,
      limit,
      before: before === undefined ? null : digestBlob(before),
      from: from === undefined ? null : digestBlob(from),
      removed: Number(removed),
    })
    return rows.map((columns) => this.row(columns))
  }

  /** Artifacts with versions that are not removed, by name; `type` is the name's first segment. */
  artifacts(type?: string): ListedArtifact[] {
    return this.#withLatest(this.#parts.artifacts.list(type))
  }

  /** The same of these artifacts, in their order. */
  artifactsNamed(names: readonly ArtifactName[]): ListedArtifact[] {
    return this.#withLatest(this.#parts.artifacts.named(names))
  }

  #withLatest(summaries: readonly ArtifactSummary[]): ListedArtifact[] {
    const newest = new Map(summaries.map(({ artifact }) => [artifact, this.newest(artifact)?.id]))
    const labels = this.#parts.labels.ofVersions([...newest.values()].flatMap((id) => id ?? []))
    return summaries.map((summary) => {
      const id = newest.get(summary.artifact)
      return { ...summary, latestLabel: id && labels.get(id) }
    })
  }

  /** Versions the label names: one, or several if it was generated; none if it is free. */
  byLabel(artifact: string, label: string): Digest[] {
    return this.#parts.labels.versions(artifact, label)
  }

  /** Versions of an artifact, removed ones too, whose digests start so; in lowercase hex. */
  byDigestPrefix(artifact: string, prefix: string): Digest[] {
    const [first, last] = rangeOf(prefix)
    return this.#prefixOf.all({ artifact, first, last }).map(({ digest }) => digestOfBlob(digest))
  }

  /** Versions of any artifact whose digests start so. */
  withDigestPrefix(prefix: string, limit = 100): VersionRow[] {
    const [first, last] = rangeOf(prefix)
    return this.#prefix.all(first, last, limit).map((columns) => this.row(columns))
  }

  /** Versions with the same content, those not removed first. */
  byRoot(root: Digest): VersionRow[] {
    return this.#byRoot.all(digestBlob(root)).map((columns) => this.row(columns))
  }

  /** Those of these versions that are known and not removed, newest first. */
  among(ids: readonly Digest[]): VersionRow[] {
    return this.#among.all(JSON.stringify(ids)).map((columns) => this.row(columns))
  }

  /** Versions that a run made, newest first. */
  byRun(run: string): VersionRow[] {
    return this.#byRun.all(idBlob(run)).map((columns) => this.row(columns))
  }

  /** The row of columns that another query selected with `selectVersions`. */
  row(columns: VersionColumns): VersionRow {
    return new VersionRow(columns, this.#source)
  }

  /**
   * Adds the version, or, where it is known, notes a later event that added it too.
   *
   * @returns The new version's key; `undefined` if it was known.
   */
  insert(
    event: number,
    artifact: number,
    added: VersionAdd,
    isRemoved: boolean,
  ): number | undefined {
    const { record, lamport } = added
    const digest = digestBlob(added.version)
    const id = idBlob(added.id)
    if (this.weight(added.version) !== undefined) {
      this.#raise.run({ event, lamport, id, digest })
      return undefined
    }
    return this.#insert.insert({
      digest,
      artifact,
      event,
      lamport,
      id,
      removed: Number(isRemoved),
      root: digestBlob(record.root),
      createdAt: record.createdAt,
      by: record.by ?? null,
      files: record.files,
      sizeBytes: record.size,
      shape: record.shape,
      run: record.run === undefined ? null : idBlob(record.run),
    })
  }

  /** What the version adds to the counts of its artifact; `undefined` if it is not known. */
  weight(version: Digest): VersionWeight | undefined {
    const row = this.#weight.get(digestBlob(version))
    if (row === undefined) return undefined
    return { artifact: row.artifact, sizeBytes: row.size_bytes, isRemoved: row.removed === 1 }
  }

  setRemoved(version: Digest, isRemoved: boolean): void {
    this.#setRemoved.run(Number(isRemoved), digestBlob(version))
  }
}

/** The first and the last digest that starts with the hex digits. */
function rangeOf(prefix: string): readonly [Buffer, Buffer] {
  return [Buffer.from(prefix.padEnd(64, '0'), 'hex'), Buffer.from(prefix.padEnd(64, 'f'), 'hex')]
}
