/** Walking lineage: what is near first, cycles once, and honest about what was cut off. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  type Edge,
  type NodeId,
  subjectOfNode,
  versionNode,
} from '../../../src/core/lineage/graph.ts'
import { type LineageDirection, lineagePath, walkLineage } from '../../../src/core/lineage/walk.ts'
import { edges, MemoryLineage, namesOf, node } from './graphs.ts'

type Walked = { readonly nodes: string; readonly edges: number; readonly cut: string }

function walk(
  graph: string,
  root: string,
  directions: readonly LineageDirection[],
  depth?: number,
): Walked {
  const limit = depth === undefined ? {} : { depth }
  const walked = walkLineage(new MemoryLineage(edges(graph)), node(root), {
    directions,
    ...limit,
  })
  const all = 'abcdefgRST'
  return {
    nodes: namesOf(walked.nodes, all),
    edges: walked.edges.length,
    cut: namesOf(walked.cut, all),
  }
}

//  a > R > c > S > d      b > R      c > e
const story = 'a>R b>R R>c c>S S>d c>e'

test('goes up to all that a version came from, the nearest first', () => {
  assert.deepEqual(walk(story, 'd', ['up']), { nodes: 'dScRab', edges: 5, cut: '' })
})

test('goes down to all that came of a version', () => {
  assert.deepEqual(walk(story, 'a', ['down']), { nodes: 'aRcSed', edges: 5, cut: '' })
})

test('goes both ways from the root alone: siblings are not shown', () => {
  assert.deepEqual(walk(story, 'c', ['up', 'down']), { nodes: 'cRabSed', edges: 6, cut: '' })
  assert.deepEqual(walk('a>b a>c', 'b', ['up', 'down']), { nodes: 'ba', edges: 1, cut: '' })
})

test('stops at the depth and says where there is more', () => {
  assert.deepEqual(walk(story, 'd', ['up'], 2), { nodes: 'dSc', edges: 2, cut: 'c' })
  assert.deepEqual(walk(story, 'd', ['up'], 0), { nodes: 'd', edges: 0, cut: 'd' })
  assert.deepEqual(walk(story, 'd', ['up'], 4), { nodes: 'dScRab', edges: 5, cut: '' })
})

test('shows an edge at the depth when both its ends are shown anyway', () => {
  assert.deepEqual(walk('a>b b>c a>c', 'c', ['up'], 1), { nodes: 'cba', edges: 3, cut: '' })
})

test('goes round a cycle once', () => {
  assert.deepEqual(walk('c>R R>c a>R', 'c', ['up', 'down']), { nodes: 'cRa', edges: 3, cut: '' })
})

test('a node that nobody knows stands alone', () => {
  assert.deepEqual(walk('', 'a', ['up', 'down']), { nodes: 'a', edges: 0, cut: '' })
})

test('a fact that was also added by hand is shown once', () => {
  const walked = walkLineage(new MemoryLineage(edges('a+b@1 a>b')), node('b'), {
    directions: ['up'],
  })
  assert.deepEqual(walked.edges, edges('a>b'))
})

test('asks once a level, however many nodes it has', () => {
  const wide = Array.from({ length: 1000 }, (_, i) => `a>v${i} v${i}>z`).join(' ')
  const memory = new MemoryLineage(edges(wide))
  assert.equal(walkLineage(memory, node('z'), { directions: ['up'] }).nodes.length, 1002)
  assert.equal(memory.questions, 3)
})

test('finds a shortest way down from one node to another', () => {
  const memory = new MemoryLineage(edges(story))
  const path = (from: string, to: string): string | undefined => {
    const found = lineagePath(memory, node(from), node(to))
    return found && namesOf(found, 'abcdeRS')
  }
  assert.equal(path('a', 'd'), 'aRcSd')
  assert.equal(path('c', 'c'), 'c')
  assert.equal(path('d', 'a'), undefined)
  assert.equal(path('e', 'd'), undefined)
})

test('gives the subject back that a node was made of', () => {
  for (const name of ['a', 'R']) {
    const subject = subjectOfNode(node(name))
    const back = subject.kind === 'run' ? `run:${subject.run}` : versionNode(subject.version)
    assert.equal(back, node(name))
  }
})

const names = ['a', 'b', 'c', 'd', 'e', 'R', 'S']
const anyEdges: fc.Arbitrary<Edge[]> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), {
    selector: (pair) => pair.join(),
    maxLength: 14,
  })
  .map((pairs) => pairs.map(([from, to]) => ({ from: node(from), to: node(to), role: 'input' })))

/** Distances by the plainest way there is: relax until nothing changes. */
function distances(graph: readonly Edge[], root: NodeId): Map<NodeId, number> {
  const found = new Map([[root, 0]])
  for (let changed = true; changed;) {
    changed = false
    for (const { from, to } of graph) {
      const far = (found.get(to) ?? Infinity) + 1
      if (far >= (found.get(from) ?? Infinity)) continue
      found.set(from, far)
      changed = true
    }
  }
  return found
}

test('holds exactly the nodes within the depth, and all edges between them that it passed', () => {
  fc.assert(
    fc.property(anyEdges, fc.nat({ max: 5 }), (graph, depth) => {
      const root = node('a')
      const walked = walkLineage(new MemoryLineage(graph), root, { directions: ['up'], depth })
      const near = [...distances(graph, root)].filter(([, far]) => far <= depth)
      assert.deepEqual(new Set(walked.nodes), new Set(near.map(([name]) => name)))
      const shown = new Set(walked.nodes)
      const within = graph.filter(({ from, to }) => shown.has(from) && shown.has(to))
      assert.deepEqual(new Set(walked.edges), new Set(within))
      const open = graph.filter(({ from, to }) => shown.has(to) && !shown.has(from))
      assert.deepEqual(new Set(walked.cut), new Set(open.map(({ to }) => to)))
    }),
  )
})
