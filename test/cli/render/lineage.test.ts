/** Lineage as text, DOT and Mermaid: readable, and safe against hostile names. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { renderLineageDot, renderLineageMermaid } from '../../../src/cli/render/lineage-drawings.ts'
import { renderAddedLineage, renderLineage } from '../../../src/cli/render/lineage-text.ts'
import { visibleLines } from '../../../src/core/visible-text.ts'
import { plain } from '../../../src/cli/render/paint.ts'
import type { LineageEdge, LineageNode, LineageResult } from '../../../src/store/runs/results.ts'
import { digest } from '../fake-shell.ts'

function versionOf(name: string | null, more: Partial<LineageNode> = {}): LineageNode {
  const version = digest(name ?? 'unknown')
  const node = { kind: 'version' as const, id: `version:${version}`, version, name }
  return { ...node, aliases: [], removed: false, ...more } as LineageNode
}

function runOf(name: string | null, more: Partial<LineageNode> = {}): LineageNode {
  const run = digest(name ?? 'unknown run').slice(0, 32)
  const facts =
    name === null
      ? { experiment: null, status: null, commit: null, dirty: null }
      : { experiment: 'vision', status: 'FINISHED', commit: '1a2b3c4d5e6f7a8b', dirty: false }
  return {
    kind: 'run',
    id: `run:${run}`,
    run,
    name,
    ...facts,
    removed: false,
    ...more,
  } as LineageNode
}

const model = versionOf('model/resnet@v12', { aliases: ['prod', 'staging'] })
const run = runOf('brave-otter', { dirty: true })
const data = versionOf('dataset/coco@v3')
const raw = versionOf('dataset/raw@2026-11-20-10-00-00', { removed: true })
const base = versionOf(null)
const evaluation = runOf(null)
const report = versionOf('report/resnet@v1')

function edge(from: LineageNode, to: LineageNode, role = 'input', added = false): LineageEdge {
  return { from: from.id, to: to.id, role, added }
}

const story: LineageResult = {
  root: model.id,
  direction: 'both',
  nodes: [model, run, data, base, raw, evaluation, report],
  edges: [
    edge(run, model, 'checkpoint'),
    edge(data, run, 'data'),
    edge(base, run, 'base', true),
    edge(raw, data),
    edge(raw, base, 'input'),
    edge(model, evaluation, 'candidate'),
    edge(evaluation, report, 'output'),
    edge(model, report, 'subject'),
  ],
  cut: [raw.id],
  leftOut: [],
}

test('draws what a version was made from and what it is used by', () => {
  assert.equal(
    renderLineage(story, plain),
    `
model/resnet@v12 (prod, staging)
made from
└─ run brave-otter (vision, FINISHED, commit 1a2b3c4d5e6f with changes) as checkpoint
   ├─ data: dataset/coco@v3
   │  └─ dataset/raw@2026-11-20-10-00-00 (removed)  …
   └─ base: version ${digest('unknown').slice(0, 12)} (only its id is known here)
      └─ dataset/raw@2026-11-20-10-00-00 (removed)  …
used by
├─ run ${digest('unknown run').slice(0, 12)} (only its id is known here) as candidate
│  └─ report/resnet@v1
└─ report/resnet@v1 as subject`.trim(),
  )
})

test('draws what hangs on two branches once, and only the way that was asked for', () => {
  //  a > b > d, a > c > d, d > e
  const [a, b, c, d, e] = ['t/a@1', 't/b@1', 't/c@1', 't/d@1', 't/e@1'].map((n) => versionOf(n))
  assert.ok(a && b && c && d && e)
  const result: LineageResult = {
    root: a.id,
    direction: 'down',
    nodes: [a, b, c, d, e],
    edges: [edge(a, b), edge(a, c), edge(b, d), edge(c, d), edge(d, e)],
    cut: [],
    leftOut: [],
  }
  assert.equal(
    renderLineage(result, plain),
    `
t/a@1
used by
├─ t/b@1
│  └─ t/d@1
│     └─ t/e@1
└─ t/c@1
   └─ t/d@1  (see above)`.trim(),
  )
  assert.doesNotMatch(renderLineage({ ...result, direction: 'up' }, plain), /used by/)
})

test('draws a run that goes on from its own checkpoint without going round', () => {
  const cycle: LineageResult = {
    root: model.id,
    direction: 'up',
    nodes: [model, run],
    edges: [edge(run, model, 'output'), edge(model, run)],
    cut: [],
    leftOut: [],
  }
  assert.deepEqual(renderLineage(cycle, plain).split('\n').slice(2), [
    '└─ run brave-otter (vision, FINISHED, commit 1a2b3c4d5e6f with changes)',
    '   └─ model/resnet@v12 (prod, staging)  (see above)',
  ])
})

test('draws a chain of ten thousand versions', () => {
  const chain = Array.from({ length: 10_000 }, (_, i) => versionOf(`model/x@${i}`))
  const edges = chain.slice(1).flatMap((to, i) => {
    const from = chain[i]
    return from === undefined ? [] : [edge(from, to)]
  })
  const root = chain[0]?.id ?? ''
  const result = { root, direction: 'down' as const, nodes: chain, edges, cut: [], leftOut: [] }
  assert.equal(renderLineage(result, plain).split('\n').length, 10_001)
  assert.equal(renderLineageDot(result).split('\n').length, 3 + 10_000 + 9999 + 1)
})

test('tells what says something about a version from what was made of it', () => {
  const checks = versionOf('model-checks/model/resnet@1')
  const result = {
    ...story,
    nodes: [model, checks],
    edges: [edge(model, checks, 'about')],
    cut: [],
  }
  assert.match(renderLineage(result, plain), /used by\n└─ attached: model-checks\/model\/resnet@1$/)
  const ofChecks = { ...result, root: checks.id }
  assert.match(renderLineage(ofChecks, plain), /made from\n└─ about: model\/resnet@v12 /)
})

test('says so where nothing is known, and which edges were left out', () => {
  const alone = { ...story, nodes: [model], edges: [], cut: [] }
  assert.match(renderLineage(alone, plain), /Nothing is known/)
  const leftOut = [
    { from: model.id, to: data.id, role: 'input', by: 'ben', at: '2026-11-21T04:44:50.000Z' },
  ]
  assert.match(
    renderLineage({ ...story, leftOut }, plain),
    /close a cycle: model\/resnet@v12 -> dataset\/coco@v3 \(added by ben at 2026-11-21T04/,
  )
})

test('draws for Graphviz', () => {
  const result = { ...story, nodes: [model, run, base], edges: story.edges.slice(0, 1), cut: [] }
  assert.equal(
    renderLineageDot({ ...result, edges: [...result.edges, edge(base, run, 'base', true)] }),
    `
digraph lineage {
  rankdir=LR
  node [shape=box]
  "${model.id}" [label="model/resnet@v12 (prod, staging)", style="bold"]
  "${run.id}" [label="run brave-otter (vision, FINISHED, commit 1a2b3c4d5e6f with changes)", shape=ellipse]
  "${base.id}" [label="version ${digest('unknown').slice(0, 12)} (only its id is known here)", style="dashed"]
  "${run.id}" -> "${model.id}" [label="checkpoint"]
  "${base.id}" -> "${run.id}" [label="base", style=dashed]
}`.trim(),
  )
})

test('draws for Mermaid', () => {
  const result = {
    ...story,
    nodes: [model, run],
    edges: [edge(run, model, 'checkpoint'), edge(model, run, 'x', true)],
    cut: [],
  }
  assert.equal(
    renderLineageMermaid(result),
    `
flowchart LR
  n0["model/resnet@v12 (prod, staging)"]
  n1("run brave-otter (vision, FINISHED, commit 1a2b3c4d5e6f with changes)")
  n1 -->|"checkpoint"| n0
  n0 -.->|"x"| n1
  style n0 stroke-width:3px`.trim(),
  )
})

const hostile = 'a"]; b -> c\n%%{init: {}}%% <b>`x`</b> \\" [click] \u{1b}[31m \u{202e}#quot;'

test('a hostile name stays a label in every form', () => {
  const named = versionOf(hostile, { aliases: [hostile] })
  const result: LineageResult = {
    root: named.id,
    direction: 'both',
    nodes: [named, model],
    edges: [edge(named, model, hostile)],
    cut: [],
    leftOut: [],
  }
  const text = renderLineage(result, plain)
  assert.equal(text.split('\n').length, 3)
  assert.equal(visibleLines(text), text)
  assert.equal(renderLineageDot(result).split('\n').length, 7)
  for (const line of renderLineageMermaid(result).split('\n').slice(1, -1)) {
    assert.match(line, /^ {2}n\d(\[| -->\|)"[^"<>[\]`%\\:]*"(\]|\| n\d)$/)
  }
})

test('DOT reads every name back as it was, however it is quoted', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const node = versionOf(name.replaceAll(/[\p{C}\p{Z}]/gu, '_'))
      const result = { ...story, root: node.id, nodes: [node], edges: [], cut: [] }
      const line = renderLineageDot(result).split('\n')[3] ?? ''
      const [, label = ''] = /label=("(?:[^"\\]|\\.)*"), style="bold"\]$/.exec(line) ?? []
      assert.equal(label.slice(1, -1).replaceAll(/\\(.)/g, '$1'), node.name)
    }),
  )
})

test('says what an edge was added between', () => {
  const added = {
    from: digest('a'),
    fromName: 'dataset/coco@v3',
    to: digest('b'),
    toName: 'model/resnet@v12',
    role: 'data',
    unchanged: false,
  }
  assert.equal(renderAddedLineage(added), 'dataset/coco@v3 -> model/resnet@v12 as data')
  assert.match(renderAddedLineage({ ...added, unchanged: true }), /known already/)
})
