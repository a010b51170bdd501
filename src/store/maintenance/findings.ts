/**
 * What a check has found so far, and what has become of it.
 *
 * A finding may name what would mend it; a repair then says which of those are mended. In the
 * result there are only words, because people and scripts act on them, not on our types.
 */

import type { Digest } from '../../core/digest.ts'
import type { FsckResult } from '../results.ts'
import { sentences } from './sentences.ts'

/** What has to be made good for a finding to be gone. */
export type Mend =
  /** An object, or file content, that must be readable again. */
  | { readonly kind: 'object'; readonly digest: Digest }
  /** A pack whose readable frames must move to another one. */
  | { readonly kind: 'pack'; readonly packId: string }
  /** A whole file kept by a link. */
  | { readonly kind: 'loose'; readonly digest: Digest }
  /** Rows of `index.sqlite` about packs. */
  | { readonly kind: 'index'; readonly packId: string }
  /** Rows of `index.sqlite` about the journal. */
  | { readonly kind: 'catalog' }
  /** The journal as a whole. */
  | { readonly kind: 'journal' }
  /** A key of a remote whose right bytes are known. */
  | { readonly kind: 'key'; readonly key: string }

export type Finding = {
  /** A file of the store, a key of a remote, or a path in a version. */
  readonly where: string
  /** A sentence, with what to do about it where that is not obvious. */
  readonly what: string
  readonly mend?: Mend
  /** What to do about it, left out when it is repaired. */
  readonly hint?: string
  /** It is as it may be, and puts itself right. */
  readonly isNote?: true
}

export class Findings {
  readonly #all: Finding[] = []
  readonly #mended = new Set<string>()
  #objects = 0
  #bytes = 0

  /** Everything found, in order. */
  get all(): readonly Finding[] {
    return this.#all
  }

  report(finding: Finding): void {
    this.#all.push(finding)
  }

  /** Whether the same was found before. */
  has({ where, what, mend }: Finding): boolean {
    const key = mend && keyOf(mend)
    return this.#all.some((known) =>
      key !== undefined && known.mend !== undefined
        ? keyOf(known.mend) === key
        : known.where === where && known.what === what,
    )
  }

  /** Counts what was read and found good or bad. */
  count(objects: number, bytes: number): void {
    this.#objects += objects
    this.#bytes += bytes
  }

  /** Says that whatever needed this is repaired. */
  mended(mend: Mend): void {
    this.#mended.add(keyOf(mend))
  }

  isMended(mend: Mend): boolean {
    return this.#mended.has(keyOf(mend))
  }

  /** Adds what a later round found anew and mended; what it counted replaces what was counted. */
  absorb(later: Findings): void {
    for (const finding of later.#all) if (!this.has(finding)) this.#all.push(finding)
    for (const key of later.#mended) this.#mended.add(key)
    this.#objects = later.#objects
    this.#bytes = later.#bytes
  }

  /** What still has to be made good, each once. */
  open<Kind extends Mend['kind']>(kind: Kind): Extract<Mend, { readonly kind: Kind }>[] {
    const open = new Map<string, Extract<Mend, { readonly kind: Kind }>>()
    for (const { mend } of this.#all) {
      if (mend !== undefined && isOfKind(mend, kind) && !this.#mended.has(keyOf(mend))) {
        open.set(keyOf(mend), mend)
      }
    }
    return [...open.values()]
  }

  /** The findings in words. */
  result(): FsckResult {
    const said = this.#all.map(({ where, what, hint, mend, isNote = false }) => {
      const repaired = mend !== undefined && this.#mended.has(keyOf(mend))
      const text = sentences(what, repaired ? undefined : hint)
      return { problem: { where, what: text, repaired }, isNote }
    })
    const problems = said.filter(({ isNote }) => !isNote).map(({ problem }) => problem)
    const notes = said
      .filter(({ isNote, problem }) => isNote && !problem.repaired)
      .map(({ problem: { where, what } }) => ({ where, what }))
    return { objects: this.#objects, bytes: this.#bytes, problems, notes }
  }
}

function isOfKind<Kind extends Mend['kind']>(
  mend: Mend,
  kind: Kind,
): mend is Extract<Mend, { readonly kind: Kind }> {
  return mend.kind === kind
}

function keyOf(mend: Mend): string {
  return JSON.stringify(Object.entries(mend))
}
