/**
 * Checks the catalog: whether SQLite finds its file sound, and whether it says what the journal
 * says.
 *
 * The journal is applied to an empty catalog in a private temporary file, and the tables that
 * follow from it are compared row by row: the same journal always gives the same rows.
 */

import { Catalog } from '../../catalog/catalog.ts'
import { Database } from '../../catalog/database.ts'
import { migrate } from '../../catalog/schema.ts'
import { type Digest, DigestStream } from '../../core/digest.ts'
import { isMlstoreError } from '../../errors.ts'
import { readJournal } from '../../objects/journal.ts'
import type { StoreParts } from '../parts.ts'
import type { LocalCheck } from './local-check.ts'

/** Tables that are caches, or views of packs and files instead of the journal. */
const otherTables: ReadonlySet<string> = new Set([
  'meta',
  'object',
  'pack',
  'recipe',
  'remote_locator',
  'remote_object',
  'remote_recipe',
  'stat',
])

const where = 'index.sqlite'
const howToMend = '`mlstore reindex`, or `--repair`, builds it again; nothing is lost.'

/** @param isJournalWhole Whether the journal can be compared with: a damaged one was reported. */
export function checkCatalog(check: LocalCheck, isJournalWhole: boolean): void {
  const { catalog } = check.parts
  try {
    for (const problem of catalog.check().slice(0, problemsShownMax)) report(check, problem)
    // A catalog in memory was made from the journal just now.
    if (isJournalWhole && !catalog.isInMemory) compareWithJournal(check)
  } catch (error) {
    if (!isMlstoreError(error, 'CORRUPT')) throw error
    report(check, error.message)
  }
}

const problemsShownMax = 10

/** Others may write meanwhile; then it is compared again. */
const triesMax = 3

function compareWithJournal(check: LocalCheck): void {
  const { parts } = check
  for (let tries = 0; tries < triesMax; tries++) {
    const before = JSON.stringify(parts.catalog.position)
    const differing = differingTables(parts)
    if (JSON.stringify(parts.catalog.position) !== before) continue
    if (differing.length > 0) {
      report(check, `it does not say what the journal says (${differing.join(', ')}).`)
    }
    return
  }
}

function report({ findings }: LocalCheck, problem: string): void {
  findings.report({ where, what: problem, hint: howToMend, mend: { kind: 'catalog' } })
}

function differingTables(parts: StoreParts): string[] {
  const { path } = { path: parts.layout.catalog }
  const onDisk = new Database(path, { path, busyTimeoutMs: 10_000 })
  // An empty name is a database in a temporary file that is gone when it is closed.
  const rebuilt = new Database('', { path: 'the catalog built for comparison', busyTimeoutMs: 0 })
  try {
    rebuild(parts, rebuilt)
    const names = new Set([...tablesOf(onDisk), ...tablesOf(rebuilt)])
    return [...names].filter((name) => digestOfTable(onDisk, name) !== digestOfTable(rebuilt, name))
  } finally {
    rebuilt.close()
    onDisk.close()
  }
}

function rebuild({ fs, layout, catalog }: StoreParts, db: Database): void {
  migrate(db)
  const until = catalog.position
  const records = readJournal(fs, layout.journal)
  // Applying nothing would leave a trace that a catalog that never applied anything lacks.
  if (until.offset > 0) new Catalog(db).apply(recordsUntil(records, until))
}

type Records = ReturnType<typeof readJournal>
type Position = StoreParts['catalog']['position']

function* recordsUntil(records: Records, until: Position): Records {
  for (const record of records) {
    const { file, offset } = record.position
    if (file > until.file || (file === until.file && offset >= until.offset)) return
    yield record
  }
}

function tablesOf(db: Database): string[] {
  const rows = db
    .query<{ name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    )
    .all()
  return rows.map(({ name }) => name).filter((name) => !otherTables.has(name))
}

/** Of all its rows in a fixed order; `undefined` if there is no such table. */
function digestOfTable(db: Database, table: string): Digest | undefined {
  const columns = db.query<{ name: string }>('SELECT name FROM pragma_table_info(?)').all(table)
  if (columns.length === 0) return undefined
  const line = columns.map(({ name }) => `quote("${name}")`).join(` || ',' || `)
  const rows = db.query<{ line: string }>(`SELECT ${line} AS line FROM "${table}" ORDER BY 1`)
  const hash = new DigestStream()
  for (const row of rows.iterate()) hash.update(Buffer.from(`${row.line}\n`, 'utf8'))
  return hash.end()
}
