/**
 * Reading trees without caring where their nodes are.
 *
 * Nodes come from disk at once or from a remote after a while. So that no algorithm is written
 * twice, each is a generator that yields the digests it needs next and is sent the nodes; it
 * asks for many at a time where it can, so that a remote is asked once. The runners below feed
 * it from a source that answers at once or one that takes its time.
 */

import type { Digest } from '../digest.ts'
import type { TreeNode } from './node.ts'

/** Where nodes are read at once. Throws `OBJECT_MISSING` where there is none. */
export interface NodeSource {
  node(digest: Digest): TreeNode
}

/** Where nodes take a while and are better asked for together. */
export interface AsyncNodeSource {
  /** The nodes, in the order of their digests. */
  nodes(digests: readonly Digest[]): Promise<readonly TreeNode[]>
}

/** What a reading does next: needs nodes, which `next` then sends, or has found something. */
export type Step<Item> = { readonly need: readonly Digest[] } | { readonly found: readonly Item[] }

/** A tree algorithm that waits for its nodes. */
export type Reading<Item, Result> = Generator<Step<Item>, Result, readonly TreeNode[]>

const noNodes: readonly TreeNode[] = []

/** Runs a reading that finds nothing on the way. */
export function readSync<Result>(reading: Reading<never, Result>, source: NodeSource): Result {
  let answer = noNodes
  for (;;) {
    const step = reading.next(answer)
    if (step.done === true) return step.value
    answer = 'need' in step.value ? step.value.need.map((digest) => source.node(digest)) : noNodes
  }
}

/** `readSync` for a source that takes its time. */
export async function readAsync<Result>(
  reading: Reading<never, Result>,
  source: AsyncNodeSource,
): Promise<Result> {
  let answer = noNodes
  for (;;) {
    const step = reading.next(answer)
    if (step.done === true) return step.value
    answer = 'need' in step.value ? await source.nodes(step.value.need) : noNodes
  }
}

/** Runs a reading and gives what it finds, as it is asked for. */
export function* streamSync<Item>(
  reading: Reading<Item, void>,
  source: NodeSource,
): Generator<Item, void, undefined> {
  let answer = noNodes
  for (;;) {
    const step = reading.next(answer)
    if (step.done === true) return
    if ('need' in step.value) {
      answer = step.value.need.map((digest) => source.node(digest))
    } else {
      yield* step.value.found
      answer = noNodes
    }
  }
}

/** `streamSync` for a source that takes its time. */
export async function* streamAsync<Item>(
  reading: Reading<Item, void>,
  source: AsyncNodeSource,
): AsyncGenerator<Item, void, undefined> {
  let answer = noNodes
  for (;;) {
    const step = reading.next(answer)
    if (step.done === true) return
    if ('need' in step.value) {
      answer = await source.nodes(step.value.need)
    } else {
      yield* step.value.found
      answer = noNodes
    }
  }
}

/** Runs readings side by side: each request joins what all of them need next. */
export function* together<Result>(
  readings: Iterable<Reading<never, Result>>,
): Reading<never, readonly Result[]> {
  const runs = Array.from(readings, (reading) => ({ reading, step: reading.next(noNodes) }))
  for (;;) {
    const waiting = runs.filter((run) => run.step.done !== true)
    if (waiting.length === 0) break
    const nodes = yield { need: waiting.flatMap((run) => needOf(run.step)) }
    let start = 0
    for (const run of waiting) {
      const end = start + needOf(run.step).length
      run.step = run.reading.next(nodes.slice(start, end))
      start = end
    }
  }
  return runs.flatMap(({ step }) => (step.done === true ? [step.value] : []))
}

function needOf(step: IteratorResult<Step<never>, unknown>): readonly Digest[] {
  return step.done !== true && 'need' in step.value ? step.value.need : []
}
