/**
 * Many small commits, joined: what is asked for while one is being written goes with the next.
 *
 * An fsync takes some milliseconds, however little is written. A server that hears from many
 * training processes at once would be bound by it; joined, as many calls as wait share one, and
 * each is still durable before it is answered.
 *
 * Each caller decides what to say with everything in the catalog that was said before. So two that
 * say something of the same subject never share a write.
 */

import type { Event, EventFields } from '../../core/events/event.ts'
import { appendWithin } from '../append-events.ts'
import type { StoreParts, WriteScope } from '../parts.ts'

/** What a commit says, decided under the writer lock. */
export type Decide = () => readonly EventFields[]

type Waiting = {
  readonly subject: string
  readonly decide: Decide
  readonly resolve: (events: Event[]) => void
  readonly reject: (error: unknown) => void
}

/** Commits that are written together at most: those of a server's largest requests fit in one append. */
const joinedMax = 32

export class CommitQueue {
  readonly #parts: StoreParts
  #waiting: Waiting[] = []
  #isWriting = false

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /** How many commits wait for their turn. */
  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Appends what `decide` says; durable when it resolves.
   *
   * @param subject What it says something of, such as a run: commits of one subject come one after
   * the other, in the order of the calls.
   * @throws What `decide` throws: then nothing was said. What writing throws.
   */
  commit(subject: string, decide: Decide): Promise<Event[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ subject, decide, resolve, reject })
      if (!this.#isWriting) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    // Calls of the same turn of the event loop go together.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#writeSome()
    this.#isWriting = false
  }

  async #writeSome(): Promise<void> {
    const some = this.#takeSome()
    let said: readonly (readonly [Waiting, Event[]])[] = []
    try {
      await this.#parts.write((scope) => {
        said = this.#append(scope, some)
      })
    } catch (error) {
      for (const { reject } of some) reject(error)
      return
    }
    for (const [{ resolve }, events] of said) resolve(events)
  }

  /** The first of each subject that waits; the others come with the next write. */
  #takeSome(): Waiting[] {
    const subjects = new Set<string>()
    const some: Waiting[] = []
    const others: Waiting[] = []
    for (const each of this.#waiting) {
      const isFree = some.length < joinedMax && !subjects.has(each.subject)
      subjects.add(each.subject)
      if (isFree) some.push(each)
      else others.push(each)
    }
    this.#waiting = others
    return some
  }

  /** All in one append, so with one fsync; who cannot decide is told and says nothing. */
  #append(scope: WriteScope, some: readonly Waiting[]): (readonly [Waiting, Event[]])[] {
    const decided: (readonly [Waiting, readonly EventFields[]])[] = []
    for (const each of some) {
      try {
        decided.push([each, each.decide()])
      } catch (error) {
        each.reject(error)
      }
    }
    const events = appendWithin(
      this.#parts,
      scope,
      decided.flatMap(([, fields]) => fields),
    )
    let start = 0
    return decided.map(([each, fields]) => {
      const own = events.slice(start, start + fields.length)
      start += fields.length
      return [each, own]
    })
  }
}
