/**
 * A table that people add to, correct and prune between saves: as an SQLite database and as CSV.
 *
 * Between two saves come 1 % more rows, 200 corrections all over, a removed stretch of 0.2 %; in
 * the CSV 60 rows also appear in three places in the middle.
 */

import Database from 'better-sqlite3'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { between, seededNumbers } from '../../../support/seeded-data.ts'
import { type Corpus, scaled, versionFolder } from '../corpus.ts'
import { type Sample, sample, samples } from './samples.ts'

const saves = 5
const rowsAtFullScale = 130_000
const corrections = 200

export const sqliteTable: Corpus = {
  name: 'sqlite',
  title: 'SQLite database, rows inserted, changed and deleted, 5 versions',
  async make(place) {
    const rows = scaled(place, rowsAtFullScale, 1000)
    const versions: string[] = []
    for (let save = 1; save <= saves; save++) {
      const folder = versionFolder(place, save)
      const path = join(folder, 'samples.db')
      const before = versions.at(-1)
      if (before !== undefined) copyFileSync(join(before, 'samples.db'), path)
      const db = new Database(path)
      if (save === 1) createTable(db, rows)
      else changeTable(db, rows, save)
      db.close()
      versions.push(folder)
    }
    return { versions }
  },
}

function createTable(db: Database.Database, rows: number): void {
  db.exec(`
    CREATE TABLE sample (
      id INTEGER PRIMARY KEY, user TEXT, created INTEGER, text TEXT, score REAL, label TEXT
    ) STRICT;
    CREATE INDEX sample_created ON sample (created);
    CREATE INDEX sample_user ON sample (user);
  `)
  insertSamples(db, samples('sqlite', 1, rows))
}

function insertSamples(db: Database.Database, rows: readonly Sample[]): void {
  const insert = db.prepare<[Sample]>(
    'INSERT INTO sample VALUES (:id, :user, :created, :text, :score, :label)',
  )
  db.transaction(() => {
    for (const row of rows) insert.run(row)
  })()
}

function changeTable(db: Database.Database, rows: number, save: number): void {
  const { added, removed, corrected } = changesOf('sqlite', rows, save)
  insertSamples(db, added)
  const update = db.prepare<[Sample]>(
    'UPDATE sample SET text = :text, score = :score, label = :label WHERE id = :id',
  )
  db.transaction(() => {
    for (const row of corrected) update.run(row)
    db.prepare('DELETE FROM sample WHERE id BETWEEN ? AND ?').run(removed.from, removed.to)
  })()
}

export const csvTable: Corpus = {
  name: 'csv',
  title: 'CSV, rows inserted, changed and deleted, 5 versions',
  async make(place) {
    const rows = scaled(place, rowsAtFullScale, 1000)
    let table = samples('csv', 1, rows)
    const versions: string[] = []
    for (let save = 1; save <= saves; save++) {
      if (save > 1) table = changedRows(table, rows, save)
      const folder = versionFolder(place, save)
      writeFileSync(join(folder, 'samples.csv'), csv(table))
      versions.push(folder)
    }
    return { versions }
  },
}

function changedRows(table: readonly Sample[], rows: number, save: number): Sample[] {
  const { added, removed, corrected, inserted } = changesOf('csv', rows, save)
  const byId = new Map(corrected.map((row) => [row.id, row]))
  const kept = table
    .filter(({ id }) => id < removed.from || id > removed.to)
    .map((row) => byId.get(row.id) ?? row)
  for (const [i, place] of [0.21, 0.5, 0.83].entries()) {
    kept.splice(Math.floor(kept.length * place), 0, ...inserted.slice(20 * i, 20 * i + 20))
  }
  return [...kept, ...added]
}

/** A table as CSV, texts quoted. */
export function csv(table: readonly Sample[]): string {
  const lines = table.map(
    ({ id, user, created, text, score, label }) =>
      `${id},${user},${created},"${text}",${score},${label}`,
  )
  return `id,user,created,text,score,label\n${lines.join('\n')}\n`
}

type Changes = {
  readonly added: readonly Sample[]
  readonly removed: { readonly from: number; readonly to: number }
  readonly corrected: readonly Sample[]
  /** Rows with ids far above all others. */
  readonly inserted: readonly Sample[]
}

function changesOf(seed: string, rows: number, save: number): Changes {
  const random = seededNumbers(`${seed} ${save}`)
  const more = Math.ceil(rows / 100)
  const from = between(random, 1, rows)
  return {
    added: samples(seed, rows + (save - 2) * more + 1, more),
    removed: { from, to: from + Math.floor(rows / 500) },
    corrected: Array.from({ length: corrections }, () => {
      const id = between(random, 1, rows)
      return { ...sample(`${seed} corrected in ${save}`, id), id }
    }),
    inserted: samples(seed, 10_000_000 + 1000 * save, 60),
  }
}
