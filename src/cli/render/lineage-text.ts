/**
 * Lineage as text: what a version or run came from, and what came of it, as trees.
 *
 * A tree for a graph: what hangs on several branches is drawn out on the first of them, and where
 * it comes up again it says so. Built without recursion, since a chain of checkpoints may be
 * thousands of runs long.
 */

import type { AddLineageResult, LineageEdge, LineageResult } from '../../store/runs/results.ts'
import { aboutRole } from '../../core/lineage/roles.ts'
import { visible } from '../../core/visible-text.ts'
import { isEverydayRole, type LineageNames, namesOf } from './lineage-names.ts'
import type { Paint } from './paint.ts'

type Way = {
  readonly title: string
  /** The end of an edge that is nearer to the root, and the other one. */
  readonly near: 'from' | 'to'
  readonly far: 'from' | 'to'
}

const up: Way = { title: 'made from', near: 'to', far: 'from' }
const down: Way = { title: 'used by', near: 'from', far: 'to' }
const ways = { up: [up], down: [down], both: [up, down] } as const

export function renderLineage(result: LineageResult, paint: Paint): string {
  const names = namesOf(result)
  const trees = ways[result.direction].flatMap((way) => {
    const lines = treeOf(result, way, names)
    return lines.length === 0 ? [] : [paint('dim', way.title), ...lines]
  })
  const cut = new Set(result.cut)
  const nothing = cut.has(result.root)
    ? 'More than the depth shows.'
    : 'Nothing is known of what it came from or what came of it.'
  return [
    paint('bold', names.long(result.root)),
    ...(trees.length === 0 ? [nothing] : trees),
    ...result.leftOut.map((edge) =>
      paint(
        'yellow',
        `left out, as it would close a cycle: ${names.short(edge.from)} -> ${names.short(edge.to)}` +
          ` (added by ${visible(edge.by)} at ${edge.at})`,
      ),
    ),
  ].join('\n')
}

type Branch = {
  readonly edge: LineageEdge
  /** What stands before the lines of its siblings. */
  readonly indent: string
  readonly isLast: boolean
}

function treeOf(result: LineageResult, way: Way, names: LineageNames): string[] {
  const branches = edgesByNode(result.edges, way.near)
  const cut = new Set(result.cut)
  const drawn = new Set([result.root])
  const lines: string[] = []
  const open = branchesOf(branches.get(result.root) ?? [], '')
  for (let branch = open.pop(); branch !== undefined; branch = open.pop()) {
    const { edge, indent, isLast } = branch
    const node = edge[way.far]
    const below = branches.get(node) ?? []
    const isAgain = drawn.has(node)
    drawn.add(node)
    const note = isAgain && below.length > 0 ? '  (see above)' : cut.has(node) ? '  …' : ''
    lines.push(`${indent}${isLast ? '└─' : '├─'} ${lineOf(edge, way, names)}${note}`)
    if (isAgain) continue
    for (const each of branchesOf(below, `${indent}${isLast ? '   ' : '│  '}`)) open.push(each)
  }
  return lines
}

function edgesByNode(
  edges: readonly LineageEdge[],
  end: Way['near'],
): ReadonlyMap<string, readonly LineageEdge[]> {
  const byNode = new Map<string, LineageEdge[]>()
  for (const edge of edges) {
    const known = byNode.get(edge[end])
    if (known === undefined) byNode.set(edge[end], [edge])
    else known.push(edge)
  }
  return byNode
}

/** In reverse, since the one that is drawn next is taken from the end. */
function branchesOf(edges: readonly LineageEdge[], indent: string): Branch[] {
  return edges.map((edge, i) => ({ edge, indent, isLast: i === edges.length - 1 })).reverse()
}

/** The node, and what it was: a role is said of a version, which is one end or the other. */
function lineOf(edge: LineageEdge, { far }: Way, names: LineageNames): string {
  const name = names.long(edge[far])
  if (isEverydayRole(edge.role)) return name
  const isOfFar = far === 'from' ? edge.from.startsWith('version:') : edge.from.startsWith('run:')
  if (edge.role === aboutRole && far === 'to') return `attached: ${name}`
  const role = visible(edge.role)
  return isOfFar ? `${role}: ${name}` : `${name} as ${role}`
}

export function renderAddedLineage(result: AddLineageResult): string {
  const { fromName, toName, role, unchanged } = result
  const as = isEverydayRole(role) ? '' : ` as ${visible(role)}`
  const known = unchanged ? ' (known already)' : ''
  return `${visible(fromName)} -> ${visible(toName)}${as}${known}`
}
