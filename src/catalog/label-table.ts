/** The `label_claim` table: who claimed which label for which version, and which claims hold. */

import type { Digest } from '../core/digest.ts'
import type { LabelClaim } from '../core/events/event.ts'
import type { ActiveClaim, LabelOwner } from '../core/log/remote-view.ts'
import { digestBlob, digestOfBlob, idBlob, idOfBlob } from './blobs.ts'
import type { Database } from './database.ts'
import type { DefaultRemote } from './default-remote.ts'
import { effectiveLabels, rankedClaims } from './effective-sql.ts'
import { eventState } from './event-table.ts'

type VersionRow = { readonly version: Buffer }
type LabelRow = VersionRow & { readonly label: string }
type ClaimRow = LabelRow & { readonly event: number; readonly artifact: string }

const onRemote = `JOIN event_on_remote AS o ON o.event = claim.event AND o.remote = @remote
  AND o.state = ${eventState.inEffect}`

export class LabelTable {
  readonly #remote
  readonly #versions
  readonly #labels
  readonly #labelsOf
  readonly #claimed
  readonly #insert
  readonly #claimKey
  readonly #owner
  readonly #active

  constructor(db: Database, remote: DefaultRemote) {
    this.#remote = remote
    this.#versions = db.query<VersionRow>(
      `SELECT DISTINCT version FROM (${effectiveLabels(
        `claim.label = @label
         AND claim.artifact = (SELECT key FROM artifact WHERE name = @artifact)`,
      )}) ORDER BY event`,
    )
    const newestFirst = 'JOIN event ON event.key = event ORDER BY lamport DESC, id DESC'
    this.#labels = db.query<LabelRow>(
      `SELECT label, version FROM (${effectiveLabels('claim.version = @version')}) ${newestFirst}`,
    )
    this.#labelsOf = db.query<LabelRow>(
      `SELECT label, version FROM (${effectiveLabels(
        'claim.version IN (SELECT unhex(value) FROM json_each(@versions))',
      )}) ${newestFirst}`,
    )
    this.#claimed = db.query<{ id: Buffer; label: string }>(
      `SELECT id, label FROM (${rankedClaims('claim.version = @version')}) AS mine
       ${newestFirst.replace('event ORDER', 'event WHERE rank IS NOT NULL ORDER')}`,
    )
    this.#insert = db.query(
      `INSERT INTO label_claim (event, artifact, label, version, generated, over)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    this.#claimKey = db.query<{ event: number }>(
      `SELECT event FROM label_claim JOIN event ON event.key = event
       WHERE event.id = ? AND version = ?`,
    )
    this.#owner = db.query<{ event: number; id: Buffer; version: Buffer }>(
      `SELECT claim.event, event.id, version FROM label_claim AS claim ${onRemote}
       JOIN event ON event.key = claim.event
       WHERE artifact = (SELECT key FROM artifact WHERE name = @artifact)
         AND label = @label AND generated = 0`,
    )
    this.#active = db.query<ClaimRow>(
      `SELECT claim.event, artifact.name AS artifact, label, version
       FROM event JOIN label_claim AS claim ON claim.event = event.key ${onRemote}
       JOIN artifact ON artifact.key = claim.artifact WHERE event.id = @id`,
    )
  }

  /** Versions the label names: one, or several if it was generated; none if it is free. */
  versions(artifact: string, label: string): Digest[] {
    const rows = this.#versions.all({ artifact, label, ...this.#remote.parameter })
    return rows.map(({ version }) => digestOfBlob(version))
  }

  /** The version's label: of several the one claimed last. */
  of(version: Digest): string | undefined {
    return this.#labels.get({ version: digestBlob(version), ...this.#remote.parameter })?.label
  }

  /** The labels of many versions in one query; a version without one is not in the map. */
  ofVersions(versions: readonly Digest[]): Map<Digest, string> {
    const parameters = { versions: JSON.stringify(versions), ...this.#remote.parameter }
    const labels = new Map<Digest, string>()
    for (const row of this.#labelsOf.all(parameters)) {
      const version = digestOfBlob(row.version)
      if (!labels.has(version)) labels.set(version, row.label)
    }
    return labels
  }

  /**
   * The claim that a new label would rename: of several the last one, also one of our own that
   * loses against someone else's.
   */
  claimOf(version: Digest): { readonly event: string; readonly label: string } | undefined {
    const parameters = { version: digestBlob(version), ...this.#remote.parameter }
    const row = this.#claimed.get(parameters)
    return row && { event: idOfBlob(row.id), label: row.label }
  }

  insert(key: number, artifact: number, claim: LabelClaim): void {
    const version = digestBlob(claim.version)
    const over = claim.over === undefined ? undefined : this.keyOf(claim.over, claim.version)
    const generated = Number(claim.generated)
    this.#insert.run(key, artifact, claim.label, version, generated, over ?? null)
  }

  /** The key of a claim, if it is known and of that version. */
  keyOf(id: string, version: Digest): number | undefined {
    return this.#claimKey.get(idBlob(id), digestBlob(version))?.event
  }

  /** Whose a given label is on one remote. */
  ownerOn(
    remote: number,
    artifact: string,
    label: string,
  ): (LabelOwner & { readonly key: number }) | undefined {
    const row = this.#owner.get({ remote, artifact, label })
    return row && { key: row.event, event: idOfBlob(row.id), version: digestOfBlob(row.version) }
  }

  /** A claim that is in effect on one remote. */
  activeOn(remote: number, id: string): (ActiveClaim & { readonly key: number }) | undefined {
    const row = this.#active.get({ remote, id: idBlob(id) })
    if (row === undefined) return undefined
    const { event: key, artifact, label } = row
    return { key, artifact, label, version: digestOfBlob(row.version) }
  }
}
