/** Which added edges are left out: the same ones on every machine. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { compareEvents } from '../../../src/core/events/event.ts'
import { closingEdges, isAdded } from '../../../src/core/lineage/cycles.ts'
import type { Edge, NodeId } from '../../../src/core/lineage/graph.ts'
import { SoundLineage } from '../../../src/core/lineage/sound-lineage.ts'
import { edges, eventOf, MemoryLineage, node } from './graphs.ts'

/** Events of the edges that are left out, by their counters. */
function leftOut(text: string): number[] {
  return closingEdges(edges(text)).map((edge) => edge.added?.lamport ?? -1)
}

test('leaves nothing out where there is no cycle', () => {
  assert.deepEqual(leftOut('a>b b>c a+c@1 c+d@2'), [])
})

test('leaves out the later of two edges that close a cycle together', () => {
  assert.deepEqual(leftOut('a+b@1 b+a@2'), [2])
  assert.deepEqual(leftOut('b+a@2 a+b@1'), [2])
})

test('decides between two clones that counted alike by the ids of their events', () => {
  const [first, second] = edges('a+b@1 b+a@2')
  assert.ok(first !== undefined && second !== undefined)
  const alike = [second, first].map((edge) => ({
    ...edge,
    added: eventOf(edge === first ? 1 : 2, 7),
  }))
  assert.deepEqual(
    closingEdges(alike).map(({ added }) => added),
    [eventOf(2, 7)],
  )
})

test('leaves out an edge that goes against what a version says of itself', () => {
  //  a > b > c, and someone says that c came before a
  assert.deepEqual(leftOut('a>b b>c c+a@1'), [1])
})

test('leaves out an edge that goes against what a run did', () => {
  //  a > RUN > b
  assert.deepEqual(leftOut('a>R R>b b+a@1'), [1])
})

test('leaves out an edge from a version to itself', () => {
  assert.deepEqual(leftOut('a+a@1'), [1])
})

test('an edge that was left out closes no cycle for those after it', () => {
  // 2 is left out for 1 and the fact; 3 would only close a cycle with 2.
  assert.deepEqual(leftOut('a>b b+c@1 c+a@2 b+a@4 d+a@3 a+d@5'), [2, 4, 5])
  assert.deepEqual(leftOut('a+b@1 b+a@2 a+c@3 c+b@4'), [2])
})

test('a run that goes on from its own checkpoint is no reason to leave anything out', () => {
  assert.deepEqual(leftOut('c>R R>c a+c@1 c+b@2'), [])
})

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'R', 'S']

/** Facts between any nodes, cycles of runs included, and edges added by clones that count alike. */
const anyGraph: fc.Arbitrary<Edge[]> = fc
  .record({
    facts: fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), {
      maxLength: 6,
    }),
    claims: fc.array(
      fc.tuple(
        fc.constantFrom(...names),
        fc.constantFrom(...names),
        fc.integer({ min: 1, max: 4 }),
      ),
      { maxLength: 10 },
    ),
  })
  .map(({ facts, claims }) => [
    ...facts.map(([from, to]) => ({ from: node(from), to: node(to), role: 'input' })),
    ...claims.map(([from, to, lamport], index) => ({
      from: node(from),
      to: node(to),
      role: 'added',
      added: eventOf(index + 1, lamport),
    })),
  ])

const shuffled = (graph: Edge[]): fc.Arbitrary<Edge[]> =>
  fc.shuffledSubarray(graph, { minLength: graph.length })

const idsOf = (list: readonly Edge[]): Set<string> =>
  new Set(list.flatMap((edge) => edge.added?.id ?? []))

/** The rule word for word: one after the other, in the order of events. */
function oracle(graph: readonly Edge[]): Set<string> {
  const taken = graph.filter((edge) => edge.added === undefined)
  const out: Edge[] = []
  for (const edge of graph.filter(isAdded).sort((a, b) => compareEvents(a.added, b.added))) {
    if (isReachable(taken, edge.to, edge.from)) out.push(edge)
    else taken.push(edge)
  }
  return idsOf(out)
}

function isReachable(graph: readonly Edge[], start: NodeId, end: NodeId): boolean {
  const reached = new Set([start])
  for (let size = 0; size !== reached.size;) {
    size = reached.size
    for (const { from, to } of graph) if (reached.has(from)) reached.add(to)
  }
  return reached.has(end)
}

test('follows the rule word for word, whatever the order the events came in', () => {
  fc.assert(
    fc.property(
      anyGraph.chain((graph) => fc.tuple(fc.constant(graph), shuffled(graph))),
      ([graph, arrived]) => assert.deepEqual(idsOf(closingEdges(arrived)), oracle(graph)),
    ),
  )
})

test('asked bit by bit and in any order, gives the same edges as the whole graph at once', () => {
  const question = fc.tuple(fc.constantFrom('into', 'outOf'), fc.constantFrom(...names))
  fc.assert(
    fc.property(
      anyGraph.chain((graph) => fc.tuple(fc.constant(graph), shuffled(graph))),
      fc.array(question, { minLength: 1, maxLength: 8 }),
      ([graph, arrived], questions) => {
        const out = oracle(graph)
        const memory = new MemoryLineage(arrived)
        const sound = new SoundLineage(memory)
        for (const [way, name] of questions) {
          const answer = way === 'into' ? sound.into([node(name)]) : sound.outOf([node(name)])
          const all = way === 'into' ? memory.into([node(name)]) : memory.outOf([node(name)])
          const expected = all.filter((edge) => !out.has(edge.added?.id ?? ''))
          assert.deepEqual(answer, expected)
        }
        for (const id of idsOf(sound.leftOut)) assert.ok(out.has(id))
      },
    ),
  )
})

test('looks no further than it is asked where nobody added an edge', () => {
  const memory = new MemoryLineage(edges('a>b b>c c>d'))
  new SoundLineage(memory).into([node('d')])
  assert.equal(memory.questions, 1)
})

test('judges each node once, however often it is met', () => {
  const chain = Array.from({ length: 200 }, (_, i) => `v${i}+v${i + 1}@${i + 1}`).join(' ')
  const memory = new MemoryLineage(edges(chain))
  const sound = new SoundLineage(memory)
  for (let i = 0; i < 200; i++) sound.outOf([node(`v${i}`)])
  for (const [, times] of memory.asked) assert.ok(times <= 2, `${times} questions about a node`)
})
