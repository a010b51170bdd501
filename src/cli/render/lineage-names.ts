/** How nodes of a lineage are called, whatever the form they are drawn in. */

import { inputRole, outputRole } from '../../core/lineage/roles.ts'
import type { LineageNode, LineageResult } from '../../store/runs/results.ts'
import { shortDigest } from '../../core/amounts.ts'
import { visible } from '../../core/visible-text.ts'

export type LineageNames = {
  /** One line with all that matters: aliases, status, commit. */
  readonly long: (id: string) => string
  /** The name alone. */
  readonly short: (id: string) => string
}

/** Safe to print; a terminal sees no character that could drive it. */
export function namesOf({ nodes }: LineageResult): LineageNames {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  return {
    long: (id) => [shortName(id, byId.get(id)), ...remarks(byId.get(id))].join(' '),
    short: (id) => shortName(id, byId.get(id)),
  }
}

/** Roles that say nothing beyond the direction of the edge. */
export function isEverydayRole(role: string): boolean {
  return role === inputRole || role === outputRole
}

function shortName(id: string, node: LineageNode | undefined): string {
  const [kind = '', name = ''] = id.split(':', 2)
  const known = node?.name ?? null
  if (kind === 'run') return `run ${known === null ? shortDigest(name) : visible(known)}`
  return known === null ? `version ${shortDigest(name)}` : visible(known)
}

function remarks(node: LineageNode | undefined): string[] {
  if (node === undefined || node.name === null) return ['(only its id is known here)']
  const facts = node.kind === 'run' ? runFacts(node) : node.aliases.map(visible)
  const removed = node.removed ? ['removed'] : []
  const all = [...facts, ...removed]
  return all.length === 0 ? [] : [`(${all.join(', ')})`]
}

function runFacts(run: LineageNode & { readonly kind: 'run' }): string[] {
  const { experiment, status, commit, dirty } = run
  const code =
    commit === null
      ? []
      : [`commit ${visible(commit.slice(0, 12))}${dirty === true ? ' with changes' : ''}`]
  return [experiment, status].flatMap((fact) => (fact === null ? [] : visible(fact))).concat(code)
}
