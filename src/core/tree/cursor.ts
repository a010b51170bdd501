/**
 * A position among the nodes of one level of a directory, in order.
 *
 * It moves forward only and reads a node when it gets there, so an edit or a comparison touches
 * the nodes it concerns and those above them.
 */

import { lowerBound } from './lookup.ts'
import { pointerAt, type ReachedNode, readPointer } from './pointer.ts'
import type { Reading } from './reading.ts'

export class LevelCursor {
  /** The level above, or `undefined` if this level is the root node alone. */
  readonly #above: LevelCursor | undefined
  readonly #root: ReachedNode
  #parent: ReachedNode | undefined
  #index = 0
  #current: ReachedNode | undefined

  constructor(root: ReachedNode, above: LevelCursor | undefined) {
    this.#root = root
    this.#above = above
  }

  /** A cursor on each level of the directory with this root, from level 0 up. */
  static ofLevels(root: ReachedNode): readonly LevelCursor[] {
    let cursor = new LevelCursor(root, undefined)
    const cursors = [cursor]
    while (cursors.length <= root.node.level) {
      cursor = new LevelCursor(root, cursor)
      cursors.unshift(cursor)
    }
    return cursors
  }

  /** Whether no node of the level comes after this one. */
  get isLast(): boolean {
    if (this.#above === undefined || this.#parent === undefined) return true
    return this.#above.isLast && this.#index === this.#parent.node.entries.length - 1
  }

  /** Goes to the node that holds the name or would hold it. */
  *seek(name: string): Reading<never, ReachedNode> {
    if (this.#above === undefined) return this.#root
    const parent = yield* this.#above.seek(name)
    return yield* this.#goTo(
      parent,
      Math.min(lowerBound(parent.node, name), parent.node.entries.length - 1),
    )
  }

  /** Goes to the next node; `undefined` at the end of the level. */
  *next(): Reading<never, ReachedNode | undefined> {
    if (this.#above === undefined || this.#parent === undefined) return undefined
    if (this.#index + 1 < this.#parent.node.entries.length) {
      return yield* this.#goTo(this.#parent, this.#index + 1)
    }
    const parent = yield* this.#above.next()
    return parent && (yield* this.#goTo(parent, 0))
  }

  *#goTo(parent: ReachedNode, index: number): Reading<never, ReachedNode> {
    const isHere = this.#parent === parent && this.#index === index
    if (isHere && this.#current !== undefined) return this.#current
    const current = yield* readPointer(pointerAt(parent, index))
    this.#parent = parent
    this.#index = index
    this.#current = current
    return current
  }
}
