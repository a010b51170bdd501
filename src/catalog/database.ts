/**
 * The one door to better-sqlite3: opening, statements, transactions, and its errors as ours.
 *
 * A statement is prepared when it is first used: a command that asks one question should not pay
 * for the hundred others.
 */

import BetterSqlite3 from 'better-sqlite3'

import { translateSqliteError } from './sqlite-error.ts'

/** What can be bound to a statement. A Uint8Array is a BLOB. */
export type SqlValue = null | number | bigint | string | Uint8Array

/** Positional parameters are values; named ones stand in an object. */
export type SqlParameter = SqlValue | Readonly<Record<string, SqlValue>>

type Statement<Row> = BetterSqlite3.Statement<SqlParameter[], Row>

export type DatabaseOptions = {
  /** Names the database in messages. */
  readonly path: string
  /** How long a statement waits for another process, in milliseconds. */
  readonly busyTimeoutMs: number
}

/** One connection. */
export class Database {
  readonly path: string
  readonly #sqlite: BetterSqlite3.Database

  /** @param source A path, or the bytes of a database, which is then opened in memory. */
  constructor(source: string | Buffer, options: DatabaseOptions) {
    this.path = options.path
    this.#sqlite = this.#translated(
      () => new BetterSqlite3(source, { timeout: options.busyTimeoutMs }),
    )
  }

  /**
   * A statement, prepared on first use.
   *
   * `Row` is what the SQL text promises: tables are STRICT, so the declared types hold.
   */
  query<Row = never>(sql: string): Query<Row> {
    return new Query<Row>(this.path, () => this.#sqlite.prepare<SqlParameter[], Row>(sql))
  }

  /** Runs statements that take no values and give no rows. */
  exec(sql: string): void {
    this.#translated(() => this.#sqlite.exec(sql))
  }

  /** Sets or asks a pragma; answers its first value. */
  pragma(text: string): unknown {
    return this.#translated(() => this.#sqlite.pragma(text, { simple: true }))
  }

  /**
   * Runs `work` in a write transaction that is committed if it returns and undone if it throws.
   *
   * Inside another one it is part of that. `work` must not await.
   *
   * @throws {MlstoreError} `STORE_LOCKED` if another process writes for longer than the time-out.
   */
  transaction<Result>(work: () => Result): Result {
    if (this.#sqlite.inTransaction) return work()
    return this.#translated(() => this.#sqlite.transaction(work).immediate())
  }

  /** Idempotent. */
  close(): void {
    this.#translated(() => this.#sqlite.close())
  }

  #translated<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw translateSqliteError(error, this.path)
    }
  }
}

/** One SQL statement. */
export class Query<Row> {
  readonly #path: string
  readonly #prepare: () => Statement<Row>
  #prepared: Statement<Row> | undefined

  constructor(path: string, prepare: () => Statement<Row>) {
    this.#path = path
    this.#prepare = prepare
  }

  /** The first row. */
  get(...values: SqlParameter[]): Row | undefined {
    try {
      return this.#statement().get(...values)
    } catch (error) {
      throw translateSqliteError(error, this.#path)
    }
  }

  all(...values: SqlParameter[]): Row[] {
    try {
      return this.#statement().all(...values)
    } catch (error) {
      throw translateSqliteError(error, this.#path)
    }
  }

  /** The rows one at a time; until the last one, the connection can only read. */
  *iterate(...values: SqlParameter[]): Generator<Row, void> {
    try {
      yield* this.#statement().iterate(...values)
    } catch (error) {
      throw translateSqliteError(error, this.#path)
    }
  }

  /** Runs a statement that changes something; answers how many rows it changed. */
  run(...values: SqlParameter[]): number {
    return this.#change(values).changes
  }

  /** Inserts one row into a table with an integer key, and answers its key. */
  insert(...values: SqlParameter[]): number {
    return Number(this.#change(values).lastInsertRowid)
  }

  #change(values: SqlParameter[]): BetterSqlite3.RunResult {
    try {
      return this.#statement().run(...values)
    } catch (error) {
      throw translateSqliteError(error, this.#path)
    }
  }

  #statement(): Statement<Row> {
    this.#prepared ??= this.#prepare()
    return this.#prepared
  }
}
