/** The catalog opens wherever it can, says when it cannot, and never loses a step of its schema. */

import BetterSqlite3 from 'better-sqlite3'
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import { openCatalog } from '../../src/catalog/open-catalog.ts'
import { migrations } from '../../src/catalog/schema.ts'
import { RunWriter } from '../core/events/run-samples.ts'
import { recordOf, Writer } from '../core/events/samples.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { dumpCatalog } from './dump.ts'
import { Journaled, MemoryJournal } from './journaled.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const module_ = fileURLToPath(new URL('../../src/catalog/open-catalog.ts', import.meta.url))

function pathIn(context: TestContext): string {
  return join(temporaryFolder(context), 'index.sqlite')
}

/** A catalog on disk that knows so many versions of model/a. */
function filled(path: string, versions: number): void {
  const store = new Journaled(openCatalog(path))
  const writer = new Writer()
  for (let i = 0; i < versions; i++) store.make(writer.add(recordOf('model/a', i)))
  store.catalog.close()
}

function countOf(path: string, options = {}): number {
  using catalog = openCatalog(path, options)
  return catalog.versions.list('model/a').length
}

test('keeps what was applied, in a write-ahead log', (context) => {
  const path = pathIn(context)
  filled(path, 3)
  assert.equal(countOf(path), 3)
  const db = new BetterSqlite3(path, { readonly: true })
  assert.equal(db.pragma('journal_mode', { simple: true }), 'wal')
  assert.equal(db.pragma('user_version', { simple: true }), migrations.length)
  db.close()
})

test('makes every table strict', (context) => {
  const path = pathIn(context)
  openCatalog(path).close()
  const db = new BetterSqlite3(path, { readonly: true })
  const loose =
    db.prepare(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
    AND strict = 0 AND name NOT LIKE 'sqlite_%'`)
  assert.deepEqual(loose.all(), [])
  db.close()
})

test('a catalog from before there were runs applies the journal again', (context) => {
  const path = pathIn(context)
  const folder = temporaryFolder(context)
  const store = new Journaled(openCatalog(join(folder, 'new.sqlite')))
  const started = new RunWriter('ben').start(1)
  store.make(new Writer().add(recordOf('model/a', 1)), started)
  store.catalog.close()

  const old = new BetterSqlite3(path)
  old.exec(migrations[0] ?? '')
  // As an older mlstore leaves it: the event is known, and was passed over.
  old
    .prepare('INSERT INTO event (id, lamport, body) VALUES (unhex(?), 1, ?)')
    .run(started.id, JSON.stringify(started.json))
  old.exec(`INSERT INTO state VALUES ('journal.file', 1), ('journal.offset', 5000)`)
  old.pragma('user_version = 1')
  old.close()

  const migrated = openCatalog(path)
  assert.deepEqual(migrated.position, { file: 1, offset: 0 })
  migrated.apply(store.journal.records)
  assert.equal(migrated.runs.count(), 1)
  migrated.close()
  assert.deepEqual(dumpCatalog(path), dumpCatalog(join(folder, 'new.sqlite')))
})

test('lets two connections read while one writes', (context) => {
  const path = pathIn(context)
  const store = new Journaled(openCatalog(path))
  using reader = openCatalog(path)
  store.make(new Writer().add(recordOf('model/a', 1)))
  assert.equal(reader.versions.list('model/a').length, 1)
  assert.deepEqual(reader.position, store.catalog.position)
  store.catalog.close()
})

test('lets a reader catch up with records another process applied meanwhile', (context) => {
  const path = pathIn(context)
  const journal = new MemoryJournal()
  const writer = new Writer()
  for (let i = 0; i < 4; i++)
    journal.add({ kind: 'events', events: [writer.add(recordOf('model/a', i))] })
  using one = openCatalog(path)
  using two = openCatalog(path)
  one.apply(journal.records.slice(0, 3))
  two.apply(journal.records)
  one.apply(journal.records)
  assert.equal(one.versions.list('model/a').length, 4)
})

test('says that a file that is no database is damaged, and how to go on', (context) => {
  const path = pathIn(context)
  writeFileSync(path, 'not a database at all '.repeat(100))
  assert.throws(() => openCatalog(path), { code: 'CORRUPT', hint: /mlstore reindex/ })
})

test('says that a database with a broken page is damaged, when it meets the page', (context) => {
  const path = pathIn(context)
  filled(path, 200)
  const bytes = readFileSync(path)
  for (let page = 2; page * 4096 < bytes.length; page++)
    bytes.fill(0xa5, page * 4096, (page + 1) * 4096)
  writeFileSync(path, bytes)
  assert.throws(() => countOf(path), { code: 'CORRUPT', hint: /mlstore reindex/ })
})

test('says that a database that was cut off is damaged', (context) => {
  const path = pathIn(context)
  filled(path, 200)
  truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096)
  assert.throws(
    () => {
      using catalog = openCatalog(path)
      assert.deepEqual(catalog.check(), [])
      catalog.versions.list('model/a')
    },
    { code: 'CORRUPT' },
  )
})

test('finds nothing wrong with a good file', (context) => {
  const path = pathIn(context)
  filled(path, 20)
  using catalog = openCatalog(path)
  assert.deepEqual(catalog.check(), [])
})

test('leaves a catalog alone that a newer mlstore wrote', (context) => {
  const path = pathIn(context)
  filled(path, 1)
  const db = new BetterSqlite3(path)
  db.pragma(`user_version = ${migrations.length + 1}`)
  db.close()
  assert.throws(() => openCatalog(path), { code: 'FORMAT_UNSUPPORTED' })
})

test('opens in memory what it may not write, and catches up there', (context) => {
  const path = pathIn(context)
  filled(path, 3)
  const before = readFileSync(path)
  const store = new Journaled(openCatalog(path, { inMemory: true }))
  assert.equal(store.catalog.isInMemory, true)
  assert.equal(store.catalog.versions.list('model/a').length, 3)
  const { position } = store.catalog
  const next = { file: position.file, offset: position.offset + 100 }
  const added = new Writer('ben').add(recordOf('model/a', 'new'))
  const payload = new MemoryJournal().add({ kind: 'events', events: [added] }).payload
  store.catalog.apply([{ payload, position, next }])
  assert.equal(store.catalog.versions.list('model/a').length, 4)
  store.catalog.close()
  assert.ok(readFileSync(path).equals(before))
})

test('begins anew in memory where a log beside the file holds part of it', (context) => {
  const path = pathIn(context)
  const other = join(temporaryFolder(context), 'copy.sqlite')
  const store = new Journaled(openCatalog(path))
  store.make(new Writer().add(recordOf('model/a', 1)))
  copyFileSync(path, other)
  copyFileSync(`${path}-wal`, `${other}-wal`)
  store.catalog.close()
  using catalog = openCatalog(other, { inMemory: true })
  assert.deepEqual(catalog.position, { file: 1, offset: 0 })
})

test('opens in memory in a folder it cannot write to', (context) => {
  const path = pathIn(context)
  filled(path, 2)
  const folder = join(path, '..')
  chmodSync(path, 0o444)
  chmodSync(folder, 0o555)
  const script = `
    import { openCatalog } from ${JSON.stringify(module_)}
    const catalog = openCatalog(${JSON.stringify(path)})
    console.log(catalog.isInMemory, catalog.versions.list('model/a').length)`
  // The superuser may write anywhere, so the question is asked as nobody.
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const result = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    {
      ...user,
      encoding: 'utf8',
      cwd: root,
      env: { ...process.env, TMPDIR: '/tmp' },
    },
  )
  assert.equal(result.stdout.trim(), 'true 2', result.stderr)
})

test('refuses a folder that is not there rather than pretending in memory', (context) => {
  const path = join(temporaryFolder(context), 'nowhere', 'index.sqlite')
  assert.throws(() => openCatalog(path), { code: 'NOT_FOUND' })
})

test('drops everything and builds it again', (context) => {
  const path = pathIn(context)
  const store = new Journaled(openCatalog(path))
  const writer = new Writer()
  const added = writer.add(recordOf('model/a', 1))
  store.make(added, writer.claim(added, 'v1'))
  store.catalog.meta.set('note', 'x')
  store.catalog.reset()
  assert.deepEqual(store.catalog.position, { file: 1, offset: 0 })
  assert.equal(store.catalog.meta.get('note'), undefined)
  store.catalog.apply(store.journal.records)
  assert.deepEqual(store.catalog.versions.byLabel('model/a', 'v1'), [added.version])
  store.catalog.close()
})

test('is made once when several processes open it at the same time', async (context) => {
  const path = pathIn(context)
  const script = `
    import { openCatalog } from ${JSON.stringify(module_)}
    const catalog = openCatalog(${JSON.stringify(path)})
    catalog.meta.set(String(process.pid), 'was here')
    catalog.close()`
  const children = [1, 2, 3, 4].map(() =>
    spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: root,
      stdio: 'inherit',
    }),
  )
  const codes = await Promise.all(
    children.map(async (child) => (await once(child, 'exit'))[0] as number),
  )
  assert.deepEqual(codes, [0, 0, 0, 0])
  using catalog = openCatalog(path)
  for (const { pid } of children) assert.equal(catalog.meta.get(String(pid)), 'was here')
})
