/** The `remote_version` and `remote_artifact` tables: which versions a remote has, and where. */

import type { Digest } from '../core/digest.ts'
import type { VersionLocation } from '../core/log/entry.ts'
import { decodeFrameForm, encodeFrameForm } from '../core/pack/locator.ts'
import { digestBlob, digestOfBlob, idBlob, idOfBlob, idsBlob, idsOfBlob } from './blobs.ts'
import type { Database } from './database.ts'
import { noRemote, type RemoteTable } from './remote-table.ts'
import { selectVersions, type VersionColumns, type VersionRow } from './version-row.ts'

/** Where a version is on a remote, and which entry said so. */
export type LocatedVersion = VersionLocation & { readonly seq: number }

type LocationRow = {
  readonly version: Buffer
  readonly seq: number
  readonly root_pack: Buffer
  readonly root_offset: number
  readonly root_stored_bytes: number
  readonly root_locator_bytes: number
  readonly root_form: number
  readonly uses: Buffer
}

/** On the remote: its record is in the log, and an entry says where its bytes are. */
const isThere = 'recorded = 1 AND seq IS NOT NULL'

export class RemoteVersionTable {
  readonly #remotes: RemoteTable
  readonly #toRow
  readonly #artifact
  readonly #remotesOf
  readonly #location
  readonly #all
  readonly #hasArtifact
  readonly #record
  readonly #locate
  readonly #noteArtifact

  constructor(db: Database, remotes: RemoteTable, toRow: (columns: VersionColumns) => VersionRow) {
    this.#remotes = remotes
    this.#toRow = toRow
    this.#artifact = db.query<{ name: string }>(
      `SELECT artifact.name FROM remote_version AS there
       JOIN version ON version.digest = there.version
       JOIN artifact ON artifact.key = version.artifact
       WHERE there.remote = ? AND there.version = ? AND ${isThere}`,
    )
    this.#remotesOf = db.query<{ repo_id: Buffer }>(
      `SELECT repo_id FROM remote JOIN remote_version AS there ON there.remote = remote.key
       WHERE there.version = ? AND ${isThere} ORDER BY remote.key`,
    )
    this.#location = db.query<LocationRow>(
      `SELECT * FROM remote_version WHERE remote = ? AND version = ? AND ${isThere}`,
    )
    this.#all = db.query<VersionColumns>(
      `${selectVersions} JOIN remote_version AS there ON there.version = version.digest
       WHERE remote = ? AND ${isThere} AND removed = 0 ORDER BY seq, version.key`,
    )
    this.#hasArtifact = db.query<{ artifact: number }>(
      `SELECT artifact FROM remote_artifact
       WHERE remote = ? AND artifact = (SELECT key FROM artifact WHERE name = ?)`,
    )
    this.#record = db.query(
      `INSERT INTO remote_version (remote, version, recorded) VALUES (?, ?, 1)
       ON CONFLICT (remote, version) DO UPDATE SET recorded = 1`,
    )
    this.#locate = db.query(
      `INSERT INTO remote_version (remote, version, seq, root_pack, root_offset,
         root_stored_bytes, root_locator_bytes, root_form, uses)
       VALUES (@remote, @version, @seq, @pack, @offset, @storedBytes, @locatorBytes, @form, @uses)
       ON CONFLICT (remote, version) DO UPDATE SET seq = excluded.seq,
         root_pack = excluded.root_pack, root_offset = excluded.root_offset,
         root_stored_bytes = excluded.root_stored_bytes,
         root_locator_bytes = excluded.root_locator_bytes,
         root_form = excluded.root_form, uses = excluded.uses`,
    )
    this.#noteArtifact = db.query(
      `INSERT OR IGNORE INTO remote_artifact (remote, artifact)
       SELECT there.remote, version.artifact FROM remote_version AS there
       JOIN version ON version.digest = there.version
       WHERE there.remote = ? AND there.version = ? AND ${isThere}`,
    )
  }

  has(repoId: string, version: Digest): boolean {
    return this.artifactOf(this.#key(repoId), version) !== undefined
  }

  /** Where the version is on that remote; `undefined` if it is not there. */
  find(repoId: string, version: Digest): LocatedVersion | undefined {
    const row = this.#location.get(this.#key(repoId), digestBlob(version))
    return row && locationOf(row)
  }

  /** Every version of a remote that is not removed, in the order they came to be there. */
  all(repoId: string): VersionRow[] {
    return this.#all.all(this.#key(repoId)).map(this.#toRow)
  }

  /** Repository ids of the remotes that have the version. */
  remotesOf(version: Digest): string[] {
    return this.#remotesOf.all(digestBlob(version)).map(({ repo_id }) => idOfBlob(repo_id))
  }

  artifactOf(remote: number, version: Digest): string | undefined {
    return this.#artifact.get(remote, digestBlob(version))?.name
  }

  hasArtifact(remote: number, artifact: string): boolean {
    return this.#hasArtifact.get(remote, artifact) !== undefined
  }

  /** The remote's log holds the version's record. */
  record(remote: number, version: Digest): void {
    this.#record.run(remote, digestBlob(version))
    this.#noteArtifact.run(remote, digestBlob(version))
  }

  /** An entry says where the version is; the latest one counts. */
  locate(remote: number, seq: number, { version, root, uses }: VersionLocation): void {
    this.#locate.run({
      remote,
      version: digestBlob(version),
      seq,
      pack: idBlob(root.packId),
      offset: root.offset,
      storedBytes: root.storedBytes,
      locatorBytes: root.locatorBytes,
      form: encodeFrameForm(root),
      uses: idsBlob(uses),
    })
    this.#noteArtifact.run(remote, digestBlob(version))
  }

  #key(repoId: string): number {
    return this.#remotes.keyOf(repoId) ?? noRemote
  }
}

function locationOf(row: LocationRow): LocatedVersion {
  return {
    seq: row.seq,
    version: digestOfBlob(row.version),
    root: {
      packId: idOfBlob(row.root_pack),
      offset: row.root_offset,
      storedBytes: row.root_stored_bytes,
      locatorBytes: row.root_locator_bytes,
      ...decodeFrameForm(row.root_form, 'the catalog'),
    },
    uses: idsOfBlob(row.uses),
  }
}
