/**
 * DefaultRemote: whose state counts, where several remotes say different things.
 *
 * It is a setting, so nothing stored depends on it: every query that does takes its key as the
 * parameter `@remote`. A repository never seen here counts as none.
 */

import { noRemote, type RemoteTable } from './remote-table.ts'

/** Bound to `@remote`. */
export type RemoteParameter = { readonly remote: number }

export class DefaultRemote {
  readonly #remotes: RemoteTable
  #repoId: string | undefined

  constructor(remotes: RemoteTable, repoId: string | undefined) {
    this.#remotes = remotes
    this.#repoId = repoId
  }

  get repoId(): string | undefined {
    return this.#repoId
  }

  set repoId(repoId: string | undefined) {
    this.#repoId = repoId
  }

  get key(): number {
    const known = this.#repoId === undefined ? undefined : this.#remotes.keyOf(this.#repoId)
    return known ?? noRemote
  }

  /** For queries that name `@remote`. */
  get parameter(): RemoteParameter {
    return { remote: this.key }
  }
}
