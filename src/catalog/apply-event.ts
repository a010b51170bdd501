/**
 * What an event changes in the tables: once for everybody, and once for each remote it is on.
 *
 * The first part happens when the event is first known, from whichever source. The second happens
 * when a remote's log holds it, in the order of that log, if `judge` lets it take effect there.
 */

import type { Digest } from '../core/digest.ts'
import type { Event, LabelClaim, VersionAdd } from '../core/events/event.ts'
import type { CatalogTables } from './catalog-tables.ts'
import { eventState } from './event-table.ts'
import { insertRunEvent, noteTag } from './runs/apply-run-event.ts'

/** Makes an event known that was not known before; answers its key. */
export function insertEvent(tables: CatalogTables, event: Event): number {
  const key = tables.events.insert(event)
  switch (event.type) {
    case 'version.add':
      insertVersion(tables, key, event)
      break
    case 'label.claim':
      tables.labels.insert(key, tables.artifacts.ensure(event.artifact), event)
      break
    case 'alias.move':
      tables.aliases.insert(key, tables.artifacts.ensure(event.artifact), event)
      break
    case 'tag.set':
      tables.tags.insert(key, event)
      noteTag(tables, key, event)
      break
    case 'version.remove':
      tables.removals.insert(key, event.version, event.id)
      refreshRemoved(tables, event.version)
      break
    case 'version.restore':
      tables.removals.insertRestoration(key, event.version, event.over)
      refreshRemoved(tables, event.version)
      break
    case 'gc.sweep':
    case 'unknown':
      break
    default:
      insertRunEvent(tables, key, event)
  }
  return key
}

/** Lets an event that won take effect on a remote. */
export function applyOnRemote(
  tables: CatalogTables,
  event: Event,
  place: { readonly remote: number; readonly key: number; readonly seq: number },
): void {
  const { remote, key, seq } = place
  switch (event.type) {
    case 'version.add':
      return tables.remoteVersions.record(remote, event.version)
    case 'label.claim':
      return applyClaim(tables, event, remote)
    case 'alias.move': {
      const artifact = tables.artifacts.ensure(event.artifact)
      return tables.aliases.setHead(remote, key, artifact, event)
    }
    case 'number.claim':
      return tables.numbers.take(remote, key, event)
    case 'run.start':
      return tables.remoteRuns.addRun(remote, event.run)
    case 'experiment.create':
      return tables.remoteRuns.addExperiment(remote, event.experiment)
    case 'gc.sweep':
      tables.remotePacks.sweep(remote, seq, event.packs)
      return tables.remotes.bumpGcGeneration(remote)
    default:
  }
}

function insertVersion(tables: CatalogTables, key: number, event: VersionAdd): void {
  const { version, record } = event
  const artifact = tables.artifacts.ensure(record.artifact)
  const isRemoved = tables.removals.of(version).length > 0
  const added = tables.versions.insert(key, artifact, event, isRemoved)
  if (added === undefined) return
  if (!isRemoved) tables.artifacts.count(artifact, 1, record.size)
  if (record.inputs !== undefined) tables.lineage.insert(added, record.inputs)
  if (record.meta !== undefined) tables.versionMeta.insert(added, record.meta)
}

/** After a removal or a restoration, which may come before the version itself. */
function refreshRemoved(tables: CatalogTables, version: Digest): void {
  const weight = tables.versions.weight(version)
  const isRemoved = tables.removals.of(version).length > 0
  if (weight === undefined || weight.isRemoved === isRemoved) return
  tables.versions.setRemoved(version, isRemoved)
  const sign = isRemoved ? -1 : 1
  tables.artifacts.count(weight.artifact, sign, sign * weight.sizeBytes)
}

/** The claim frees the label it renames, and takes the place of an equal older claim. */
function applyClaim(tables: CatalogTables, claim: LabelClaim, remote: number): void {
  const { labels, events } = tables
  const renamed = claim.over === undefined ? undefined : labels.activeOn(remote, claim.over)
  if (renamed?.version === claim.version) events.setState(renamed.key, remote, eventState.renamed)
  const owner = claim.generated ? undefined : labels.ownerOn(remote, claim.artifact, claim.label)
  if (owner !== undefined) events.setState(owner.key, remote, eventState.renamed)
}
