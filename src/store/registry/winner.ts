/**
 * Which run of many a version stands for: the winner of an experiment.
 *
 * It is recorded on the version, as the one tag `winner`, so that of two people who choose at the
 * same time one is right as a whole; events of tags say who chose and when.
 */

import assert from 'node:assert/strict'

import { isJsonObject, type JsonObject } from '../../core/canonical-json.ts'
import { parseKnownJson } from '../../core/events/known-json.ts'
import { parseReference } from '../../core/reference.ts'
import { isMlstoreError } from '../../errors.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import type { StoreParts } from '../parts.ts'
import { resolveAnyVersion, resolveVersion } from '../resolve.ts'
import { runSummaries } from '../runs/run-summaries.ts'
import { setTags } from '../tag.ts'
import { type BestRun, bestRun } from './best-run.ts'
import type { ChooseWinnerRequest } from './requests.ts'
import type { Goal, WinnerResult } from './results.ts'

type Parts = Pick<StoreParts, 'catalog' | 'identity' | 'machine'>

const winnerTag = 'winner'

/**
 * Finds the best run by a metric, or takes the one that is named, and records it on the version.
 *
 * @throws {MlstoreError} `NOT_FOUND` if no run has a number for the metric; `INVALID_ARGUMENT` if
 * neither metric nor run is given, or nothing says which runs to choose from.
 */
export async function chooseWinner(
  parts: StoreParts,
  reference: string,
  request: ChooseWinnerRequest,
): Promise<WinnerResult> {
  const version = resolveVersion(parts, reference)
  const { reason } = request
  const best = bestRun(parts, version, request)
  const text = choiceText({ ...best, ...(reason !== undefined && { reason }) })
  await setTags(parts, `${version.artifact}@${version.id}`, { [winnerTag]: text })
  const recorded = lastChoice(parts, version)
  assert(recorded !== undefined, 'the tag was set')
  return resultOf(parts, version, recorded)
}

/** The winner recorded on a version, by whom and why; `null` if none is. */
export function winner(parts: Parts, reference: string): WinnerResult | null {
  const version = resolveAnyVersion(parts, parseReference(reference))
  const choice = lastChoice(parts, version)
  return choice === undefined || choice.value === null ? null : resultOf(parts, version, choice)
}

type RecordedChoice = BestRun & { readonly reason?: string }

/** A setting of the tag. */
type Choice = { readonly value: string | null; readonly at: string; readonly by: string }

function lastChoice({ catalog }: Pick<Parts, 'catalog'>, { id }: VersionRow): Choice | undefined {
  return catalog.tags.history({ kind: 'version', version: id }, winnerTag)[0]
}

function resultOf(parts: Parts, version: VersionRow, { value, at, by }: Choice): WinnerResult {
  const choice = choiceOf(value ?? '')
  const run = textOf(choice, 'run') ?? ''
  const row = parts.catalog.runs.get(run)
  const [summary] = row === undefined ? [] : runSummaries(parts, [row])
  const { goal, value: measured } = choice
  return {
    artifact: version.artifact,
    digest: version.id,
    run,
    summary: summary ?? null,
    metric: textOf(choice, 'metric'),
    goal: isGoal(goal) ? goal : null,
    value: measured === undefined ? null : Number(measured),
    reason: textOf(choice, 'reason'),
    at,
    by,
  }
}

/** As JSON, for those who read tags; JSON has no infinities and no NaN, so they are texts. */
function choiceText({ run, metric, goal, value, reason }: RecordedChoice): string {
  const number = Number.isFinite(value) || value === undefined ? value : String(value)
  return JSON.stringify({ run, metric, goal, value: number, reason })
}

/** People may set the tag themselves: what is no choice of ours is the run's id. */
function choiceOf(text: string): JsonObject {
  try {
    const value = parseKnownJson(text, 'the tag winner')
    if (isJsonObject(value)) return value
  } catch (error) {
    if (!isMlstoreError(error)) throw error
  }
  return { run: text }
}

function textOf(choice: JsonObject, field: string): string | null {
  const value = choice[field]
  return typeof value === 'string' ? value : null
}

function isGoal(value: unknown): value is Goal {
  return value === 'max' || value === 'min'
}
