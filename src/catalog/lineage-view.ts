/**
 * Versions, runs and what links them, seen as one graph.
 *
 * The edges are in four tables, as versions and runs said them: `version_input`, `version.run`,
 * `run_link` and `lineage_edge`. A fact that is told twice is one edge, and what a run says is
 * more: where a run that made a version read another one, no edge leads directly from that one to
 * the version. A digest in an answer is a version, an id a run; either may be unknown here.
 */

import type { Digest } from '../core/digest.ts'
import {
  type Edge,
  type LineageGraph,
  type NodeId,
  runNode,
  subjectOfNode,
  versionNode,
} from '../core/lineage/graph.ts'
import { outputRole } from '../core/lineage/roles.ts'
import { isRunStatus, type RunStatus } from '../core/runs/run-status.ts'
import { corrupt } from '../errors.ts'
import { digestOfBlob, idOfBlob } from './blobs.ts'
import type { Database, Query } from './database.ts'

/** What a graph shows of a version besides its names. */
export type VersionFacts = { readonly artifact: string; readonly removed: boolean }

/** What a graph shows of a run. */
export type RunFacts = {
  readonly name: string
  /** Name of its experiment; `null` if that is not known here. */
  readonly experiment: string | null
  readonly status: RunStatus
  /** Git commit that it ran from. */
  readonly commit: string | null
  /** Whether files were changed since that commit. */
  readonly dirty: boolean | null
  readonly removed: boolean
}

type EdgeRow = {
  readonly source: Buffer
  readonly target: Buffer
  readonly role: string
  readonly lamport: number
  readonly event_id: Buffer
  readonly added: number
}

type VersionFactsRow = {
  readonly digest: Buffer
  readonly artifact: string
  readonly removed: number
}

type RunFactsRow = {
  readonly id: Buffer
  readonly name: string
  readonly experiment: string | null
  readonly status: string
  readonly git_commit: string | null
  /** JSON */
  readonly dirty: string | null
  readonly removed: number
}

/** Digests or ids that are asked about, as JSON in `@names`. */
const named = '(SELECT unhex(value) FROM json_each(@names))'

/**
 * Whether a run that made the version `output` read the version `input`. Both are SQL: columns with
 * the names of their tables, which mean nothing else in here.
 */
function isToldByRun(input: string, output: string): string {
  const read = `SELECT 1 FROM run_link AS used
    WHERE used.version = ${input} AND used.run = maker.run AND used.direction = 'input'`
  return `(
    EXISTS (SELECT 1 FROM run_link AS maker
      WHERE maker.version = ${output} AND maker.direction = 'output' AND EXISTS (${read}))
    OR EXISTS (SELECT 1 FROM (SELECT run.key AS run FROM version AS made
        JOIN run ON run.id = made.run WHERE made.digest = ${output}) AS maker
      WHERE EXISTS (${read})))`
}

const inputEdges = `
  SELECT input AS source, digest AS target, role, lamport, event_id, 0 AS added, ordinal
  FROM version JOIN version_input ON version_input.version = version.key
  WHERE NOT ${isToldByRun('version_input.input', 'version.digest')}`

const addedEdges = `
  SELECT input AS source, output AS target, role, lamport, event.id AS event_id, 1 AS added, 0 AS ordinal
  FROM lineage_edge JOIN event ON event.key = lineage_edge.event
  WHERE NOT ${isToldByRun('lineage_edge.input', 'lineage_edge.output')}`

const readEdges = `
  SELECT version AS source, run.id AS target, role, lamport, event.id AS event_id, 0 AS added, 0 AS ordinal
  FROM run_link AS link JOIN run ON run.key = link.run JOIN event ON event.key = link.event
  WHERE direction = 'input'`

const madeEdges = `
  SELECT run.id AS source, version AS target, role, lamport, event.id AS event_id, 0 AS added, 0 AS ordinal
  FROM run_link AS link JOIN run ON run.key = link.run JOIN event ON event.key = link.event
  WHERE direction = 'output'`

/** Of versions that name their run, which does not name them. */
const recordedRunEdges = `
  SELECT version.run AS source, digest AS target, '${outputRole}' AS role, lamport, event_id,
    0 AS added, 0 AS ordinal
  FROM version WHERE version.run IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM run JOIN run_link AS link ON link.run = run.key
    WHERE run.id = version.run AND link.version = version.digest AND link.direction = 'output')`

/** In the order of events, which is the same on every machine. */
function inOrder(...selects: readonly string[]): string {
  return `${selects.join(' UNION ALL ')} ORDER BY lamport, event_id, ordinal`
}

export class LineageView implements LineageGraph {
  readonly #intoVersions
  readonly #intoRuns
  readonly #outOfVersions
  readonly #outOfRuns
  readonly #versions
  readonly #runs

  constructor(db: Database) {
    this.#intoVersions = db.query<EdgeRow>(
      inOrder(
        `${inputEdges} AND digest IN ${named}`,
        `${addedEdges} AND output IN ${named}`,
        `${madeEdges} AND link.version IN ${named}`,
        `${recordedRunEdges} AND digest IN ${named}`,
      ),
    )
    this.#intoRuns = db.query<EdgeRow>(inOrder(`${readEdges} AND run.id IN ${named}`))
    this.#outOfVersions = db.query<EdgeRow>(
      inOrder(
        `${inputEdges} AND input IN ${named}`,
        `${addedEdges} AND input IN ${named}`,
        `${readEdges} AND link.version IN ${named}`,
      ),
    )
    this.#outOfRuns = db.query<EdgeRow>(
      inOrder(
        `${madeEdges} AND run.id IN ${named}`,
        `${recordedRunEdges} AND version.run IN ${named}`,
      ),
    )
    this.#versions = db.query<VersionFactsRow>(
      `SELECT digest, name AS artifact, removed FROM version
       JOIN artifact ON artifact.key = version.artifact WHERE digest IN ${named}`,
    )
    this.#runs = db.query<RunFactsRow>(
      `SELECT run.id, run.name, experiment.name AS experiment, run.status, run.removed,
         iif(json_type(body, '$.context.git.commit') = 'text',
           body ->> '$.context.git.commit', NULL) AS git_commit,
         body -> '$.context.git.dirty' AS dirty
       FROM run LEFT JOIN experiment ON experiment.key = run.experiment
       LEFT JOIN run_context AS git ON git.run = run.key AND git.name = 'git'
       LEFT JOIN event ON event.key = git.event
       WHERE run.id IN ${named} AND run.removed IS NOT NULL`,
    )
  }

  into(nodes: readonly NodeId[]): Edge[] {
    return this.#edges(nodes, { versions: this.#intoVersions, runs: this.#intoRuns })
  }

  outOf(nodes: readonly NodeId[]): Edge[] {
    return this.#edges(nodes, { versions: this.#outOfVersions, runs: this.#outOfRuns })
  }

  /** Those that are known here, removed ones too. */
  versions(versions: readonly Digest[]): Map<Digest, VersionFacts> {
    const rows = this.#versions.all({ names: JSON.stringify(versions) })
    return new Map(
      rows.map(({ digest, artifact, removed }) => [
        digestOfBlob(digest),
        { artifact, removed: removed === 1 },
      ]),
    )
  }

  /** Those that are known to have started, removed ones too. */
  runs(runs: readonly string[]): Map<string, RunFacts> {
    const rows = this.#runs.all({ names: JSON.stringify(runs) })
    return new Map(rows.map((row) => [idOfBlob(row.id), runFacts(row)]))
  }

  #edges(
    nodes: readonly NodeId[],
    queries: { readonly versions: Query<EdgeRow>; readonly runs: Query<EdgeRow> },
  ): Edge[] {
    const versions: Digest[] = []
    const runs: string[] = []
    for (const node of nodes) {
      const subject = subjectOfNode(node)
      if (subject.kind === 'run') runs.push(subject.run)
      else versions.push(subject.version)
    }
    return [...ask(queries.versions, versions), ...ask(queries.runs, runs)]
  }
}

function ask(query: Query<EdgeRow>, names: readonly string[]): Edge[] {
  if (names.length === 0) return []
  return query.all({ names: JSON.stringify(names) }).map(edgeOf)
}

function edgeOf({ source, target, role, lamport, event_id, added }: EdgeRow): Edge {
  const edge = { from: nodeOf(source), to: nodeOf(target), role }
  return added === 1 ? { ...edge, added: { id: idOfBlob(event_id), lamport } } : edge
}

const idBytes = 16

function nodeOf(name: Buffer): NodeId {
  return name.length === idBytes ? runNode(idOfBlob(name)) : versionNode(digestOfBlob(name))
}

function runFacts({ status, dirty, git_commit, removed, ...row }: RunFactsRow): RunFacts {
  if (!isRunStatus(status)) throw corrupt('the catalog', `a run has the status ${status}`)
  return {
    name: row.name,
    experiment: row.experiment,
    status,
    commit: git_commit,
    dirty: dirty === 'true' ? true : dirty === 'false' ? false : null,
    removed: removed === 1,
  }
}
