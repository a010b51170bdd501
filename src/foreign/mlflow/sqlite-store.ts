/**
 * The sqlite file of an MLflow tracking store, of any version since the database had runs.
 *
 * It is opened for reading only. Tables and columns came with time, so rows are read as they are
 * and what is not there counts as nothing. MLflow writes NaN as 0 with a flag, and the infinities
 * as the largest doubles, because its other databases have none of them.
 */

import BetterSqlite3 from 'better-sqlite3'
import { dirname, join } from 'node:path'

import type { MetricPoint } from '../../core/runs/metric-points.ts'
import { invalidArgument, MlstoreError } from '../../errors.ts'
import type {
  ForeignExperiment,
  ForeignModel,
  ForeignModelName,
  ForeignRun,
  ForeignSeries,
  ForeignStore,
  Texts,
} from '../foreign-run.ts'
import {
  type DatasetInput,
  loggedModel,
  mlflowRun,
  modelNameTags,
  modelStatusName,
  registeredModel,
  removedStage,
  statusOf,
} from './mlflow-model.ts'
import type { PlaceRules } from './places.ts'

const batchPoints = 10_000

/** @param artifacts What the server of `mlflow-artifacts:` keeps its files in. */
export function openSqliteStore(path: string, artifacts?: string): ForeignStore {
  const db = openReadOnly(path)
  const tables = new Tables(db, path)
  if (tables.has('runs') && tables.has('experiments')) {
    return new SqliteStore(tables, { base: dirname(path), artifacts })
  }
  db.close()
  throw invalidArgument(
    `${path} is a database, but not that of an MLflow tracking store: it has no table of runs.`,
  )
}

function openReadOnly(path: string): BetterSqlite3.Database {
  try {
    return new BetterSqlite3(path, { readonly: true, fileMustExist: true })
  } catch (cause) {
    throw new MlstoreError('INVALID_ARGUMENT', `${path} cannot be opened as a database.`, { cause })
  }
}

type Row = Readonly<Record<string, unknown>>

/** Rows of tables that may not be there. */
class Tables {
  readonly #db: BetterSqlite3.Database
  readonly #path: string
  readonly #names: ReadonlySet<string>
  readonly #statements = new Map<string, BetterSqlite3.Statement<(string | number)[], Row>>()

  constructor(db: BetterSqlite3.Database, path: string) {
    this.#db = db
    this.#path = path
    const names = this.#guarded(() =>
      db.prepare<[], { name: string }>('SELECT name FROM sqlite_master').all(),
    )
    this.#names = new Set(names.map(({ name }) => name))
  }

  has(table: string): boolean {
    return this.#names.has(table)
  }

  /** `SELECT * FROM table rest`; nothing if there is no such table. */
  all(table: string, rest = '', ...values: (string | number)[]): Row[] {
    if (!this.has(table)) return []
    return this.#guarded(() => this.#statement(`SELECT * FROM ${table} ${rest}`).all(...values))
  }

  /** The same, row by row. */
  *each(table: string, rest: string, ...values: (string | number)[]): Generator<Row> {
    const statement = this.#statement(`SELECT * FROM ${table} ${rest}`)
    yield* this.#guarded(() => statement.iterate(...values))
  }

  /** A key and a value of each row, as text. */
  texts(table: string, rest: string, ...values: (string | number)[]): Map<string, string> {
    return textsOf(this.all(table, rest, ...values))
  }

  /** The points of a run: key, value, whether it is NaN, time, step. */
  points(run: string): IterableIterator<unknown[]> {
    const sql = `SELECT key, value, is_nan, timestamp, step FROM metrics
      WHERE run_uuid = ? ORDER BY key, rowid`
    return this.#guarded(() => this.#db.prepare<[string], unknown[]>(sql).raw().iterate(run))
  }

  close(): void {
    this.#db.close()
  }

  #statement(sql: string): BetterSqlite3.Statement<(string | number)[], Row> {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const made = this.#db.prepare<(string | number)[], Row>(sql)
    this.#statements.set(sql, made)
    return made
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : ''
      const message = `${this.#path} cannot be read as a tracking store of MLflow: ${why}`
      throw new MlstoreError('INVALID_ARGUMENT', message, { cause })
    }
  }
}

class SqliteStore implements ForeignStore {
  readonly problems: string[] = []
  readonly #tables: Tables
  readonly #rules: PlaceRules

  constructor(tables: Tables, rules: PlaceRules) {
    this.#tables = tables
    this.#rules = rules
  }

  *experiments(): Iterable<ForeignExperiment> {
    for (const row of this.#tables.all('experiments', 'ORDER BY experiment_id')) {
      const id = text(row, 'experiment_id') ?? ''
      yield {
        id,
        name: fullName(row),
        tags: this.#tables.texts('experiment_tags', 'WHERE experiment_id = ?', id),
        isRemoved: text(row, 'lifecycle_stage') === 'deleted',
      }
    }
  }

  *runs(): Iterable<ForeignRun> {
    for (const row of this.#tables.each('runs', 'ORDER BY start_time, run_uuid')) {
      yield this.#run(row)
    }
  }

  *models(): Iterable<ForeignModel> {
    const logged = new Map<string, ForeignModel>()
    for (const row of this.#tables.all('logged_models', 'ORDER BY creation_timestamp_ms')) {
      const model = this.#loggedModel(row)
      logged.set(model.id, model)
      if (text(row, 'lifecycle_stage') !== 'deleted') yield model
    }
    for (const row of this.#tables.all('model_versions', 'ORDER BY name, version')) {
      if (text(row, 'current_stage') !== removedStage) yield this.#registered(row, logged)
    }
  }

  *modelNames(): Iterable<ForeignModelName> {
    for (const row of this.#tables.all('registered_models', 'ORDER BY name')) {
      const name = fullName(row)
      const isIts = (other: Row): boolean => fullName(other) === name
      const simple = text(row, 'name') ?? ''
      const tags = this.#tables.all('registered_model_tags', 'WHERE name = ?', simple)
      const aliases = this.#tables
        .all('registered_model_aliases', 'WHERE name = ?', simple)
        .filter(isIts)
        .map((alias) => [text(alias, 'alias') ?? '', number(alias, 'version') ?? 0] as const)
      yield {
        name,
        tags: modelNameTags(textsOf(tags.filter(isIts)), text(row, 'description')),
        aliases: new Map(aliases),
      }
    }
  }

  [Symbol.dispose](): void {
    this.#tables.close()
  }

  #run(row: Row): ForeignRun {
    const id = text(row, 'run_uuid') ?? ''
    const experiment = text(row, 'experiment_id') ?? ''
    const { base } = this.#rules
    return mlflowRun(
      {
        id,
        experiment,
        name: text(row, 'name'),
        status: statusOf(text(row, 'status')),
        startTime: number(row, 'start_time'),
        endTime: number(row, 'end_time'),
        user: text(row, 'user_id'),
        isRemoved: text(row, 'lifecycle_stage') === 'deleted',
        place: text(row, 'artifact_uri'),
        params: this.#tables.texts('params', 'WHERE run_uuid = ?', id),
        tags: this.#tables.texts('tags', 'WHERE run_uuid = ?', id),
        datasets: this.#datasets(id),
        modelInputs: this.#modelInputs(id),
        beside: ['mlruns', 'mlartifacts'].map((folder) =>
          join(base, folder, experiment, id, 'artifacts'),
        ),
        series: () => this.#series(id),
      },
      this.#rules,
    )
  }

  *#series(run: string): Generator<ForeignSeries> {
    let key = ''
    let points: MetricPoint[] = []
    for (const [itsKey, value, isNan, time, step] of this.#tables.points(run)) {
      const point = pointOf({ value, isNan, time, step })
      if (typeof itsKey !== 'string' || point === undefined) {
        this.problems.push(`run ${run}: a point of ${String(itsKey)} has no usable step or time`)
        continue
      }
      if (points.length > 0 && (itsKey !== key || points.length >= batchPoints)) {
        yield { key, points }
        points = []
      }
      key = itsKey
      points.push(point)
    }
    if (points.length > 0) yield { key, points }
  }

  #datasets(run: string): DatasetInput[] {
    const inputs = this.#tables.all(
      'inputs',
      `WHERE destination_id = ? AND source_type = 'DATASET'`,
      run,
    )
    return inputs.flatMap((input) => {
      const [row] = this.#tables.all(
        'datasets',
        'WHERE dataset_uuid = ?',
        text(input, 'source_id') ?? '',
      )
      if (row === undefined) return []
      const tagged = 'WHERE input_uuid = ?'
      const tags = this.#tables.all('input_tags', tagged, text(input, 'input_uuid') ?? '')
      return {
        name: text(row, 'name'),
        digest: text(row, 'digest'),
        sourceType: text(row, 'dataset_source_type'),
        source: text(row, 'dataset_source'),
        schema: text(row, 'dataset_schema'),
        profile: text(row, 'dataset_profile'),
        tags: Object.fromEntries(
          tags.map((tag) => [text(tag, 'name') ?? '', text(tag, 'value') ?? '']),
        ),
      }
    })
  }

  #modelInputs(run: string): string[] {
    const where = `WHERE source_id = ? AND source_type = 'RUN_INPUT'`
    return this.#tables
      .all('inputs', where, run)
      .flatMap((input) => text(input, 'destination_id') ?? [])
  }

  #loggedModel(row: Row): ForeignModel {
    const id = text(row, 'model_id') ?? ''
    const { base } = this.#rules
    const experiment = text(row, 'experiment_id') ?? ''
    const params = this.#tables.all('logged_model_params', 'WHERE model_id = ?', id)
    const tags = this.#tables.all('logged_model_tags', 'WHERE model_id = ?', id)
    const where = 'WHERE model_id = ? ORDER BY metric_step, metric_timestamp_ms'
    const metrics = this.#tables.all('logged_model_metrics', where, id)
    return loggedModel(
      {
        id,
        name: text(row, 'name') ?? id,
        createdAt: number(row, 'creation_timestamp_ms') ?? 0,
        run: text(row, 'source_run_id'),
        place: text(row, 'artifact_location') ?? '',
        beside: ['mlruns', 'mlartifacts'].map((folder) =>
          join(base, folder, experiment, 'models', id, 'artifacts'),
        ),
        type: text(row, 'model_type'),
        status: modelStatusName(text(row, 'status')),
        params: textsOf(params, 'param_key', 'param_value'),
        tags: textsOf(tags, 'tag_key', 'tag_value'),
        metrics: new Map(
          metrics.map((metric) => [
            text(metric, 'metric_name') ?? '',
            number(metric, 'metric_value') ?? Number.NaN,
          ]),
        ),
      },
      this.#rules,
    )
  }

  #registered(row: Row, logged: ReadonlyMap<string, ForeignModel>): ForeignModel {
    const simple = text(row, 'name') ?? ''
    const version = number(row, 'version') ?? 0
    const source = text(row, 'source') ?? ''
    const tags = this.#tables
      .all('model_version_tags', 'WHERE name = ? AND version = ?', simple, version)
      .filter((tag) => fullName(tag) === fullName(row))
    return registeredModel(
      {
        name: fullName(row),
        number: version,
        createdAt: number(row, 'creation_time') ?? 0,
        description: text(row, 'description'),
        user: text(row, 'user_id'),
        stage: text(row, 'current_stage'),
        source,
        storage: text(row, 'storage_location'),
        run: text(row, 'run_id'),
        runLink: text(row, 'run_link'),
        status: text(row, 'status'),
        tags: textsOf(tags),
        logged: logged.get(/^models:\/(m-[^/]+)$/.exec(source)?.[1] ?? ''),
        runFolder: (run) => {
          const [found] = this.#tables.all('runs', 'WHERE run_uuid = ?', run)
          return found && this.#run(found)
        },
      },
      this.#rules,
    )
  }
}

/** What a point says; `undefined` if its step or time is no whole number that a double holds. */
function pointOf(row: {
  readonly value: unknown
  readonly isNan: unknown
  readonly time: unknown
  readonly step: unknown
}): MetricPoint | undefined {
  const { value, isNan, time, step } = row
  if (typeof step !== 'number' || typeof time !== 'number') return undefined
  if (!Number.isSafeInteger(step) || !Number.isSafeInteger(time)) return undefined
  if (isNan === 1 || typeof value !== 'number') return { value: Number.NaN, step, time }
  if (Math.abs(value) !== Number.MAX_VALUE) return { value, step, time }
  return { value: value * 2, step, time }
}

/** Workspaces, which MLflow 3 has, are apart from each other; most stores have one. */
function fullName(row: Row): string {
  const name = text(row, 'name') ?? ''
  const workspace = text(row, 'workspace') ?? 'default'
  return workspace === 'default' ? name : `${workspace}/${name}`
}

function textsOf(rows: readonly Row[], key = 'key', value = 'value'): Map<string, string> {
  const pairs = rows.map((row) => [text(row, key) ?? '', text(row, value) ?? ''] as const)
  return new Map<string, string>(pairs) satisfies Texts
}

/** `undefined` for NULL, blobs, and a column that this version of MLflow does not have. */
function text(row: Row, column: string): string | undefined {
  const value = row[column]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

function number(row: Row, column: string): number | undefined {
  const value = row[column]
  return typeof value === 'number' ? value : undefined
}
