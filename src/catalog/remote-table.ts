/** The `remote` and `remote_name` tables: repositories that were seen, how far, and where. */

import type { Digest } from '../core/digest.ts'
import type { LogHead } from '../core/log/entry.ts'
import { notFound } from '../errors.ts'
import { digestBlob, digestOfBlob, idBlob, idOfBlob } from './blobs.ts'
import type { Database } from './database.ts'

/** Stands for having no remote: to it, all that is own is unpushed. */
export const noRemote = 0

type HeadRow = {
  readonly key: number
  readonly repo_id: Buffer
  readonly format_hash: Buffer
  readonly head_seq: number
  readonly head_hash: Buffer
  readonly gc_generation: number
}

type NameRow = { readonly name: string; readonly url: string; readonly repo_id: Buffer }

/** A name under which a repository was last reached. */
export type NamedRemote = {
  readonly name: string
  readonly url: string
  readonly repoId: string
}

export class RemoteTable {
  readonly #selectByRepo
  readonly #keys
  readonly #insert
  readonly #setHead
  readonly #bumpGeneration
  readonly #upsertName
  readonly #selectName
  readonly #names

  constructor(db: Database) {
    this.#selectByRepo = db.query<HeadRow>('SELECT * FROM remote WHERE repo_id = ?')
    this.#keys = db.query<{ key: number }>('SELECT key FROM remote ORDER BY key')
    this.#insert = db.query(
      'INSERT INTO remote (repo_id, format_hash, head_seq, head_hash) VALUES (?, ?, 0, ?)',
    )
    this.#setHead = db.query('UPDATE remote SET head_seq = ?, head_hash = ? WHERE key = ?')
    this.#bumpGeneration = db.query(
      'UPDATE remote SET gc_generation = gc_generation + 1 WHERE key = ?',
    )
    this.#upsertName = db.query(
      `INSERT INTO remote_name (name, url, remote) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET url = excluded.url, remote = excluded.remote`,
    )
    const names = 'SELECT name, url, repo_id FROM remote_name JOIN remote ON remote.key = remote'
    this.#selectName = db.query<NameRow>(`${names} WHERE name = ?`)
    this.#names = db.query<NameRow>(`${names} ORDER BY name`)
  }

  /** How far the repository's log is known; `undefined` if it was never seen. */
  head(repoId: string): LogHead | undefined {
    const row = this.#selectByRepo.get(idBlob(repoId))
    return row && { repoId, seq: row.head_seq, hash: digestOfBlob(row.head_hash) }
  }

  /** Where the repository's log begins: before its first entry. */
  start(repoId: string): LogHead {
    const row = this.#selectByRepo.get(idBlob(repoId))
    if (row !== undefined) return { repoId, seq: 0, hash: digestOfBlob(row.format_hash) }
    throw notFound(`Repository ${repoId} was never seen here.`)
  }

  /** Grows with every sweep of the remote's gc. */
  gcGeneration(repoId: string): number {
    return this.#selectByRepo.get(idBlob(repoId))?.gc_generation ?? 0
  }

  /** Which repository was last seen under this name. */
  byName(name: string): NamedRemote | undefined {
    const row = this.#selectName.get(name)
    return row && namedRemote(row)
  }

  /** All names, sorted. */
  list(): NamedRemote[] {
    return this.#names.all().map(namedRemote)
  }

  /** The key of a repository in other tables. */
  keyOf(repoId: string): number | undefined {
    return this.#selectByRepo.get(idBlob(repoId))?.key
  }

  keys(): number[] {
    return this.#keys.all().map(({ key }) => key)
  }

  /** Takes note of a repository that was not seen before; answers its key. */
  insert(repoId: string, format: Digest): number {
    const hash = digestBlob(format)
    return this.#insert.insert(idBlob(repoId), hash, hash)
  }

  /** From now on the name stands for that repository. */
  setName(name: string, url: string, remote: number): void {
    this.#upsertName.run(name, url, remote)
  }

  setHead(key: number, seq: number, hash: Digest): void {
    this.#setHead.run(seq, digestBlob(hash), key)
  }

  bumpGcGeneration(key: number): void {
    this.#bumpGeneration.run(key)
  }
}

function namedRemote({ name, url, repo_id }: NameRow): NamedRemote {
  return { name, url, repoId: idOfBlob(repo_id) }
}
