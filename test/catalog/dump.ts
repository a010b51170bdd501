/** Every row of every table of a catalog, as text, so that two catalogs can be compared. */

import BetterSqlite3 from 'better-sqlite3'

/** Views of other files than the journal. */
const caches: ReadonlySet<string> = new Set([
  'meta',
  'object',
  'pack',
  'recipe',
  'remote_locator',
  'remote_object',
  'remote_recipe',
  'stat',
])

export function dumpCatalog(path: string): Record<string, string[]> {
  const db = new BetterSqlite3(path, { readonly: true })
  try {
    const tables = db
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
      .pluck()
      .all()
    return Object.fromEntries(
      tables.filter((table) => !caches.has(table)).map((table) => [table, rowsOf(db, table)]),
    )
  } finally {
    db.close()
  }
}

function rowsOf(db: BetterSqlite3.Database, table: string): string[] {
  const rows = db.prepare<[], unknown[]>(`SELECT * FROM "${table}"`).raw().all()
  return rows
    .map((row) =>
      JSON.stringify(row, (_, value) =>
        isBlob(value) ? Buffer.from(value.data).toString('hex') : value,
      ),
    )
    .sort()
}

function isBlob(value: unknown): value is { type: 'Buffer'; data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'
}
