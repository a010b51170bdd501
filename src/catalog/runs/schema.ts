/**
 * The tables of experiments, runs, lineage and numbers, as SQL text.
 *
 * Events come in any order, so a row of `run` or `experiment` may be there before the event that
 * made it: until then `started` or `created` is NULL. Beside what events may contradict each other
 * in stands the key of the event that won. Which of two comes first is asked of the table `event`.
 *
 * There may be millions of params and metrics, so they name runs and keys by integers, and what
 * an event says is in one place only: points in `metric_block` and not in the event's body, the
 * context in the event's body and not in `run`.
 */

export const runTables = `
CREATE TABLE experiment (
  key INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  created INTEGER,                           -- event: the experiment.create that comes first
  created_at INTEGER,                        -- when it says it was made: milliseconds since 1970
  name TEXT,
  name_event INTEGER,
  removed INTEGER NOT NULL DEFAULT 0,        -- 1: some removal was not taken back
  canonical INTEGER                          -- of those of its name, removed or not as it is, the one
) STRICT;                                    -- created first; itself while it is not created
CREATE INDEX experiment_name ON experiment (name);
CREATE INDEX experiment_canonical ON experiment (canonical);

CREATE TABLE run (
  key INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  removed INTEGER,                           -- 1: it or its experiment is removed; NULL: not started
  started INTEGER,                           -- event: the run.start that comes first
  own_experiment INTEGER,                    -- the one that event names
  experiment INTEGER,                        -- the canonical one
  parent INTEGER,                            -- run
  by TEXT,
  name TEXT,
  name_event INTEGER,
  status TEXT NOT NULL DEFAULT 'RUNNING',
  status_event INTEGER,
  started_at INTEGER,                        -- milliseconds since 1970
  started_at_event INTEGER,
  ended_at INTEGER,
  ended_at_event INTEGER,
  exit_code INTEGER,
  exit_code_event INTEGER
) STRICT;
CREATE INDEX run_order ON run (removed, started_at, id);
CREATE INDEX run_experiment ON run (experiment, removed, started_at, id);
CREATE INDEX run_own_experiment ON run (own_experiment);
CREATE INDEX run_parent ON run (parent) WHERE parent IS NOT NULL;

-- Where the context's value for a key is: in the body of that event.
CREATE TABLE run_context (
  run INTEGER NOT NULL,
  name TEXT NOT NULL,
  event INTEGER NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

-- All events about a run, its tags and numbers too.
CREATE TABLE run_event (
  run INTEGER NOT NULL,
  event INTEGER NOT NULL,
  PRIMARY KEY (run, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE experiment_event (
  experiment INTEGER NOT NULL,
  event INTEGER NOT NULL,
  PRIMARY KEY (experiment, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_removal (
  kind INTEGER NOT NULL,                     -- of tag.kind: 3 run, 4 experiment
  subject BLOB NOT NULL,                     -- id
  event INTEGER NOT NULL,
  id BLOB NOT NULL,
  PRIMARY KEY (kind, subject, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_restoration (
  kind INTEGER NOT NULL,
  subject BLOB NOT NULL,
  removal BLOB NOT NULL,                     -- id of the removal, which may be unknown yet
  event INTEGER NOT NULL,
  PRIMARY KEY (kind, subject, removal, event)
) STRICT, WITHOUT ROWID;

-- Names of params and metrics.
CREATE TABLE run_key (
  key INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE run_param (
  run INTEGER NOT NULL,
  key INTEGER NOT NULL,                      -- run_key
  value TEXT NOT NULL,
  event INTEGER NOT NULL,                    -- the first that gives the param a value
  PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_param_value ON run_param (key, value);

-- What later events say of a param that has a value, the same value too.
CREATE TABLE run_param_other (
  run INTEGER NOT NULL,
  key INTEGER NOT NULL,
  event INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, key, event)
) STRICT, WITHOUT ROWID;

-- Each metric in a few numbers. SQLite has no NaN: it stands as NULL.
CREATE TABLE metric (
  run INTEGER NOT NULL,
  key INTEGER NOT NULL,                      -- run_key
  points INTEGER NOT NULL,
  min REAL,                                  -- NaN if there is nothing but NaN
  max REAL,
  last REAL,                                 -- of the highest step, then the latest time, then the
  last_step INTEGER NOT NULL,                -- last event
  last_time INTEGER NOT NULL,
  last_event INTEGER NOT NULL,
  PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX metric_last ON metric (key, last);

CREATE TABLE metric_block (
  run INTEGER NOT NULL,
  key INTEGER NOT NULL,
  event INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,                  -- place in the event's series
  points BLOB NOT NULL,                      -- of encodePoints
  PRIMARY KEY (run, key, event, ordinal)
) STRICT, WITHOUT ROWID;

-- The files of a run's draft.
CREATE TABLE run_file (
  run INTEGER NOT NULL,
  path TEXT NOT NULL,
  digest BLOB,                               -- NULL: gone
  size_bytes INTEGER NOT NULL,
  exec INTEGER NOT NULL,
  event INTEGER NOT NULL,
  PRIMARY KEY (run, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_link (
  run INTEGER NOT NULL,
  event INTEGER NOT NULL,
  direction TEXT NOT NULL,                   -- input or output
  version BLOB NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (run, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_link_version ON run_link (version);

-- Of lineage.add, also those that would close a cycle.
CREATE TABLE lineage_edge (
  event INTEGER PRIMARY KEY REFERENCES event,
  input BLOB NOT NULL,
  output BLOB NOT NULL,
  role TEXT NOT NULL
) STRICT;
CREATE INDEX lineage_edge_input ON lineage_edge (input);
CREATE INDEX lineage_edge_output ON lineage_edge (output);

CREATE TABLE number_claim (
  event INTEGER PRIMARY KEY REFERENCES event,
  series TEXT NOT NULL,
  number INTEGER NOT NULL,
  kind INTEGER NOT NULL,                     -- of tag.kind: 2 version, 3 run
  subject BLOB NOT NULL,                     -- digest or id
  over BLOB                                  -- id of the claim that it renumbers
) STRICT;
CREATE INDEX number_claim_number ON number_claim (series, number);
CREATE INDEX number_claim_subject ON number_claim (kind, subject);
CREATE INDEX number_claim_over ON number_claim (over) WHERE over IS NOT NULL;

-- The first claim in effect, on each remote.
CREATE TABLE number_owner (
  remote INTEGER NOT NULL,
  series TEXT NOT NULL,
  number INTEGER NOT NULL,
  event INTEGER NOT NULL,
  PRIMARY KEY (remote, series, number)
) STRICT, WITHOUT ROWID;

-- Runs and experiments whose start or making is in the remote's log.
CREATE TABLE remote_run (
  remote INTEGER NOT NULL,
  kind INTEGER NOT NULL,                     -- of tag.kind: 3 run, 4 experiment
  id BLOB NOT NULL,
  PRIMARY KEY (remote, kind, id)
) STRICT, WITHOUT ROWID;

-- What SQLite takes the tables for: many runs with some params and metrics each. Without it a
-- condition on a metric of a given run is looked up among the values of all runs, which is a
-- thousand times slower at 100,000 runs. (The first number is rows, the others are rows for equal
-- first columns of the index.)
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('run', 'sqlite_autoindex_run_1', '100000 1'),
  ('run', 'run_order', '100000 50000 2 1'),
  ('run', 'run_experiment', '100000 10000 9000 2 1'),
  ('metric', 'metric', '2000000 20 1'),
  ('metric', 'metric_last', '2000000 100000 10 1'),
  ('run_param', 'run_param', '2000000 20 1'),
  ('run_param', 'run_param_value', '2000000 100000 1000 1');
ANALYZE sqlite_schema;
`
