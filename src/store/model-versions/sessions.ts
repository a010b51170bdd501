/**
 * The runs in which model versions grow.
 *
 * A model version that is being made, or added to, is a run: its files are the draft, so what is
 * uploaded is durable, can be gone on with by another process, and is told of to others. The run
 * of a new version has its number, which is provisional until it is pushed.
 */

import assert from 'node:assert/strict'

import type { EventFields } from '../../core/events/event.ts'
import { foreignKey } from '../../core/foreign-names.ts'
import type { ArtifactName } from '../../core/names.ts'
import {
  idOfLabel,
  labelOfId,
  type ModelName,
  modelVersionId,
  numberInId,
  seriesOfModel,
} from '../../core/model-versions/names.ts'
import type { RunRow } from '../../catalog/runs/run-table.ts'
import { appendEvents } from '../append-events.ts'
import type { StoreParts } from '../parts.ts'
import { contextOf } from '../runs/context.ts'
import { ensureExperiment } from '../runs/experiments.ts'

/** Names the store whose draft a run is: nobody else adds to it. */
const draftTag = 'mlstore.draft'

export type ModelParts = { readonly name: ModelName; readonly artifact: ArtifactName }

/** Starts a new version, with the next number. */
export async function beginVersion(parts: StoreParts, of: ModelParts): Promise<RunRow> {
  const run = parts.ids.id()
  await appendEvents(parts, () => {
    const number = nextNumber(parts, of)
    const series = seriesOfModel(of.artifact)
    return [
      ...startEvents(parts, of, { run, id: modelVersionId(of.name, number) }),
      { type: 'number.claim', series, number, subject: subjectOf(run) },
    ]
  })
  return runRow(parts, run)
}

/** Starts adding to a version that was sealed. */
export async function beginSuccessor(
  parts: StoreParts,
  of: ModelParts,
  id: string,
): Promise<RunRow> {
  const run = parts.ids.id()
  await appendEvents(parts, () => startEvents(parts, of, { run, id }))
  return runRow(parts, run)
}

/** The run in which this store adds to a version and has not sealed it yet. */
export function ownSession(parts: StoreParts, of: ModelParts, id: string): RunRow | undefined {
  return ownSessions(parts, of, id).find((run) => !isSealed(parts, of, run.id))
}

/** Those of which this store made a version, and that were not ended. */
export function sealedSessions(parts: StoreParts, of: ModelParts, id: string): RunRow[] {
  return ownSessions(parts, of, id).filter((run) => isSealed(parts, of, run.id))
}

function ownSessions({ catalog, storeId }: StoreParts, of: ModelParts, id: string): RunRow[] {
  return catalog.runs
    .named(runNameOf(id))
    .filter((run) => run.experimentName === seriesOfModel(of.artifact) && run.status === 'RUNNING')
    .filter((run) => catalog.tags.of({ kind: 'run', run: run.id }).get(draftTag) === storeId)
}

/** The run that has the number of an id, whoever started it. */
export function sessionWithNumber(
  parts: StoreParts,
  of: ModelParts,
  id: string,
): RunRow | undefined {
  const number = numberInId(of.name, id)
  if (number === undefined) return undefined
  const owner = parts.catalog.numbers.owner(seriesOfModel(of.artifact), number)
  return owner?.subject.startsWith('run:') === true
    ? parts.catalog.runs.get(owner.subject.slice('run:'.length))
    : undefined
}

/**
 * The id that the run's version can have: another one if somebody else has its number, or its
 * label, by now. Durable when it resolves.
 *
 * @param isTaken A remote said that the label is somebody else's. Default: what is known here.
 */
export async function settleNumber(
  parts: StoreParts,
  of: ModelParts,
  run: string,
  isTaken = false,
): Promise<string> {
  const series = seriesOfModel(of.artifact)
  const subject = subjectOf(run)
  await appendEvents(parts, () => {
    const claim = lastClaim(parts, run)
    // A run that adds to a version has no number of its own.
    if (claim === undefined) return []
    const id = modelVersionId(of.name, claim.number)
    const isOurs = parts.catalog.numbers.owner(series, claim.number)?.subject === subject
    if (!isTaken && isOurs && isFreeFor(parts, of, run, id)) return renamed(parts, run, id)
    const number = nextNumber(parts, of)
    return [
      { type: 'number.claim', series, number, subject, over: claim.id },
      ...renamed(parts, run, modelVersionId(of.name, number)),
    ]
  })
  return idOfRun(runRow(parts, run))
}

/** The id of the version that is made in a run. */
export function idOfRun({ name }: RunRow): string {
  return idOfLabel(name)
}

function renamed({ catalog }: StoreParts, run: string, id: string): EventFields[] {
  const name = runNameOf(id)
  return catalog.runs.get(run)?.name === name ? [] : [{ type: 'run.update', run, name }]
}

function isFreeFor({ catalog }: StoreParts, of: ModelParts, run: string, id: string): boolean {
  return catalog.versions
    .byLabel(of.artifact, labelOfId(id))
    .every((version) => catalog.versions.get(version)?.run === run)
}

/** Above every number that was claimed, and every label that looks like one. */
function nextNumber({ catalog }: StoreParts, { name, artifact }: ModelParts): number {
  const versions = catalog.versions.list(artifact, { removed: true })
  const labels = catalog.labels.ofVersions(versions.map(({ id }) => id))
  const labelled = [...labels.values()].map((label) => numberInId(name, idOfLabel(label)) ?? 0)
  const last = labelled.reduce((highest, number) => Math.max(highest, number), 0)
  return Math.max(catalog.numbers.next(seriesOfModel(artifact)), last + 1)
}

function lastClaim(
  { catalog }: StoreParts,
  run: string,
): { readonly id: string; readonly number: number } | undefined {
  const [last] = catalog.numbers.claimsOf(subjectOf(run)).slice(-1)
  const event = last === undefined ? undefined : catalog.events.get(last)
  return event?.type === 'number.claim' ? event : undefined
}

function isSealed({ catalog }: StoreParts, { artifact }: ModelParts, run: string): boolean {
  return catalog.versions.byRun(run).some((version) => version.artifact === artifact)
}

function startEvents(
  parts: StoreParts,
  { artifact }: ModelParts,
  { run, id }: { readonly run: string; readonly id: string },
): EventFields[] {
  const experiment = ensureExperiment(parts, seriesOfModel(artifact))
  return [
    ...experiment.events,
    {
      type: 'run.start',
      run,
      experiment: experiment.id,
      name: runNameOf(id),
      startedAt: parts.clock.now().toISOString(),
      context: contextOf(parts, { detached: false }),
    },
    { type: 'tag.set', target: subjectOf(run), key: draftTag, value: parts.storeId },
  ]
}

function runNameOf(id: string): string {
  return foreignKey('run', id)
}

function subjectOf(run: string): string {
  return `run:${run}`
}

function runRow({ catalog }: StoreParts, run: string): RunRow {
  const row = catalog.runs.get(run)
  assert(row !== undefined, 'the run has started')
  return row
}
