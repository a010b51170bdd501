/**
 * Opening the catalog: wherever it can be written in place, elsewhere in memory.
 *
 * On a read-only mount or in someone else's folder the file is read into memory, where it can
 * still catch up with the journal. What is in memory may lack what a crashed writer left in the
 * write-ahead log; then nothing is taken over and the journal is applied from its start.
 */

import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import { isMlstoreError, notFound } from '../errors.ts'
import { Catalog } from './catalog.ts'
import { Database } from './database.ts'
import { isOnNetwork } from './network-file-system.ts'
import { migrate } from './schema.ts'

export type OpenCatalogOptions = {
  /** Repository id of the remote whose state counts; none: only what is own counts. */
  readonly defaultRemote?: string | undefined
  /** Does not write to the folder. Default: only where that is not possible. */
  readonly inMemory?: boolean
  /** How long a write waits for another process, in milliseconds. Default: 10 s. */
  readonly busyTimeoutMs?: number
}

const busyTimeoutMsDefault = 10_000
/** A page cache of at most 64 MiB; negative numbers are KiB. */
const cacheSize = -64 * 1024

/**
 * Opens the catalog, making or migrating it as needed.
 *
 * @param path Of `index.sqlite`; its folder exists.
 * @throws {MlstoreError} `CORRUPT` if the file is damaged: delete it, or let `mlstore reindex` do
 * so; `FORMAT_UNSUPPORTED` if a newer mlstore wrote it; `STORE_LOCKED` if it stays busy.
 */
export function openCatalog(path: string, options: OpenCatalogOptions = {}): Catalog {
  const { defaultRemote, busyTimeoutMs = busyTimeoutMsDefault } = options
  const inMemory = { defaultRemote, isInMemory: true }
  if (options.inMemory === true) return new Catalog(openInMemory(path), inMemory)
  if (statOf(dirname(path)) === undefined) throw notFound(`There is no folder ${dirname(path)}.`)
  if (isWritable(path)) {
    try {
      return new Catalog(openOnDisk(path, busyTimeoutMs), { defaultRemote })
    } catch (error) {
      // The permissions promised more than the file system keeps.
      if (!isMlstoreError(error, 'REFUSED')) throw error
    }
  }
  return new Catalog(openInMemory(path), inMemory)
}

function openOnDisk(path: string, busyTimeoutMs: number): Database {
  const db = new Database(path, { path, busyTimeoutMs })
  try {
    useJournalMode(db)
    return prepare(db)
  } catch (error) {
    db.close()
    throw error
  }
}

/** WAL where it works: readers and the writer do not wait for each other. */
function useJournalMode(db: Database): void {
  if (!isOnNetwork(dirname(db.path))) {
    try {
      if (db.pragma('journal_mode = WAL') === 'wal') return
    } catch (error) {
      // File systems without shared memory say so in several ways; damage is not one of them.
      if (!isMlstoreError(error, 'IO_ERROR') && !isMlstoreError(error, 'REFUSED')) throw error
    }
  }
  db.pragma('journal_mode = DELETE')
}

function openInMemory(path: string): Database {
  const bytes = readWhole(path)
  const options = { path, busyTimeoutMs: 0 }
  const db = new Database(bytes ?? ':memory:', options)
  return prepare(db)
}

function prepare(db: Database): Database {
  // The catalog can be rebuilt, so the last transactions before a power loss may go.
  db.pragma('synchronous = NORMAL')
  db.pragma('foreign_keys = ON')
  db.pragma(`cache_size = ${cacheSize}`)
  migrate(db)
  return db
}

function isWritable(path: string): boolean {
  return isAccessible(dirname(path)) && (statOf(path) === undefined || isAccessible(path))
}

function isAccessible(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** The bytes of a database that is whole in its one file; `undefined` if there is none. */
function readWhole(path: string): Buffer | undefined {
  const before = statOf(path)
  if (before === undefined || before.size === 0n || isInUse(path)) return undefined
  const bytes = readFileSync(path)
  const after = statOf(path)
  if (isInUse(path) || after?.mtimeNs !== before.mtimeNs) return undefined
  return asRollbackJournaled(bytes)
}

/** A log beside the database holds what is not, or only in part, in its file. */
function isInUse(path: string): boolean {
  return ['-wal', '-journal'].some((suffix) => (statOf(`${path}${suffix}`)?.size ?? 0n) > 0)
}

function statOf(path: string): { readonly size: bigint; readonly mtimeNs: bigint } | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })
}

/** SQLite opens no database in memory whose header asks for a write-ahead log. */
function asRollbackJournaled(bytes: Buffer): Buffer {
  const [writeVersion, readVersion] = [18, 19]
  bytes[writeVersion] = 1
  bytes[readVersion] = 1
  return bytes
}
