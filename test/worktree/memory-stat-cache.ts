/** A stat cache in memory that counts what it is given. */

import type { StatCache, StatRow } from '../../src/ports/stat-cache.ts'

export class MemoryStatCache implements StatCache {
  puts = 0
  rowsPut = 0
  readonly #rows = new Map<string, StatRow>()

  below(folder: string): Map<string, StatRow> {
    const found = new Map<string, StatRow>()
    for (const [path, row] of this.#rows) {
      if (path === folder) found.set('', row)
      else if (path.startsWith(`${folder}/`)) found.set(path.slice(folder.length + 1), row)
    }
    return found
  }

  get(path: string): StatRow | undefined {
    return this.#rows.get(path)
  }

  put(rows: Iterable<readonly [path: string, row: StatRow]>): void {
    this.puts += 1
    for (const [path, row] of rows) {
      this.rowsPut += 1
      this.#rows.set(path, row)
    }
  }

  forget(paths: Iterable<string>): void {
    for (const path of paths) this.#rows.delete(path)
  }
}
