/**
 * The split rule: where a directory's entries are cut into nodes.
 *
 * It looks at names only, so a changed file never moves a cut, and it forgets everything at a
 * cut, so an edit changes the node it is in and, rarely, the next ones. On average a node has
 * 256 entries. The level goes into the hash so that a name that ends a node on one level does
 * not end one on every level.
 */

import { hash } from 'node:crypto'

import { type NodeEntry, nodeEntriesMax, type TreeNode } from './node.ts'

/** Fewer would let a level be no shorter than the one below. */
const nodeEntriesMin = 2

/** Cuts the entries of one level, given in order, into nodes. */
export class Splitter {
  readonly #level: number
  #entries: NodeEntry[] = []

  constructor(level: number) {
    this.#level = level
  }

  /** Whether the last entry ended a node, so that the next one starts one. */
  get isAtCut(): boolean {
    return this.#entries.length === 0
  }

  /** Takes the next entry; returns the node that it ends, if it ends one. */
  push(entry: NodeEntry): TreeNode | undefined {
    this.#entries.push(entry)
    return this.#endsHere(entry.name) ? this.flush() : undefined
  }

  /** Ends the level: returns the last node, if entries are left for one. */
  flush(): TreeNode | undefined {
    if (this.isAtCut) return undefined
    const node = { level: this.#level, entries: this.#entries }
    this.#entries = []
    return node
  }

  #endsHere(name: string): boolean {
    const count = this.#entries.length
    if (count >= nodeEntriesMax) return true
    return count >= nodeEntriesMin && isCut(this.#level, name)
  }
}

/** The first 4 bytes, big-endian, mod 256 are 0: the fourth byte of the hash is 0. */
function isCut(level: number, name: string): boolean {
  return hash('sha256', String.fromCharCode(level) + name, 'hex').startsWith('00', 6)
}
