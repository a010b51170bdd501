/** Versions that are about another version or a run: profiles, checks, comparisons. */

import type { Digest } from '../core/digest.ts'
import { aboutRole } from '../core/lineage/roles.ts'
import { digestBlob, idBlob } from './blobs.ts'
import type { Database } from './database.ts'
import { selectVersions, type VersionColumns, type VersionRow } from './version-row.ts'
import type { VersionTable } from './version-table.ts'

const newestFirst = 'ORDER BY version.lamport DESC, version.event_id DESC'

export class Attachments {
  readonly #versions: VersionTable
  readonly #about
  readonly #attachedTo

  constructor(db: Database, versions: VersionTable) {
    this.#versions = versions
    this.#about = db.query<VersionColumns>(
      `${selectVersions} WHERE version.removed = 0 AND version.key IN
         (SELECT version FROM version_input WHERE input = ? AND role = '${aboutRole}')
       ${newestFirst}`,
    )
    this.#attachedTo = db.query<VersionColumns>(
      `${selectVersions} JOIN run_link AS link ON link.version = version.digest
       WHERE link.run = (SELECT key FROM run WHERE id = ?) AND link.direction = 'output'
         AND link.role = substr(artifact.name, 1, instr(artifact.name, '/') - 1)
         AND version.removed = 0
       GROUP BY version.key ${newestFirst}`,
    )
  }

  /** Versions that say something about this one and are not removed, newest first. */
  about(id: Digest): VersionRow[] {
    return this.#about.all(digestBlob(id)).map((columns) => this.#versions.row(columns))
  }

  /** Versions that a run made as what their type says and that are not removed, newest first. */
  attachedTo(run: string): VersionRow[] {
    return this.#attachedTo.all(idBlob(run)).map((columns) => this.#versions.row(columns))
  }
}
