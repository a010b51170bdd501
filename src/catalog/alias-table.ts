/**
 * The `alias_move`, `alias_head` and `alias_pending` tables: where aliases were, are on each
 * remote, and will be once own moves are pushed.
 */

import type { Digest } from '../core/digest.ts'
import type { AliasMove } from '../core/events/event.ts'
import type { AliasHead } from '../core/log/remote-view.ts'
import { type ArtifactName, parseArtifactName } from '../core/names.ts'
import { digestBlob, digestOfBlob, digestOfBlobOrNull, idOfBlob } from './blobs.ts'
import type { Database } from './database.ts'
import type { DefaultRemote } from './default-remote.ts'
import { effectiveAliases } from './effective-sql.ts'
import { eventOfBody } from './event-table.ts'
import { noRemote } from './remote-table.ts'

/** An alias that points at a version. */
export type AliasRow = {
  readonly artifact: ArtifactName
  readonly alias: string
  readonly to: Digest
}

/** One move of an alias in its history. */
export type AliasChange = {
  readonly event: string
  readonly at: string
  readonly by: string
  readonly reason: string | null
  readonly from: Digest | null
  readonly to: Digest | null
  /** Own and not on the default remote yet. */
  readonly pending: boolean
}

type HeadRow = { readonly id: Buffer; readonly target: Buffer | null }
type ListRow = { readonly artifact: string; readonly alias: string; readonly target: Buffer }
type HistoryRow = { readonly body: string; readonly pending: number }

const artifactKey = '(SELECT key FROM artifact WHERE name = @artifact)'

export class AliasTable {
  readonly #remote
  readonly #head
  readonly #list
  readonly #listAll
  readonly #ofVersions
  readonly #history
  readonly #heads
  readonly #headOn
  readonly #newestPending
  readonly #pending
  readonly #insert
  readonly #upsertHead
  readonly #insertPending
  readonly #deletePending
  readonly #dropPending
  readonly #copyPending

  constructor(db: Database, remote: DefaultRemote) {
    this.#remote = remote
    const ofArtifact = `move.artifact = ${artifactKey}`
    this.#head = db.query<HeadRow>(
      `SELECT event.id, target FROM (${effectiveAliases(`${ofArtifact} AND move.alias = @alias`)})
       JOIN event ON event.key = event`,
    )
    const list = (where: string): string =>
      `SELECT name AS artifact, alias, target FROM (${effectiveAliases(where)}) AS a
       JOIN artifact ON artifact.key = a.artifact WHERE target IS NOT NULL ORDER BY name, alias`
    this.#list = db.query<ListRow>(list(ofArtifact))
    this.#listAll = db.query<ListRow>(list('1'))
    this.#ofVersions = db.query<ListRow>(
      `SELECT '' AS artifact, alias, target FROM (${effectiveAliases(
        'move.target IN (SELECT unhex(value) FROM json_each(@versions))',
      )}) ORDER BY alias`,
    )
    this.#history = db.query<HistoryRow>(
      `SELECT body, o.event IS NULL AS pending FROM alias_move AS move
       JOIN event ON event.key = move.event
       LEFT JOIN event_on_remote AS o ON o.event = move.event AND o.remote = @remote
       LEFT JOIN pending AS p ON p.event = move.event AND p.remote = @remote
       WHERE ${ofArtifact} AND move.alias = @alias AND (o.state = 1 OR p.event IS NOT NULL)
       ORDER BY o.event IS NULL, o.seq, move.event`,
    )
    this.#heads = db.query<HeadRow>(
      `SELECT event.id, target FROM remote JOIN alias_head AS head ON head.remote = remote.key
       JOIN event ON event.key = head.event
       WHERE head.artifact = ${artifactKey} AND head.alias = @alias ORDER BY remote.key`,
    )
    this.#headOn = db.query<HeadRow>(
      `SELECT event.id, target FROM alias_head AS head JOIN event ON event.key = head.event
       WHERE head.remote = @remote AND head.artifact = ${artifactKey} AND head.alias = @alias`,
    )
    this.#newestPending = db.query<{ body: string }>(
      `SELECT body FROM alias_pending AS move JOIN event ON event.key = move.event
       WHERE move.remote = ${noRemote} AND move.artifact = ${artifactKey} AND move.alias = @alias
       ORDER BY move.event DESC`,
    )
    this.#pending = db.query<{ id: Buffer }>(
      `SELECT event.id FROM alias_pending AS move JOIN event ON event.key = move.event
       WHERE move.remote = @remote AND move.artifact = ${artifactKey} AND move.alias = @alias
       ORDER BY move.event`,
    )
    this.#insert = db.query('INSERT INTO alias_move VALUES (?, ?, ?, ?)')
    this.#upsertHead = db.query('INSERT OR REPLACE INTO alias_head VALUES (?, ?, ?, ?, ?)')
    this.#insertPending = db.query('INSERT OR IGNORE INTO alias_pending VALUES (?, ?, ?, ?, ?)')
    this.#deletePending = db.query(
      'DELETE FROM alias_pending WHERE remote = ? AND artifact = ? AND alias = ? AND event = ?',
    )
    this.#dropPending = db.query(
      'DELETE FROM alias_pending WHERE artifact = ? AND alias = ? AND event = ?',
    )
    this.#copyPending = db.query(
      `INSERT OR IGNORE INTO alias_pending
       SELECT ?, artifact, alias, event, target FROM alias_pending WHERE remote = ${noRemote}`,
    )
  }

  /** Where the alias is; `to` is `null` after it was removed. */
  head(artifact: string, alias: string): AliasHead | undefined {
    return aliasHead(this.#head.get({ artifact, alias, ...this.#remote.parameter }))
  }

  /** Aliases that point at a version, by artifact and name. */
  list(artifact?: string): AliasRow[] {
    const rows =
      artifact === undefined
        ? this.#listAll.all(this.#remote.parameter)
        : this.#list.all({ artifact, ...this.#remote.parameter })
    return rows.map(({ artifact: of, alias, target }) => ({
      artifact: parseArtifactName(of),
      alias,
      to: digestOfBlob(target),
    }))
  }

  /** The aliases of many versions in one query; a version without one is not in the map. */
  ofVersions(versions: readonly Digest[]): Map<Digest, string[]> {
    const parameters = { versions: JSON.stringify(versions), ...this.#remote.parameter }
    const aliases = new Map<Digest, string[]>()
    for (const { alias, target } of this.#ofVersions.all(parameters)) {
      const version = digestOfBlob(target)
      const known = aliases.get(version)
      if (known === undefined) aliases.set(version, [alias])
      else known.push(alias)
    }
    return aliases
  }

  /** Every move that counted on the default remote, then the own ones not pushed; newest first. */
  history(artifact: string, alias: string): AliasChange[] {
    const changes: AliasChange[] = []
    let from: Digest | null = null
    for (const row of this.#history.iterate({ artifact, alias, ...this.#remote.parameter })) {
      const event = eventOfBody(row.body)
      if (event.type !== 'alias.move') continue
      const { id, at, by, to, reason = null } = event
      changes.push({ event: id, at, by, reason, from, to, pending: row.pending === 1 })
      from = to
    }
    return changes.reverse()
  }

  /**
   * What a new move must be `over` to win wherever this store has seen the alias: the newest own
   * move, and the head on every remote.
   */
  overForNewMove(artifact: string, alias: string): string[] {
    const own = this.#newestOwn(artifact, alias)
    const heads = this.#heads.all({ artifact, alias }).map(({ id }) => idOfBlob(id))
    return [...new Set([...(own === undefined ? [] : [own.id]), ...heads])]
  }

  /** The versions it is at, here or on any remote. */
  targetsAnywhere(artifact: string, alias: string): Digest[] {
    const own = this.#newestOwn(artifact, alias)?.to
    const heads = this.#heads.all({ artifact, alias }).map(({ target }) => target)
    const targets = [own ?? null, ...heads.map(digestOfBlobOrNull)]
    return [...new Set(targets.filter((target) => target !== null))]
  }

  /** The moves that the newest own move is `over`; none if there is no own one. */
  pendingOver(artifact: string, alias: string): readonly string[] {
    return this.#newestOwn(artifact, alias)?.over ?? []
  }

  /** Ids of the own moves that the default remote lacks, oldest first: what a reset gives up. */
  pendingMoves(artifact: string, alias: string): string[] {
    const rows = this.#pending.all({ artifact, alias, ...this.#remote.parameter })
    return rows.map(({ id }) => idOfBlob(id))
  }

  /** The move that won last on one remote. */
  headOn(remote: number, artifact: string, alias: string): AliasHead | undefined {
    return aliasHead(this.#headOn.get({ remote, artifact, alias }))
  }

  insert(key: number, artifact: number, move: AliasMove): void {
    this.#insert.run(key, artifact, move.alias, blobOf(move.to))
  }

  /** The move that the remote's alias is at now. */
  setHead(remote: number, key: number, artifact: number, move: AliasMove): void {
    this.#upsertHead.run(remote, artifact, move.alias, key, blobOf(move.to))
  }

  addPending(key: number, artifact: number, move: AliasMove, remotes: readonly number[]): void {
    for (const remote of remotes) {
      this.#insertPending.run(remote, artifact, move.alias, key, blobOf(move.to))
    }
  }

  deletePending(remote: number, key: number, artifact: number, move: AliasMove): void {
    this.#deletePending.run(remote, artifact, move.alias, key)
  }

  /** An own move that was given up. */
  dropPending(key: number, artifact: number, alias: string): void {
    this.#dropPending.run(artifact, alias, key)
  }

  /** A remote seen for the first time lacks every own move. */
  startPending(remote: number): void {
    this.#copyPending.run(remote)
  }

  #newestOwn(artifact: string, alias: string): AliasMove | undefined {
    const body = this.#newestPending.get({ artifact, alias })?.body
    const event = body === undefined ? undefined : eventOfBody(body)
    return event?.type === 'alias.move' ? event : undefined
  }
}

function blobOf(target: Digest | null): Buffer | null {
  return target === null ? null : digestBlob(target)
}

function aliasHead(row: HeadRow | undefined): AliasHead | undefined {
  return row && { event: idOfBlob(row.id), to: digestOfBlobOrNull(row.target) }
}
