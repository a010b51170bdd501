/**
 * Lineage for programs that draw graphs: Graphviz (DOT) and Mermaid.
 *
 * Names are hostile: a quote, a bracket or a line break in one must never end its label and begin
 * something else. Nodes are called by their ids, or by numbers, which are ours.
 */

import type { LineageNode, LineageResult } from '../../store/runs/results.ts'
import { visible } from '../../core/visible-text.ts'
import { isEverydayRole, namesOf } from './lineage-names.ts'

/** For `dot -Tsvg`: boxes are versions, ellipses runs, the bold one is what was asked about. */
export function renderLineageDot(result: LineageResult): string {
  const names = namesOf(result)
  const cut = new Set(result.cut)
  const nodes = result.nodes.map((node) => {
    const style = styleOf(node, result.root)
    const attributes = [
      `label=${dotText(names.long(node.id) + (cut.has(node.id) ? ' …' : ''))}`,
      ...(node.kind === 'run' ? ['shape=ellipse'] : []),
      ...(style === '' ? [] : [`style=${dotText(style)}`]),
    ]
    return `  ${dotText(node.id)} [${attributes.join(', ')}]`
  })
  const edges = result.edges.map(({ from, to, role, added }) => {
    const attributes = [
      ...(isEverydayRole(role) ? [] : [`label=${dotText(visible(role))}`]),
      ...(added ? ['style=dashed'] : []),
    ]
    const list = attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`
    return `  ${dotText(from)} -> ${dotText(to)}${list}`
  })
  const head = ['digraph lineage {', '  rankdir=LR', '  node [shape=box]']
  return [...head, ...nodes, ...edges, '}'].join('\n')
}

/** For Markdown that shows Mermaid: boxes are versions, rounded ones runs. */
export function renderLineageMermaid(result: LineageResult): string {
  const names = namesOf(result)
  const cut = new Set(result.cut)
  const numbers = new Map(result.nodes.map(({ id }, i) => [id, `n${i}`]))
  const nodes = result.nodes.map((node) => {
    const text = mermaidText(names.long(node.id) + (cut.has(node.id) ? ' …' : ''))
    const shape = node.kind === 'run' ? `(${text})` : `[${text}]`
    return `  ${numbers.get(node.id) ?? ''}${shape}`
  })
  const edges = result.edges.map(({ from, to, role, added }) => {
    const arrow = added ? '-.->' : '-->'
    const label = isEverydayRole(role) ? '' : `|${mermaidText(role)}|`
    return `  ${numbers.get(from) ?? ''} ${arrow}${label} ${numbers.get(to) ?? ''}`
  })
  const root = `  style ${numbers.get(result.root) ?? ''} stroke-width:3px`
  return ['flowchart LR', ...nodes, ...edges, root].join('\n')
}

function styleOf(node: LineageNode, root: string): string {
  return [
    ...(node.id === root ? ['bold'] : []),
    ...(node.name === null || node.removed ? ['dashed'] : []),
  ].join(',')
}

/** A quoted string in which nothing is special: neither a quote nor an escape of DOT's. */
function dotText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** What is neither a letter, a digit nor plainly harmless stands as its code. */
function mermaidText(text: string): string {
  const safe = visible(text).replaceAll(
    /[^\p{L}\p{N} ._/@,()+=…-]/gu,
    (character) => `#${character.codePointAt(0) ?? 0};`,
  )
  return `"${safe}"`
}
