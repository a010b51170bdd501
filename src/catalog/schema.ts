/**
 * The catalog's tables, as a list of migrations: `user_version` counts those that were run.
 *
 * Each is SQL text and imports no code, so an old one keeps doing what it did. Everything in here
 * can be rebuilt, so a migration that needs what the journal said may drop tables and set the
 * journal's position back to its start: the next command applies it all again.
 *
 * Digests are BLOBs of 32 bytes, ids BLOBs of 16. Names that repeat (artifacts, remotes, events)
 * stand as integer keys. Key 0 of `remote` is no remote: to it, everything own is unpushed, which
 * makes "no default remote" the same query as any default remote.
 */

import { MlstoreError } from '../errors.ts'
import type { Database } from './database.ts'
import { runTables } from './runs/schema.ts'

const first = `
-- How far the journal was applied.
CREATE TABLE state (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact (
  key INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  versions INTEGER NOT NULL DEFAULT 0,       -- not removed
  size_bytes REAL NOT NULL DEFAULT 0         -- of those; REAL, since sums could overflow
) STRICT;

CREATE TABLE remote (
  key INTEGER PRIMARY KEY,
  repo_id BLOB NOT NULL UNIQUE,
  format_hash BLOB NOT NULL,                 -- of its format.json
  head_seq INTEGER NOT NULL,
  head_hash BLOB NOT NULL,                   -- of that entry; format_hash for entry 0
  gc_generation INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE remote_name (
  name TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  remote INTEGER NOT NULL REFERENCES remote
) STRICT, WITHOUT ROWID;

-- Events, in the order they came to be known here.
CREATE TABLE event (
  key INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  lamport INTEGER NOT NULL,
  body TEXT NOT NULL                         -- JSON
) STRICT;
CREATE INDEX event_lamport ON event (lamport);

-- Which remote's log has which event, and what became of it there.
CREATE TABLE event_on_remote (
  event INTEGER NOT NULL,
  remote INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  state INTEGER NOT NULL,                    -- 0 refused, 1 in effect, 2 renamed since
  PRIMARY KEY (event, remote)
) STRICT, WITHOUT ROWID;

-- Own events a remote lacks. Rows of remote 0: all own events that were not given up.
CREATE TABLE pending (
  remote INTEGER NOT NULL,
  event INTEGER NOT NULL,
  PRIMARY KEY (remote, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE version (
  key INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  artifact INTEGER NOT NULL REFERENCES artifact,
  event INTEGER NOT NULL REFERENCES event,   -- the version.add that comes last in the order of events
  lamport INTEGER NOT NULL,                  -- of that event
  event_id BLOB NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0,        -- 1: some removal was not taken back
  root BLOB NOT NULL,
  created_at TEXT NOT NULL,
  by TEXT,
  files INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  shape TEXT NOT NULL,
  run BLOB
) STRICT;
CREATE INDEX version_order ON version (artifact, removed, lamport, event_id);
CREATE INDEX version_root ON version (root);
CREATE INDEX version_run ON version (run) WHERE run IS NOT NULL;

CREATE TABLE version_input (
  version INTEGER NOT NULL REFERENCES version,
  ordinal INTEGER NOT NULL,
  role TEXT NOT NULL,
  input BLOB NOT NULL,
  PRIMARY KEY (version, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_input_input ON version_input (input);

-- Metadata, one row a value: {"a":{"b":[1,2]}} has two, both at ["a","b"].
CREATE TABLE version_meta (
  path TEXT NOT NULL,                        -- JSON: the keys that lead to the value
  version INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL,                        -- boolean, null, number or text
  value ANY,
  PRIMARY KEY (path, version, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE label_claim (
  event INTEGER PRIMARY KEY REFERENCES event,
  artifact INTEGER NOT NULL REFERENCES artifact,
  label TEXT NOT NULL,
  version BLOB NOT NULL,
  generated INTEGER NOT NULL,
  over INTEGER                               -- the claim of the same version that it renames
) STRICT;
CREATE INDEX label_claim_label ON label_claim (artifact, label);
CREATE INDEX label_claim_version ON label_claim (version);
CREATE INDEX label_claim_over ON label_claim (over) WHERE over IS NOT NULL;

CREATE TABLE alias_move (
  event INTEGER PRIMARY KEY REFERENCES event,
  artifact INTEGER NOT NULL REFERENCES artifact,
  alias TEXT NOT NULL,
  target BLOB                                -- NULL: removed
) STRICT;
CREATE INDEX alias_move_alias ON alias_move (artifact, alias);
CREATE INDEX alias_move_target ON alias_move (target);

-- The move that won last, on each remote.
CREATE TABLE alias_head (
  remote INTEGER NOT NULL,
  artifact INTEGER NOT NULL,
  alias TEXT NOT NULL,
  event INTEGER NOT NULL,
  target BLOB,
  PRIMARY KEY (remote, artifact, alias)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_head_target ON alias_head (target);

-- The moves among the pending events.
CREATE TABLE alias_pending (
  remote INTEGER NOT NULL,
  artifact INTEGER NOT NULL,
  alias TEXT NOT NULL,
  event INTEGER NOT NULL,
  target BLOB,
  PRIMARY KEY (remote, artifact, alias, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_pending_target ON alias_pending (target);

CREATE TABLE tag_set (
  kind INTEGER NOT NULL,                     -- 1 artifact, 2 version, 3 run
  target BLOB NOT NULL,                      -- name as UTF-8, digest, id
  name TEXT NOT NULL,
  event INTEGER NOT NULL,
  PRIMARY KEY (kind, target, name, event)
) STRICT, WITHOUT ROWID;

-- The tag.set that comes last in the order of events.
CREATE TABLE tag (
  kind INTEGER NOT NULL,
  target BLOB NOT NULL,
  name TEXT NOT NULL,
  value TEXT,                                -- NULL: removed
  lamport INTEGER NOT NULL,
  event_id BLOB NOT NULL,
  PRIMARY KEY (kind, target, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_value ON tag (kind, name, value);

CREATE TABLE removal (
  version BLOB NOT NULL,
  event INTEGER NOT NULL,
  id BLOB NOT NULL,
  PRIMARY KEY (version, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE restoration (
  version BLOB NOT NULL,
  removal BLOB NOT NULL,                     -- id of the removal, which may be unknown yet
  event INTEGER NOT NULL,
  PRIMARY KEY (version, removal, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE remote_entry (
  remote INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  needs BLOB NOT NULL,                       -- ids of its packs and of those its versions use
  intact INTEGER NOT NULL,                   -- 1: they are all live
  PRIMARY KEY (remote, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE remote_pack (
  remote INTEGER NOT NULL,
  pack BLOB NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  swept INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (remote, pack)
) STRICT, WITHOUT ROWID;
CREATE INDEX remote_pack_seq ON remote_pack (remote, seq);

CREATE TABLE remote_version (
  remote INTEGER NOT NULL,
  version BLOB NOT NULL,
  recorded INTEGER NOT NULL DEFAULT 0,       -- its version.add is in the log
  seq INTEGER,                               -- entry that located it; NULL: none did
  root_pack BLOB,
  root_offset INTEGER,
  root_stored_bytes INTEGER,
  root_locator_bytes INTEGER,
  root_form INTEGER,
  uses BLOB,
  PRIMARY KEY (remote, version)
) STRICT, WITHOUT ROWID;

-- Artifacts of which a version is on the remote.
CREATE TABLE remote_artifact (
  remote INTEGER NOT NULL,
  artifact INTEGER NOT NULL,
  PRIMARY KEY (remote, artifact)
) STRICT, WITHOUT ROWID;
`

/** Caches, and views of other files than the journal. */
const caches = `
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE remote_object (
  remote INTEGER NOT NULL,
  digest BLOB NOT NULL,
  kind INTEGER NOT NULL,
  pack BLOB NOT NULL,
  offset INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  compressed INTEGER NOT NULL,
  locator_bytes INTEGER NOT NULL,
  locator_compressed INTEGER NOT NULL,
  PRIMARY KEY (remote, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE remote_recipe (
  remote INTEGER NOT NULL,
  file BLOB NOT NULL,
  recipe BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  PRIMARY KEY (remote, file)
) STRICT, WITHOUT ROWID;

CREATE TABLE remote_locator (
  remote INTEGER NOT NULL,
  node BLOB NOT NULL,
  locator BLOB NOT NULL,
  PRIMARY KEY (remote, node)
) STRICT, WITHOUT ROWID;

CREATE TABLE pack (
  key INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  size_bytes INTEGER NOT NULL,
  first_object INTEGER NOT NULL,             -- its objects are those with keys
  last_object INTEGER NOT NULL               -- from first to last
) STRICT;

-- Frames of local packs. The index holds 48 bits of the digest: a fifth of its size, so inserting
-- a million takes half the time, and the few that share them are told apart by the row.
CREATE TABLE object (
  key INTEGER PRIMARY KEY,
  prefix INTEGER NOT NULL,
  digest BLOB NOT NULL,
  pack INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  encoding INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX object_prefix ON object (prefix);

CREATE TABLE recipe (
  file BLOB NOT NULL,
  pack INTEGER NOT NULL,
  recipe BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  PRIMARY KEY (file, pack, recipe)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipe_pack ON recipe (pack);

CREATE TABLE stat (
  path TEXT PRIMARY KEY,
  fields BLOB NOT NULL                       -- size, mtime, ctime, inode as 8 bytes each, digest
) STRICT, WITHOUT ROWID;
`

/**
 * Forgets what the journal said, so that it is applied again from its start: what was passed over
 * as unknown may have rows now.
 */
const forgetJournal = [
  'alias_head',
  'alias_move',
  'alias_pending',
  'label_claim',
  'pending',
  'remote_artifact',
  'remote_entry',
  'remote_name',
  'remote_pack',
  'remote_version',
  'removal',
  'restoration',
  'state',
  'tag',
  'tag_set',
  'version_input',
  'version_meta',
  'version',
  'artifact',
  'event_on_remote',
  'event',
  'remote',
]
  .map((table) => `DELETE FROM ${table};\n`)
  .join('')

/** Files of runs that stay on one computer. No event before this said so. */
const localFiles = 'ALTER TABLE run_file ADD COLUMN local TEXT; -- name of the computer\n'

/** What takes an empty database to the newest schema, step by step. */
export const migrations: readonly string[] = [first + caches, forgetJournal + runTables, localFiles]

/**
 * Brings the database to the newest schema.
 *
 * @throws {MlstoreError} `FORMAT_UNSUPPORTED` if a newer mlstore wrote it.
 */
export function migrate(db: Database): void {
  if (schemaVersion(db) === migrations.length) return
  db.transaction(() => {
    // Another process may have done it while this one waited for the lock.
    for (const sql of migrations.slice(schemaVersion(db))) db.exec(sql)
    db.pragma(`user_version = ${migrations.length}`)
  })
}

/** Drops every table. */
export function dropEverything(db: Database): void {
  // Otherwise dropping a table would first delete its rows one by one, to check who refers to them.
  db.pragma('foreign_keys = OFF')
  db.transaction(() => {
    const tables = db.query<{ name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    )
    for (const { name } of tables.all()) db.exec(`DROP TABLE "${name}"`)
    db.pragma('user_version = 0')
  })
  db.pragma('foreign_keys = ON')
}

function schemaVersion(db: Database): number {
  const version = Number(db.pragma('user_version'))
  if (version <= migrations.length) return version
  throw new MlstoreError('FORMAT_UNSUPPORTED', `${db.path} was written by a newer mlstore.`, {
    hint: 'Update mlstore, or run `mlstore reindex` to build the catalog again with this one.',
  })
}
