/**
 * StatCache over the `stat` table.
 *
 * A folder may have a hundred thousand rows below it. Bringing each across from SQLite would take
 * longer than reading them, so they come in blocks: the paths of a block as one text, the fields
 * as one string of hex digits, and the fields of a row are only decoded when it is looked at.
 */

import { type Digest, parseDigest } from '../core/digest.ts'
import type { StatCache, StatRow } from '../ports/stat-cache.ts'
import { digestBlob } from './blobs.ts'
import type { Database } from './database.ts'

/** Size, mtime, ctime and inode as 8 bytes each, then the digest. */
const fieldBytes = 64

const rowsPerBlock = 8192

type BlockRow = { readonly paths: string | null; readonly fields: string; readonly last: string }

export class SqliteStatCache implements StatCache {
  readonly #db: Database
  readonly #block
  readonly #select
  readonly #upsert
  readonly #delete

  constructor(db: Database) {
    this.#db = db
    this.#block = db.query<BlockRow>(
      `SELECT group_concat(path, char(0)) AS paths, group_concat(hex(fields), '') AS fields,
         max(path) AS last
       FROM (SELECT path, fields FROM stat WHERE path > ? AND path < ? ORDER BY path
             LIMIT ${rowsPerBlock})`,
    )
    this.#select = db.query<{ fields: Buffer }>('SELECT fields FROM stat WHERE path = ?')
    this.#upsert = db.query('INSERT OR REPLACE INTO stat (path, fields) VALUES (?, ?)')
    this.#delete = db.query('DELETE FROM stat WHERE path = ?')
  }

  below(folder: string): Map<string, StatRow> {
    const rows = new Map<string, StatRow>()
    const own = this.get(folder)
    if (own !== undefined) rows.set('', own)
    const prefix = folder.endsWith('/') ? folder : `${folder}/`
    const end = `${prefix.slice(0, -1)}0` // the character after the slash
    for (let after = prefix; ;) {
      const block = this.#block.get(after, end)
      if (block === undefined || block.paths === null) return rows
      addBlock(rows, block.paths.split('\0'), block.fields, prefix.length)
      after = block.last
    }
  }

  get(path: string): StatRow | undefined {
    const row = this.#select.get(path)
    if (row === undefined) return undefined
    const { sizeBytes, mtimeNs, ctimeNs, inode, digest } = new PackedStatRow(row.fields, 0)
    return { sizeBytes, mtimeNs, ctimeNs, inode, digest }
  }

  put(rows: Iterable<readonly [path: string, row: StatRow]>): void {
    this.#db.transaction(() => {
      for (const [path, row] of rows) this.#upsert.run(path, packStatRow(row))
    })
  }

  forget(paths: Iterable<string>): void {
    this.#db.transaction(() => {
      for (const path of paths) this.#delete.run(path)
    })
  }
}

function addBlock(
  rows: Map<string, StatRow>,
  paths: readonly string[],
  fields: string,
  prefixLength: number,
): void {
  const bytes = Buffer.from(fields, 'hex')
  for (const [index, path] of paths.entries()) {
    rows.set(path.slice(prefixLength), new PackedStatRow(bytes, index * fieldBytes))
  }
}

function packStatRow(row: StatRow): Buffer {
  const bytes = Buffer.allocUnsafe(fieldBytes)
  bytes.writeBigUInt64LE(BigInt(row.sizeBytes), 0)
  bytes.writeBigInt64LE(row.mtimeNs, 8)
  bytes.writeBigInt64LE(row.ctimeNs, 16)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, row.inode), 24)
  digestBlob(row.digest).copy(bytes, 32)
  return bytes
}

/** A row whose fields are read where they lie. */
class PackedStatRow implements StatRow {
  readonly #bytes: Buffer
  readonly #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get sizeBytes(): number {
    return Number(this.#bytes.readBigUInt64LE(this.#at))
  }

  get mtimeNs(): bigint {
    return this.#bytes.readBigInt64LE(this.#at + 8)
  }

  get ctimeNs(): bigint {
    return this.#bytes.readBigInt64LE(this.#at + 16)
  }

  get inode(): bigint {
    return this.#bytes.readBigUInt64LE(this.#at + 24)
  }

  get digest(): Digest {
    return parseDigest(this.#bytes.toString('hex', this.#at + 32, this.#at + fieldBytes))
  }
}
