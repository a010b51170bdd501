/** Nodes of the lineage graph as results show them: names, aliases, what a run was and came to. */

import type { RunFacts, VersionFacts } from '../catalog/lineage-view.ts'
import type { Digest } from '../core/digest.ts'
import { type NodeId, subjectOfNode } from '../core/lineage/graph.ts'
import type { StoreParts } from './parts.ts'
import type { LineageNode } from './runs/results.ts'
import { shortDigest } from './version-title.ts'

type CatalogPart = Pick<StoreParts, 'catalog'>

/** In the order of the ids, with a few questions in all and not some a node. */
export function describeNodes({ catalog }: CatalogPart, nodes: readonly NodeId[]): LineageNode[] {
  const subjects = nodes.map(subjectOfNode)
  const ids = subjects.flatMap((subject) => (subject.kind === 'version' ? subject.version : []))
  const versions = catalog.lineage.versions(ids)
  const aliases = catalog.aliases.ofVersions(ids)
  const names = namesOf({ catalog }, versions)
  const runs = catalog.lineage.runs(
    subjects.flatMap((subject) => (subject.kind === 'run' ? subject.run : [])),
  )
  return subjects.map((subject): LineageNode => {
    if (subject.kind === 'run') return runNodeOf(subject.run, runs.get(subject.run))
    const { version } = subject
    return {
      kind: 'version',
      id: `version:${version}`,
      version,
      name: names.get(version) ?? null,
      aliases: aliases.get(version) ?? [],
      removed: versions.get(version)?.removed ?? false,
    }
  })
}

/** How nodes are called in a message. */
export function titlesOfNodes(parts: CatalogPart, nodes: readonly NodeId[]): string[] {
  return describeNodes(parts, nodes).map((node) => {
    const name = node.kind === 'run' ? node.run.slice(0, 12) : shortDigest(node.version)
    return node.kind === 'run' ? `run ${node.name ?? name}` : (node.name ?? `version ${name}`)
  })
}

/** `type/name@label` of each of them. */
export function namesOf(
  { catalog }: CatalogPart,
  versions: ReadonlyMap<Digest, VersionFacts>,
): Map<Digest, string> {
  const labels = catalog.labels.ofVersions([...versions.keys()])
  return new Map(
    [...versions].map(([id, { artifact }]) => [
      id,
      `${artifact}@${labels.get(id) ?? shortDigest(id)}`,
    ]),
  )
}

/** What is known of a run that is only an id here. */
const nothing = {
  name: null,
  experiment: null,
  status: null,
  commit: null,
  dirty: null,
  removed: false,
} as const

function runNodeOf(run: string, facts: RunFacts | undefined): LineageNode {
  return { kind: 'run', id: `run:${run}`, run, ...(facts ?? nothing) }
}
