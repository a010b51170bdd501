/**
 * StoreOfRuns: the use cases about runs and what hangs on them, the half of `Store` that knows of
 * experiments, lineage, checks and numbers.
 */

import type { NumberedSubject, NumberResult } from './number-results.ts'
import type * as requests from './requests.ts'
import type * as results from './results.ts'
import type * as runRequests from './runs/requests.ts'
import type * as runResults from './runs/results.ts'
import { StoreHandle } from './store-handle.ts'

export abstract class StoreOfRuns extends StoreHandle {
  // --- lineage --------------------------------------------------------------------------------

  /** What a version or a run (`run:ID`) came from, and what came of it; needs only records. */
  async lineage(request: runRequests.LineageRequest): Promise<runResults.LineageResult> {
    const { lineage } = await import('./lineage.ts')
    return lineage(this.known(), request)
  }

  /**
   * Says after the fact that the version `to` was made from `from`, as `role` (default: `input`).
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` if that would close a cycle, which is in
   * `details.path`.
   */
  async addLineage(
    from: string,
    to: string,
    options?: { readonly role?: string | undefined },
  ): Promise<runResults.AddLineageResult> {
    const { addLineage } = await import('./add-lineage.ts')
    return addLineage(await this.ready(), from, to, options)
  }

  /** Adds a check, a profile or the like of a version or a run (`run:ID`). */
  async attach(
    target: string,
    type: string,
    content: requests.AttachedContent,
    options?: requests.AttachOptions,
  ): Promise<results.AttachResult> {
    const { attach } = await import('./attach.ts')
    return attach(await this.ready(), { target, type, content, ...(options && { options }) })
  }

  /** What was attached to a version or a run, newest first; each is a version to `get` or `cat`. */
  async attachments(
    target: string,
    options?: { readonly type?: string | undefined },
  ): Promise<results.Attachment[]> {
    const { attachments } = await import('./attachments.ts')
    return attachments(this.known(), target, options)
  }

  // --- numbers --------------------------------------------------------------------------------

  /**
   * Gives a version or a run the next number of a series; the one it has, if it has one.
   *
   * Provisional until it is pushed: where somebody else pushed the same number first, the push
   * gives the subject the next free one and says so.
   *
   * @param series `TES-TEST`, `model/resnet`: 1 to 250 characters.
   * @param subject A version reference, `version:DIGEST` or `run:ID`.
   */
  async claimNumber(series: string, subject: string): Promise<NumberResult> {
    const { claimNumber } = await import('./numbers.ts')
    return claimNumber(await this.ready(), series, subject)
  }

  /** The numbers of a version or a run, one a series, each with those it had before. */
  async numberOf(subject: string): Promise<NumberResult[]> {
    const { numberOf } = await import('./numbers.ts')
    return numberOf(this.known(), subject)
  }

  /** What has a number; `undefined` if nothing has. */
  async byNumber(series: string, number: number): Promise<NumberedSubject | undefined> {
    const { byNumber } = await import('./numbers.ts')
    return byNumber(this.known(), series, number)
  }
}
