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
import { ExperimentTable } from './runs/experiment-table.ts'
import { KeyTable } from './runs/key-table.ts'
import { MetricTable } from './runs/metric-table.ts'
import { NumberTable } from './runs/number-table.ts'
import { ParamTable } from './runs/param-table.ts'
import { RemoteRunTable } from './runs/remote-run-table.ts'
import { RunFileTable } from './runs/run-file-table.ts'
import { RunLinkTable } from './runs/run-link-table.ts'
import { RunRemovalTable } from './runs/run-removal-table.ts'
import { RunTable } from './runs/run-table.ts'
import { StateTable } from './state-table.ts'
import { TagTable } from './tag-table.ts'
import { VersionMetaTable } from './version-meta-table.ts'
import { VersionTable } from './version-table.ts'

export type CatalogTables = {
  readonly aliases: AliasTable
  readonly artifacts: ArtifactTable
  readonly defaultRemote: DefaultRemote
  readonly events: EventTable
  readonly experiments: ExperimentTable
  readonly labels: LabelTable
  readonly lineage: LineageTable
  readonly metrics: MetricTable
  readonly numbers: NumberTable
  readonly params: ParamTable
  readonly remotePacks: RemotePackTable
  readonly remoteRuns: RemoteRunTable
  readonly remotes: RemoteTable
  readonly remoteVersions: RemoteVersionTable
  readonly removals: RemovalTable
  readonly runFiles: RunFileTable
  /** Names of params and metrics. */
  readonly runKeys: KeyTable
  readonly runLinks: RunLinkTable
  readonly runRemovals: RunRemovalTable
  readonly runs: RunTable
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
  const removals = new RemovalTable(db)
  const runKeys = new KeyTable(db)
  const runRemovals = new RunRemovalTable(db)
  const versions = new VersionTable(db, { artifacts, labels, removals })
  return {
    aliases: new AliasTable(db, chosen),
    artifacts,
    defaultRemote: chosen,
    events: new EventTable(db, remotes),
    experiments: new ExperimentTable(db, runRemovals),
    labels,
    lineage: new LineageTable(db),
    metrics: new MetricTable(db, runKeys),
    numbers: new NumberTable(db, chosen),
    params: new ParamTable(db, runKeys),
    remotePacks: new RemotePackTable(db, remotes),
    remoteRuns: new RemoteRunTable(db),
    remotes,
    remoteVersions: new RemoteVersionTable(db, remotes, (columns) => versions.row(columns)),
    removals,
    runFiles: new RunFileTable(db),
    runKeys,
    runLinks: new RunLinkTable(db),
    runRemovals,
    runs: new RunTable(db, runRemovals),
    state: new StateTable(db),
    tags: new TagTable(db),
    versionMeta: new VersionMetaTable(db),
    versions,
  }
}
