/**
 * Where a version came from, and who uses it now: the neighbours in the lineage graph, in words.
 */

import type { RunFacts } from '../catalog/lineage-view.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import type { Digest } from '../core/digest.ts'
import {
  type Edge,
  type LineageGraph,
  runNode,
  subjectOfNode,
  versionNode,
} from '../core/lineage/graph.ts'
import { aboutRole } from '../core/lineage/roles.ts'
import { SoundLineage } from '../core/lineage/sound-lineage.ts'
import { namesOf } from './lineage-nodes.ts'
import type { StoreParts } from './parts.ts'
import type { CodeState, LinkedRun, Provenance, VersionUses, VersionInput } from './results.ts'

type CatalogPart = Pick<StoreParts, 'catalog'>

/** Answers which run made it, from which data, of which code, and who uses it. */
export function provenanceOf(parts: CatalogPart, version: VersionRow): Provenance {
  const graph = new SoundLineage(parts.catalog.lineage)
  const node = versionNode(version.id)
  const into = graph.into([node])
  const makers = into.filter((edge) => edge.from.startsWith('run:'))
  const read = graph.into([...new Set(makers.map(({ from }) => from))])
  return {
    madeBy: makersOf(parts, makers),
    code: codeOf(parts, version, makers),
    inputs: inputsOf(parts, version, {
      run: read,
      added: into.filter((edge) => edge.added !== undefined),
    }),
    usedBy: { aliases: aliasesAt(parts, version), ...usersOf(parts, graph, version.id) },
  }
}

/** The runs that read a version and the versions made from it, as far as they are not removed. */
export function lineageUsers(parts: CatalogPart, version: Digest): Users {
  return usersOf(parts, new SoundLineage(parts.catalog.lineage), version)
}

type Users = Pick<VersionUses, 'versions' | 'runs'>

function makersOf({ catalog }: CatalogPart, edges: readonly Edge[]): LinkedRun[] {
  const facts = catalog.lineage.runs(runsAt(edges, 'from'))
  return edges.flatMap(({ from, role }) => {
    const subject = subjectOfNode(from)
    if (subject.kind !== 'run') return []
    return { ...namedRun(subject.run, facts.get(subject.run)), role }
  })
}

/** As the first run that knows says, else as the version does. */
function codeOf(
  { catalog }: CatalogPart,
  version: VersionRow,
  makers: readonly Edge[],
): CodeState | null {
  const said = runsAt(makers, 'from').map((run) => catalog.runs.context(run)['git'])
  const states = [...said, version.record.code].map(codeState)
  return states.find((state) => state !== null) ?? null
}

function codeState(said: unknown): CodeState | null {
  if (typeof said !== 'object' || said === null || !('commit' in said)) return null
  const { commit, branch, dirty, remote }: { readonly [Key in keyof CodeState]?: unknown } = said
  if (typeof commit !== 'string') return null
  return {
    commit,
    branch: typeof branch === 'string' ? branch : null,
    dirty: typeof dirty === 'boolean' ? dirty : null,
    remote: typeof remote === 'string' ? remote : null,
  }
}

/** What the version says of itself first, then what its runs read, then what was added. */
function inputsOf(
  { catalog }: CatalogPart,
  { record }: VersionRow,
  edges: { readonly run: readonly Edge[]; readonly added: readonly Edge[] },
): VersionInput[] {
  const said = [
    ...(record.inputs ?? []).map((input) => ({ ...input, via: 'record' as const })),
    ...edges.run.flatMap((edge) => inputOf(edge, 'run')),
    ...edges.added.flatMap((edge) => inputOf(edge, 'added')),
  ]
  const inputs = firstOfEach(said, ({ version }) => version)
  const names = namesOf({ catalog }, catalog.lineage.versions(inputs.map((i) => i.version)))
  return inputs.map((input) => ({ ...input, name: names.get(input.version) ?? null }))
}

function inputOf({ from, role }: Edge, via: VersionInput['via']): Omit<VersionInput, 'name'>[] {
  const subject = subjectOfNode(from)
  return subject.kind === 'version' ? [{ version: subject.version, role, via }] : []
}

function aliasesAt(
  { catalog: { aliases, events } }: CatalogPart,
  { id, artifact }: VersionRow,
): VersionUses['aliases'] {
  const names = aliases.ofVersions([id]).get(id) ?? []
  return names.map((alias) => {
    const head = aliases.head(artifact, alias)
    const move = head && events.get(head.event)
    const reason = move?.type === 'alias.move' ? move.reason : undefined
    return { alias, at: move?.at ?? '', by: move?.by ?? '', reason: reason ?? null }
  })
}

/** What only says something about the version is no user. */
function usersOf({ catalog }: CatalogPart, graph: LineageGraph, id: Digest): Users {
  const out = graph.outOf([versionNode(id)]).filter(({ role }) => role !== aboutRole)
  const runs = catalog.lineage.runs(runsAt(out, 'to'))
  const removed = [...runs].flatMap(([run, facts]) => (facts.removed ? runNode(run) : []))
  // What a removed run made was made from what it read all the same.
  const made = [...out, ...graph.outOf(removed)]
  const versions = catalog.lineage.versions(versionsAt(made, 'to'))
  const names = namesOf({ catalog }, versions)
  return {
    versions: firstOfEach(made, (edge) => edge.to).flatMap(({ to, role }) => {
      const subject = subjectOfNode(to)
      if (subject.kind === 'run' || versions.get(subject.version)?.removed === true) return []
      return { version: subject.version, name: names.get(subject.version) ?? null, role }
    }),
    runs: firstOfEach(out, (edge) => edge.to).flatMap(({ to, role }) => {
      const subject = subjectOfNode(to)
      if (subject.kind === 'version' || runs.get(subject.run)?.removed === true) return []
      return { ...namedRun(subject.run, runs.get(subject.run)), role }
    }),
  }
}

function namedRun(run: string, facts: RunFacts | undefined): Omit<LinkedRun, 'role'> {
  if (facts === undefined)
    return { run, name: null, experiment: null, status: null, removed: false }
  const { name, experiment, status, removed } = facts
  return { run, name, experiment, status, removed }
}

function runsAt(edges: readonly Edge[], end: 'from' | 'to'): string[] {
  return edges.flatMap((edge) => {
    const subject = subjectOfNode(edge[end])
    return subject.kind === 'run' ? subject.run : []
  })
}

function versionsAt(edges: readonly Edge[], end: 'from' | 'to'): Digest[] {
  return edges.flatMap((edge) => {
    const subject = subjectOfNode(edge[end])
    return subject.kind === 'version' ? subject.version : []
  })
}

function firstOfEach<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  const seen = new Set<string>()
  return items.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)))
}
