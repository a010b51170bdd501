/** MLflow stores in both layouts, written from one description, as MLflow 2 and 3 write them. */

import BetterSqlite3 from 'better-sqlite3'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type RunSpec = {
  readonly id: string
  readonly experiment?: string
  readonly name?: string
  /** Default: FINISHED. */
  readonly status?: 'RUNNING' | 'FINISHED' | 'FAILED'
  readonly removed?: boolean
  readonly params?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
  readonly metrics?: Readonly<Record<string, readonly PointSpec[]>>
  readonly files?: Readonly<Record<string, string>>
  /** Where the store says they are; default: where they are. */
  readonly place?: string
}

export type PointSpec = readonly [value: number, step: number, time: number]

export type ModelSpec = {
  readonly name: string
  readonly tags?: Readonly<Record<string, string>>
  readonly aliases?: Readonly<Record<string, number>>
  readonly versions: readonly {
    readonly run: string
    /** Below the run's artifacts. */
    readonly path: string
    readonly stage?: string
    readonly tags?: Readonly<Record<string, string>>
    readonly place?: string
  }[]
}

export type StoreSpec = {
  readonly experiments: Readonly<
    Record<string, { readonly name: string; readonly removed?: boolean }>
  >
  readonly runs: readonly RunSpec[]
  readonly models?: readonly ModelSpec[]
}

export const startTime = 1_700_000_000_000
const endTime = startTime + 60_000
const statusNumbers = { RUNNING: 1, FINISHED: 3, FAILED: 4 }

/** Writes the store and answers the path to import. */
export type WriteStore = (folder: string, spec: StoreSpec) => string

export const writeFileStore: WriteStore = (folder, spec) => {
  const root = join(folder, 'mlruns')
  for (const [id, { name, removed = false }] of Object.entries(spec.experiments)) {
    const meta = { experiment_id: id, name, lifecycle_stage: removed ? 'deleted' : 'active' }
    write(join(root, removed ? '.trash' : '', id, 'meta.yaml'), yaml(meta))
  }
  for (const run of spec.runs) writeRunFolder(root, run)
  for (const model of spec.models ?? []) writeModelFolder(root, model)
  return root
}

/** The same with nothing left open. */
function complete(run: RunSpec): Required<Omit<RunSpec, 'place'>> {
  const empty = { params: {}, tags: {}, metrics: {}, files: {} }
  const plain = { experiment: '0', name: 'a run', status: 'FINISHED', removed: false } as const
  return { ...empty, ...plain, ...run }
}

function writeRunFolder(root: string, run: RunSpec): void {
  const { experiment, name, status, removed, params, tags, metrics, files } = complete(run)
  const folder = join(root, experiment, run.id)
  const meta = {
    run_id: run.id,
    run_uuid: run.id,
    run_name: name,
    experiment_id: experiment,
    status: statusNumbers[status],
    start_time: startTime,
    end_time: status === 'RUNNING' ? null : endTime,
    user_id: 'mia',
    lifecycle_stage: removed ? 'deleted' : 'active',
    artifact_uri: run.place ?? `file://${encodeURI(folder)}/artifacts`,
  }
  write(join(folder, 'meta.yaml'), yaml(meta))
  for (const [key, value] of Object.entries(params)) write(join(folder, 'params', key), value)
  for (const [key, value] of Object.entries(tags)) write(join(folder, 'tags', key), value)
  for (const [key, points] of Object.entries(metrics)) {
    const lines = points.map(([value, step, time]) => `${time} ${python(value)} ${step}\n`)
    write(join(folder, 'metrics', key), lines.join(''))
  }
  writeFiles(join(folder, 'artifacts'), files)
}

function writeModelFolder(root: string, model: ModelSpec): void {
  const folder = join(root, 'models', model.name)
  write(join(folder, 'meta.yaml'), yaml({ name: model.name, description: 'of tests' }))
  for (const [key, value] of Object.entries(model.tags ?? {}))
    write(join(folder, 'tags', key), value)
  for (const [alias, number] of Object.entries(model.aliases ?? {})) {
    write(join(folder, 'aliases', alias), String(number))
  }
  for (const [i, version] of model.versions.entries()) {
    const meta = {
      name: model.name,
      version: i + 1,
      run_id: version.run,
      creation_timestamp: startTime + i,
      current_stage: version.stage ?? 'None',
      source: version.place ?? `runs:/${version.run}/${version.path}`,
    }
    write(join(folder, `version-${i + 1}`, 'meta.yaml'), yaml(meta))
    for (const [key, value] of Object.entries(version.tags ?? {})) {
      write(join(folder, `version-${i + 1}`, 'tags', key), value)
    }
  }
}

/** Columns as MLflow 3 has them, as far as anybody reads them. */
const tables = `
CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name VARCHAR(256) NOT NULL,
  artifact_location VARCHAR(256), lifecycle_stage VARCHAR(32));
CREATE TABLE experiment_tags (key VARCHAR(250), value TEXT, experiment_id INTEGER);
CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY, name VARCHAR(250), user_id VARCHAR(256),
  status VARCHAR(9), start_time BIGINT, end_time BIGINT, lifecycle_stage VARCHAR(20),
  artifact_uri VARCHAR(200), experiment_id INTEGER);
CREATE TABLE params (key VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32));
CREATE TABLE tags (key VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32));
CREATE TABLE metrics (key VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL,
  run_uuid VARCHAR(32) NOT NULL, step BIGINT NOT NULL, is_nan BOOLEAN NOT NULL);
CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid);
CREATE TABLE registered_models (name VARCHAR(256), description VARCHAR(5000));
CREATE TABLE registered_model_tags (key VARCHAR(250), value VARCHAR(5000), name VARCHAR(256));
CREATE TABLE registered_model_aliases (alias VARCHAR(256), version INTEGER, name VARCHAR(256));
CREATE TABLE model_versions (name VARCHAR(256), version INTEGER, creation_time BIGINT,
  current_stage VARCHAR(20), source VARCHAR(500), run_id VARCHAR(32));
CREATE TABLE model_version_tags (key VARCHAR(250), value TEXT, name VARCHAR(256), version INTEGER);`

export const writeSqliteStore: WriteStore = (folder, spec) => {
  const path = join(folder, 'mlflow.db')
  const db = new BetterSqlite3(path)
  db.exec(tables)
  const insert = (table: string, ...values: unknown[]): void => {
    db.prepare(`INSERT INTO ${table} VALUES (${values.map(() => '?').join(', ')})`).run(...values)
  }
  db.transaction(() => {
    for (const [id, { name, removed = false }] of Object.entries(spec.experiments)) {
      insert('experiments', Number(id), name, null, removed ? 'deleted' : 'active')
    }
    for (const run of spec.runs) insertRun(insert, folder, run)
    for (const model of spec.models ?? []) insertModel(insert, model)
  })()
  db.close()
  return path
}

type Insert = (table: string, ...values: unknown[]) => void

function insertRun(insert: Insert, folder: string, run: RunSpec): void {
  const { id, experiment, name, status, removed, params, tags, metrics, files } = complete(run)
  const artifacts = join(folder, 'artifacts-of-runs', experiment, id, 'artifacts')
  const stage = removed ? 'deleted' : 'active'
  const end = status === 'RUNNING' ? null : endTime
  const times = [startTime, end] as const
  const place = run.place ?? artifacts
  insert('runs', id, name, 'mia', status, ...times, stage, place, Number(experiment))
  for (const [key, value] of Object.entries(params)) insert('params', key, value, id)
  for (const [key, value] of Object.entries(tags)) insert('tags', key, value, id)
  for (const [key, points] of Object.entries(metrics)) {
    for (const [value, step, time] of points) {
      const isNan = Number.isNaN(value)
      const stored = isNan ? 0 : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
      insert('metrics', key, stored, time, id, step, Number(isNan))
    }
  }
  writeFiles(artifacts, files)
}

function insertModel(insert: Insert, model: ModelSpec): void {
  const { name } = model
  insert('registered_models', name, 'of tests')
  for (const [key, value] of Object.entries(model.tags ?? {})) {
    insert('registered_model_tags', key, value, name)
  }
  for (const [alias, number] of Object.entries(model.aliases ?? {})) {
    insert('registered_model_aliases', alias, number, name)
  }
  for (const [i, version] of model.versions.entries()) {
    const source = version.place ?? `runs:/${version.run}/${version.path}`
    const stage = version.stage ?? 'None'
    insert('model_versions', name, i + 1, startTime + i, stage, source, version.run)
    for (const [key, value] of Object.entries(version.tags ?? {})) {
      insert('model_version_tags', key, value, name, i + 1)
    }
  }
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) write(join(folder, path), text)
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** JSON is YAML. */
function yaml(meta: Readonly<Record<string, unknown>>): string {
  return Object.entries(meta)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('')
}

function python(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf'
}
