/** The tables that journal records are turned into, made once for a connection. */

import { AliasTable } from './alias-table.ts'
import { ArtifactTable } from './artifact-table.ts'
import type { Database } from './database.ts'
import { DefaultRemote } from './default-remote.ts'
import { EventTable } from './event-table.ts'
import { LabelTable } from './label-table.ts'
import { LineageTable } from './lineage-table.ts'
import { RemotePackTable } from './remote-pack-table.ts'
import { RemoteTable } from './remote-table.ts'
import { RemoteVersionTable } from './remote-version-table.ts'
import { RemovalTable } from './removal-table.ts'
import { StateTable } from './state-table.ts'
import { TagTable } from './tag-table.ts'
import { VersionMetaTable } from './version-meta-table.ts'
import { VersionTable } from './version-table.ts'

export type CatalogTables = {
  readonly aliases: AliasTable
  readonly artifacts: ArtifactTable
  readonly defaultRemote: DefaultRemote
  readonly events: EventTable
  readonly labels: LabelTable
  readonly lineage: LineageTable
  readonly remotePacks: RemotePackTable
  readonly remotes: RemoteTable
  readonly remoteVersions: RemoteVersionTable
  readonly removals: RemovalTable
  readonly state: StateTable
  readonly tags: TagTable
  readonly versionMeta: VersionMetaTable
  readonly versions: VersionTable
}

export function openTables(db: Database, defaultRemote: string | undefined): CatalogTables {
  const remotes = new RemoteTable(db)
  const chosen = new DefaultRemote(remotes, defaultRemote)
  const artifacts = new ArtifactTable(db)
  const labels = new LabelTable(db, chosen)
  const lineage = new LineageTable(db)
  const removals = new RemovalTable(db)
  const versions = new VersionTable(db, { artifacts, labels, lineage, removals })
  return {
    aliases: new AliasTable(db, chosen),
    artifacts,
    defaultRemote: chosen,
    events: new EventTable(db, remotes),
    labels,
    lineage,
    remotePacks: new RemotePackTable(db, remotes),
    remotes,
    remoteVersions: new RemoteVersionTable(db, remotes, (columns) => versions.row(columns)),
    removals,
    state: new StateTable(db),
    tags: new TagTable(db),
    versionMeta: new VersionMetaTable(db),
    versions,
  }
}
