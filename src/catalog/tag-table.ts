/** The `tag` and `tag_set` tables: what hangs on artifacts, versions and runs, and since when. */

import type { Digest } from '../core/digest.ts'
import type { TagSet } from '../core/events/event.ts'
import { parseTagTarget, type TagTarget } from '../core/events/tag-target.ts'
import { type ArtifactName, parseArtifactName } from '../core/names.ts'
import { digestBlob, digestOfBlob, idBlob, idOfBlob } from './blobs.ts'
import type { Database } from './database.ts'
import { eventOfBody } from './event-table.ts'

export type Tags = ReadonlyMap<string, string>

/** One setting of a tag. */
export type TagChange = {
  readonly event: string
  readonly at: string
  readonly by: string
  /** `null`: removed. */
  readonly value: string | null
}

export type VersionTagChange = TagChange & { readonly version: Digest }

type TagRow = { readonly name: string; readonly value: string }
type TargetRow = TagRow & { readonly target: Buffer }

/** `tag.kind`, and the bytes of `tag.target`. */
export type TagKey = { readonly kind: number; readonly target: Buffer }

export const tagKind = { artifact: 1, version: 2, run: 3, experiment: 4 } as const

export class TagTable {
  readonly #of
  readonly #ofMany
  readonly #history
  readonly #historyOfVersions
  readonly #targetsWith
  readonly #insertSet
  readonly #upsert

  constructor(db: Database) {
    this.#of = db.query<TagRow>(
      `SELECT name, value FROM tag WHERE kind = ? AND target = ? AND value IS NOT NULL
       ORDER BY name`,
    )
    this.#ofMany = db.query<TargetRow>(
      `SELECT target, name, tag.value FROM json_each(@targets) AS wanted
       CROSS JOIN tag ON tag.kind = @kind AND tag.target = unhex(wanted.value)
       WHERE tag.value IS NOT NULL ORDER BY name`,
    )
    this.#history = db.query<{ body: string }>(
      `SELECT body FROM tag_set JOIN event ON event.key = tag_set.event
       WHERE kind = ? AND target = ? AND name = ? ORDER BY lamport DESC, id DESC`,
    )
    this.#historyOfVersions = db.query<{ target: Buffer; body: string }>(
      `SELECT target, body FROM artifact
       CROSS JOIN version ON version.artifact = artifact.key
       CROSS JOIN tag_set ON tag_set.kind = ${tagKind.version} AND tag_set.target = version.digest
         AND tag_set.name = @name
       CROSS JOIN event ON event.key = tag_set.event
       WHERE artifact.name = @artifact ORDER BY event.lamport, event.id`,
    )
    this.#targetsWith = db.query<{ target: Buffer }>(
      'SELECT target FROM tag WHERE kind = ? AND name = ? AND value IS NOT NULL ORDER BY target',
    )
    this.#insertSet = db.query(
      'INSERT INTO tag_set (kind, target, name, event) VALUES (?, ?, ?, ?)',
    )
    this.#upsert = db.query(
      `INSERT INTO tag (kind, target, name, value, lamport, event_id) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (kind, target, name) DO UPDATE
       SET value = excluded.value, lamport = excluded.lamport, event_id = excluded.event_id
       WHERE (excluded.lamport, excluded.event_id) > (lamport, event_id)`,
    )
  }

  /** The tags of one thing, by name. */
  of(target: TagTarget): Tags {
    const { kind, target: bytes } = tagKeyOf(target)
    return tagsOf(this.#of.all(kind, bytes))
  }

  /** The tags of many versions in one query; a version without tags is not in the map. */
  ofVersions(versions: readonly Digest[]): Map<Digest, Tags> {
    return byTarget(this.#many(tagKind.version, versions), digestOfBlob)
  }

  /** The same for runs. */
  ofRuns(runs: readonly string[]): Map<string, Tags> {
    return byTarget(this.#many(tagKind.run, runs), idOfBlob)
  }

  /** The same for artifacts. */
  ofArtifacts(artifacts: readonly ArtifactName[]): Map<string, Tags> {
    const targets = artifacts.map((artifact) => Buffer.from(artifact).toString('hex'))
    return byTarget(this.#many(tagKind.artifact, targets), (blob) => blob.toString())
  }

  /** Artifacts that have the tag, by name; they may have no versions. */
  artifactsWith(name: string): ArtifactName[] {
    const rows = this.#targetsWith.all(tagKind.artifact, name)
    return rows.map(({ target }) => parseArtifactName(target.toString()))
  }

  /** Ids of runs that have the tag, whether they are known to have started or not. */
  runsWith(name: string): string[] {
    return this.#targetsWith.all(tagKind.run, name).map(({ target }) => idOfBlob(target))
  }

  #many(kind: number, targets: readonly string[]): TargetRow[] {
    return this.#ofMany.all({ kind, targets: JSON.stringify(targets) })
  }

  /** Every setting of a tag, the one that counts first. */
  history(target: TagTarget, name: string): TagChange[] {
    const { kind, target: bytes } = tagKeyOf(target)
    return this.#history.all(kind, bytes, name).flatMap(({ body }) => {
      const event = eventOfBody(body)
      if (event.type !== 'tag.set') return []
      const { id, at, by, value } = event
      return { event: id, at, by, value }
    })
  }

  /** Every setting of a tag on any version of an artifact, in the order of events. */
  historyOfVersions(artifact: string, name: string): VersionTagChange[] {
    return this.#historyOfVersions.all({ artifact, name }).flatMap(({ target, body }) => {
      const event = eventOfBody(body)
      if (event.type !== 'tag.set') return []
      const { id, at, by, value } = event
      return { version: digestOfBlob(target), event: id, at, by, value }
    })
  }

  insert(key: number, event: TagSet): void {
    const { kind, target } = tagKeyOf(parseTagTarget(event.target))
    this.#insertSet.run(kind, target, event.key, key)
    this.#upsert.run(kind, target, event.key, event.value, event.lamport, idBlob(event.id))
  }
}

/** How the tables name a target. */
export function tagKeyOf(target: TagTarget): TagKey {
  switch (target.kind) {
    case 'artifact':
      return { kind: tagKind.artifact, target: Buffer.from(target.artifact) }
    case 'version':
      return { kind: tagKind.version, target: digestBlob(target.version) }
    case 'run':
      return { kind: tagKind.run, target: idBlob(target.run) }
    default:
      return { kind: tagKind.experiment, target: idBlob(target.experiment) }
  }
}

function byTarget<Target>(
  rows: readonly TargetRow[],
  targetOf: (blob: Buffer) => Target,
): Map<Target, Tags> {
  const tags = new Map<Target, Map<string, string>>()
  for (const { target: blob, name, value } of rows) {
    const target = targetOf(blob)
    const known = tags.get(target) ?? new Map<string, string>()
    tags.set(target, known.set(name, value))
  }
  return tags
}

function tagsOf(rows: readonly TagRow[]): Tags {
  return new Map(rows.map(({ name, value }) => [name, value]))
}
