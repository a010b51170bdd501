/** RemoteView out of the catalog: what one remote's log has come to, as far as it is applied. */

import type { Digest } from '../core/digest.ts'
import type {
  ActiveClaim,
  AliasHead,
  LabelOwner,
  PackState,
  RemoteView,
} from '../core/log/remote-view.ts'
import type { CatalogTables } from './catalog-tables.ts'
import type { NumberOnRemote } from './runs/number-table.ts'

export class CatalogRemoteView implements RemoteView {
  readonly #tables: CatalogTables
  readonly #remote: number

  /** @param remote The remote's key; that of no remote makes the view of an empty log. */
  constructor(tables: CatalogTables, remote: number) {
    this.#tables = tables
    this.#remote = remote
  }

  hasEvent(id: string): boolean {
    const key = this.#tables.events.keyOf(id)
    return key !== undefined && this.#tables.events.isOnRemote(key, this.#remote)
  }

  hasArtifact(artifact: string): boolean {
    return this.#tables.remoteVersions.hasArtifact(this.#remote, artifact)
  }

  artifactOf(version: Digest): string | undefined {
    return this.#tables.remoteVersions.artifactOf(this.#remote, version)
  }

  aliasHead(artifact: string, alias: string): AliasHead | undefined {
    return this.#tables.aliases.headOn(this.#remote, artifact, alias)
  }

  labelOwner(artifact: string, label: string): LabelOwner | undefined {
    return this.#tables.labels.ownerOn(this.#remote, artifact, label)
  }

  activeClaim(id: string): ActiveClaim | undefined {
    return this.#tables.labels.activeOn(this.#remote, id)
  }

  removals(version: Digest): readonly string[] {
    return this.#tables.removals.on(this.#remote, version)
  }

  isRestored(version: Digest, removal: string): boolean {
    return this.#tables.removals.isRestoredOn(this.#remote, version, removal)
  }

  hasRun(run: string): boolean {
    return this.#tables.remoteRuns.hasRun(this.#remote, run)
  }

  hasExperiment(experiment: string): boolean {
    return this.#tables.remoteRuns.hasExperiment(this.#remote, experiment)
  }

  numberOwner(series: string, number: number): NumberOnRemote | undefined {
    return this.#tables.numbers.ownerOn(this.#remote, series, number)
  }

  lastNumber(series: string): number {
    return this.#tables.numbers.lastOn(this.#remote, series)
  }

  packState(pack: string): PackState | undefined {
    return this.#tables.remotePacks.state(this.#remote, pack)
  }
}
