/**
 * StoreOfRuns: the use cases about runs and what hangs on them, the half of `Store` that knows of
 * experiments, lineage, checks and numbers.
 */

import type * as cards from './cards/results.ts'
import type { ModelVersionDraft } from './model-versions/model-version-draft.ts'
import type { ModelVersionRequest } from './model-versions/requests.ts'
import type { NumberedSubject, NumberResult } from './number-results.ts'
import type * as registryRequests from './registry/requests.ts'
import type * as registry from './registry/results.ts'
import type * as requests from './requests.ts'
import type * as results from './results.ts'
import type * as runRequests from './runs/requests.ts'
import type * as runResults from './runs/results.ts'
import type { Run } from './runs/run.ts'
import { StoreHandle } from './store-handle.ts'
import type { Tracking } from './tracking/tracking.ts'

export abstract class StoreOfRuns extends StoreHandle {
  // --- runs -----------------------------------------------------------------------------------

  /**
   * Starts a run, or goes on with one (`resume`); durable when it resolves.
   *
   * With `await using`, call `end()` as the last statement of the scope: a run that is left
   * without it ends as FAILED, as it does when an error passes through. `withRun` sees to that.
   * Where MLSTORE_RUN_ID names a run, the new one is its child.
   *
   * @throws {MlstoreError} `NOT_FOUND` if there is no such parent or run to resume.
   */
  async startRun(request: runRequests.StartRunRequest = {}): Promise<Run> {
    const { startRun } = await import('./runs/start-run.ts')
    return startRun(await this.ready(), request)
  }

  /**
   * Logs into a run that was started elsewhere, next to whoever else does. Leaving it flushes; the
   * run goes on.
   *
   * @param run Its id, an unambiguous beginning of it, or its name.
   */
  async resumeRun(run: string, options?: runRequests.LoggingOptions): Promise<Run> {
    const { resumeRun } = await import('./runs/start-run.ts')
    return resumeRun(await this.ready(), run, options)
  }

  /**
   * Does `work` within a run, which is FINISHED when it returns, FAILED when it throws, and KILLED
   * when what it throws is `INTERRUPTED`.
   *
   * @returns What `work` returns; what it throws goes on to the caller.
   */
  async withRun<Result>(
    request: runRequests.StartRunRequest,
    work: (run: Run) => Result | Promise<Result>,
  ): Promise<Result> {
    const { withRun } = await import('./runs/start-run.ts')
    return withRun(await this.ready(), request, work)
  }

  /**
   * Logs into many runs at once, as a server does for others: each call is durable when it
   * resolves, and calls that come together are written together.
   */
  async tracking(): Promise<Tracking> {
    const { Tracking } = await import('./tracking/tracking.ts')
    return new Tracking(await this.ready())
  }

  /**
   * Runs a command and records it: what it was, how it ended, the end of its output, and all that
   * it does with mlstore.
   *
   * @throws {MlstoreError} What starting the run failed with; then the command was not started.
   */
  async exec(request: runRequests.ExecRequest): Promise<runResults.ExecResult> {
    const { exec } = await import('./runs/exec.ts')
    return exec(await this.ready(), request)
  }

  /** Everything about one run. */
  async showRun(run: string): Promise<runResults.RunDetails> {
    const { showRun } = await import('./runs/show-run.ts')
    return showRun(await this.ready(), run)
  }

  /** Params and last metrics of several runs side by side. */
  async compareRuns(runs: readonly string[]): Promise<runResults.RunComparison> {
    const { compareRuns } = await import('./runs/show-run.ts')
    return compareRuns(await this.ready(), runs)
  }

  /** The points of a metric of a run, by step; with `points` only some, peaks kept. */
  async metricHistory(request: runRequests.HistoryRequest): Promise<runResults.MetricHistory> {
    const { metricHistory } = await import('./runs/metric-history.ts')
    return metricHistory(this.known(), request)
  }

  /** Removes runs, until they are restored. */
  async removeRuns(
    runs: readonly string[],
    options?: { readonly reason?: string | undefined },
  ): Promise<runResults.RunSummary[]> {
    const { removeRuns } = await import('./runs/remove-runs.ts')
    return removeRuns(await this.ready(), runs, options)
  }

  /** Takes the removal of runs back. */
  async restoreRuns(runs: readonly string[]): Promise<runResults.RunSummary[]> {
    const { restoreRuns } = await import('./runs/remove-runs.ts')
    return restoreRuns(await this.ready(), runs)
  }

  /** Files of a run so far, sealed or not, by path. */
  async listRunFiles(run: string): Promise<runResults.RunFile[]> {
    const { listRunFiles } = await import('./runs/run-files.ts')
    return listRunFiles(this.known(), run)
  }

  /** Bytes of one file of a run, sealed or not, verified; fetched when they are not here. */
  async *readRunFile(run: string, path: string): AsyncGenerator<Uint8Array> {
    const { readRunFile } = await import('./runs/run-files.ts')
    yield* readRunFile(await this.ready(), run, path)
  }

  // --- experiments ----------------------------------------------------------------------------

  /** Experiments by name, with their number of runs. */
  async listExperiments(
    request?: runRequests.ListExperimentsRequest,
  ): Promise<runResults.ExperimentListing[]> {
    const { listExperiments } = await import('./runs/experiments.ts')
    return listExperiments(this.known(), request)
  }

  /** Makes an experiment; `startRun` does so by itself. */
  async createExperiment(name: string): Promise<runResults.ExperimentListing> {
    const { createExperiment } = await import('./runs/experiments.ts')
    return createExperiment(await this.ready(), name)
  }

  /** Gives an experiment, by name or id, another name. */
  async renameExperiment(experiment: string, name: string): Promise<runResults.ExperimentListing> {
    const { renameExperiment } = await import('./runs/experiments.ts')
    return renameExperiment(await this.ready(), experiment, name)
  }

  /** Removes an experiment with its runs, until it is restored. */
  async removeExperiment(
    experiment: string,
    options?: { readonly reason?: string | undefined },
  ): Promise<runResults.ExperimentListing> {
    const { removeExperiment } = await import('./runs/experiments.ts')
    return removeExperiment(await this.ready(), experiment, options)
  }

  /** Takes the removal of an experiment back. */
  async restoreExperiment(experiment: string): Promise<runResults.ExperimentListing> {
    const { restoreExperiment } = await import('./runs/experiments.ts')
    return restoreExperiment(await this.ready(), experiment)
  }

  // --- search ---------------------------------------------------------------------------------

  /** Runs that match a query such as `metrics.acc > 0.9 and params.optimizer = 'adam'`. */
  async searchRuns(request?: runRequests.ListRunsRequest): Promise<runResults.RunPage> {
    const { searchRuns } = await import('./runs/search-runs.ts')
    return searchRuns(await this.ready(), request)
  }

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

  // --- model cards ----------------------------------------------------------------------------

  /**
   * The card at `model/model_card` of a version, and what is wrong with it.
   *
   * @throws {MlstoreError} `NOT_FOUND` if the version has none.
   */
  async showCard(reference: string): Promise<cards.CardResult> {
    const { showCard } = await import('./cards/show-card.ts')
    return showCard(await this.ready(), reference)
  }

  /**
   * Makes a version with another card, which shares all other bytes with the one that is named.
   *
   * Aliases and tags stay where they are. A version that has just this card is left as it is.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` with everything that is wrong in `details.problems`.
   */
  async setCard(request: cards.SetCardRequest): Promise<cards.SetCardResult> {
    const { setCard } = await import('./cards/set-card.ts')
    return setCard(await this.ready(), request)
  }

  /** What a readable card tells: `renderCard` makes Markdown or a page of it. */
  async cardFacts(reference: string): Promise<cards.CardFacts> {
    const { cardFacts } = await import('./cards/card-facts.ts')
    return cardFacts(await this.ready(), reference)
  }

  // --- registry -------------------------------------------------------------------------------

  /** Versions of the same artifact that are older, newest first; by default the one before. */
  async previousVersions(
    reference: string,
    request?: registryRequests.PreviousVersionsRequest,
  ): Promise<results.VersionSummary[]> {
    const { previousVersions } = await import('./registry/previous-versions.ts')
    return previousVersions(this.known(), reference, request)
  }

  /** The version that is deployed, by the alias or the stage `name`, and who moved it when. */
  async deployed(
    artifact: string,
    options?: { readonly name?: string | undefined },
  ): Promise<registry.DeployedResult> {
    const { deployed } = await import('./registry/deployed.ts')
    return deployed(this.known(), artifact, options)
  }

  /** The newest version of a type that was made of a version, or that it was made of. */
  async latestRelated(
    reference: string,
    type: string,
    options?: { readonly direction?: 'up' | 'down' | undefined },
  ): Promise<registry.RelatedResult | null> {
    const { latestRelated } = await import('./registry/latest-related.ts')
    return latestRelated(this.known(), reference, type, options)
  }

  /** Finds the run that did best by a metric, or takes the one named, and records it. */
  async chooseWinner(
    reference: string,
    request: registryRequests.ChooseWinnerRequest,
  ): Promise<registry.WinnerResult> {
    const { chooseWinner } = await import('./registry/winner.ts')
    return chooseWinner(await this.ready(), reference, request)
  }

  /** The winning run recorded on a version, by whom and why. */
  async winner(reference: string): Promise<registry.WinnerResult | null> {
    const { winner } = await import('./registry/winner.ts')
    return winner(await this.ready(), reference)
  }

  /** Versions that a run made, newest first. */
  async versionsOfRun(run: string): Promise<registry.MadeVersion[]> {
    const { versionsOfRun } = await import('./registry/versions-of-run.ts')
    return versionsOfRun(this.known(), run)
  }

  // --- model versions -------------------------------------------------------------------------

  /**
   * Opens a model version to add attributes to it: a new one with the next number of its model, or
   * with `id` one that is being made or was sealed; with `readOnly` only to look at it.
   *
   * @throws {MlstoreError} `NOT_FOUND`; `REFUSED` if it is being made in another store.
   */
  async openModelVersion(request: ModelVersionRequest): Promise<ModelVersionDraft> {
    const { openModelVersion } = await import('./model-versions/open.ts')
    return openModelVersion(await this.ready(), request)
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

  /** What has a number; `NOT_FOUND` if nothing has. */
  async byNumber(series: string, number: number): Promise<NumberedSubject> {
    const { byNumber } = await import('./numbers.ts')
    return byNumber(this.known(), series, number)
  }
}
