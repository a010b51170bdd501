/**
 * Catalog: answers every question about versions, labels, aliases, tags, remotes and runs.
 *
 * A view of the journal and of pack footers, kept in SQLite: it may be deleted at any time and is
 * built again. Reading needs no lock. `apply` catches up with the journal and may be called by
 * readers too; what else writes belongs to the holder of the writer lock.
 */

import type { RemoteView } from '../core/log/remote-view.ts'
import type { ArtifactName } from '../core/names.ts'
import type { Query } from '../core/query/query.ts'
import type { ObjectIndex } from '../ports/object-index.ts'
import type { RemoteIndex } from '../ports/remote-index.ts'
import type { StatCache } from '../ports/stat-cache.ts'
import type { AliasTable } from './alias-table.ts'
import { Attachments } from './attachments.ts'
import { applyRecords, type PlacedRecord } from './apply.ts'
import { CatalogRemoteView } from './catalog-remote-view.ts'
import { type CatalogTables, openTables } from './catalog-tables.ts'
import type { Database } from './database.ts'
import type { EventTable } from './event-table.ts'
import type { LabelTable } from './label-table.ts'
import { LineageView } from './lineage-view.ts'
import { MetaTable } from './meta-table.ts'
import { SqliteObjectIndex } from './object-index.ts'
import { OutgoingEvents } from './outgoing-events.ts'
import { SqliteRemoteIndex } from './remote-index.ts'
import type { RemotePackTable } from './remote-pack-table.ts'
import { noRemote, type RemoteTable } from './remote-table.ts'
import type { RemoteVersionTable } from './remote-version-table.ts'
import type { RemovalTable } from './removal-table.ts'
import type { ExperimentTable } from './runs/experiment-table.ts'
import type { MetricTable } from './runs/metric-table.ts'
import type { NumberTable } from './runs/number-table.ts'
import type { ParamTable } from './runs/param-table.ts'
import type { RunFileTable } from './runs/run-file-table.ts'
import type { RunLinkTable } from './runs/run-link-table.ts'
import type { RunRow, RunTable } from './runs/run-table.ts'
import { dropEverything, migrate } from './schema.ts'
import type { Page } from './search/page.ts'
import { type ArtifactSearch, searchArtifacts } from './search/search-artifacts.ts'
import { type RunSearch, searchRuns } from './search/search-runs.ts'
import { searchVersions, type VersionSearch } from './search/search-versions.ts'
import { SqliteStatCache } from './stat-cache.ts'
import type { JournalPosition } from './state-table.ts'
import type { TagTable } from './tag-table.ts'
import type { VersionRow } from './version-row.ts'
import type { VersionTable } from './version-table.ts'

export type CatalogOptions = {
  /** Repository id of the remote whose state counts; none: only what is own counts. */
  readonly defaultRemote?: string | undefined
  /** The catalog cannot be written where it is: changes are lost when it is closed. */
  readonly isInMemory?: boolean
}

export class Catalog {
  readonly aliases: AliasTable
  readonly attachments: Attachments
  readonly events: EventTable
  readonly experiments: ExperimentTable
  readonly labels: LabelTable
  /** Versions and runs as one graph. */
  readonly lineage: LineageView
  readonly meta: MetaTable
  readonly metrics: MetricTable
  readonly numbers: NumberTable
  /** Where objects are in local packs. */
  readonly objects: ObjectIndex
  readonly params: ParamTable
  /** What a push may send. */
  readonly outgoing: OutgoingEvents
  /** Where objects are on remotes, as far as learned. */
  readonly remoteObjects: RemoteIndex
  readonly remotePacks: RemotePackTable
  readonly remoteVersions: RemoteVersionTable
  readonly remotes: RemoteTable
  readonly removals: RemovalTable
  readonly runFiles: RunFileTable
  readonly runLinks: RunLinkTable
  readonly runs: RunTable
  readonly stats: StatCache
  readonly tags: TagTable
  readonly versions: VersionTable
  readonly isInMemory: boolean
  readonly #db: Database
  readonly #tables: CatalogTables

  /** @internal Use `openCatalog`. */
  constructor(db: Database, options: CatalogOptions = {}) {
    this.#db = db
    this.#tables = openTables(db, options.defaultRemote)
    this.isInMemory = options.isInMemory ?? false
    this.aliases = this.#tables.aliases
    this.attachments = new Attachments(db, this.#tables.versions)
    this.events = this.#tables.events
    this.experiments = this.#tables.experiments
    this.labels = this.#tables.labels
    this.metrics = this.#tables.metrics
    this.numbers = this.#tables.numbers
    this.params = this.#tables.params
    this.remotePacks = this.#tables.remotePacks
    this.remoteVersions = this.#tables.remoteVersions
    this.remotes = this.#tables.remotes
    this.removals = this.#tables.removals
    this.runFiles = this.#tables.runFiles
    this.runLinks = this.#tables.runLinks
    this.runs = this.#tables.runs
    this.tags = this.#tables.tags
    this.versions = this.#tables.versions
    this.lineage = new LineageView(db)
    this.meta = new MetaTable(db)
    this.objects = new SqliteObjectIndex(db)
    this.outgoing = new OutgoingEvents(db, this.#tables)
    this.remoteObjects = new SqliteRemoteIndex(db, this.remotes)
    this.stats = new SqliteStatCache(db)
  }

  /** How far the journal is applied: what to read it from. */
  get position(): JournalPosition {
    return this.#tables.state.position
  }

  /** Repository id of the remote whose state counts. */
  get defaultRemote(): string | undefined {
    return this.#tables.defaultRemote.repoId
  }

  /** May change at any time: nothing stored depends on it. */
  set defaultRemote(repoId: string | undefined) {
    this.#tables.defaultRemote.repoId = repoId
  }

  /**
   * Applies journal records in one transaction; those applied already are passed over.
   *
   * @param records In the journal's order, without gaps, from `position` or before.
   * @throws {MlstoreError} `CORRUPT` if one is damaged or missing; nothing is changed then.
   */
  apply(records: Iterable<PlacedRecord>): void {
    applyRecords(this.#db, this.#tables, records)
  }

  /** What one remote's log has come to, as far as it is applied. */
  remoteView(repoId: string): RemoteView {
    return new CatalogRemoteView(this.#tables, this.remotes.keyOf(repoId) ?? noRemote)
  }

  /**
   * A page of the versions that match, not removed, newest first unless the query orders them.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` at a field that versions do not have; for a page
   * token of another search.
   */
  searchVersions(query: Query, request: VersionSearch = {}): Page<VersionRow> {
    const remote = this.#tables.defaultRemote.parameter
    const page = searchVersions(this.#db, query, { ...request, remote })
    return { ...page, rows: page.rows.map((columns) => this.versions.row(columns)) }
  }

  /** The same of artifacts that have versions, by name unless the query orders them. */
  searchArtifacts(query: Query, request: ArtifactSearch = {}): Page<ArtifactName> {
    const remote = this.#tables.defaultRemote.parameter
    return searchArtifacts(this.#db, query, { ...request, remote })
  }

  /** The same of runs, newest first unless the query orders them. */
  searchRuns(query: Query, request: RunSearch = {}): Page<RunRow> {
    return searchRuns(this.#db, query, request)
  }

  /**
   * Forgets everything, so that it can be built again from journal and packs.
   *
   * Unlike other changes this one is durable: a power cut must not bring back a position in a
   * journal that is another one by then.
   */
  reset(): void {
    this.#db.pragma('synchronous = FULL')
    dropEverything(this.#db)
    migrate(this.#db)
    this.#db.pragma('synchronous = NORMAL')
  }

  /** What SQLite finds wrong with the file; empty if nothing. Reads all of it. */
  check(): string[] {
    const rows = this.#db.query<{ integrity_check: string }>('PRAGMA integrity_check').all()
    return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok')
  }

  /** Idempotent. */
  close(): void {
    this.#db.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
