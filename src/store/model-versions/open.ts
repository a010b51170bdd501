/** Opening a model version: a new one, one that is being made, or one that was sealed. */

import { artifactOfModel, modelVersionId, parseModelName } from '../../core/model-versions/names.ts'
import { MlstoreError, notFound } from '../../errors.ts'
import type { RunRow } from '../../catalog/runs/run-table.ts'
import type { StoreParts } from '../parts.ts'
import { Run } from '../runs/run.ts'
import { applyDraft, Attributes, attributesOf } from './attributes.ts'
import { ModelVersionDraft } from './model-version-draft.ts'
import type { ModelVersionRequest } from './requests.ts'
import {
  beginSuccessor,
  beginVersion,
  idOfRun,
  type ModelParts,
  ownSession,
  sealedSessions,
  sessionWithNumber,
} from './sessions.ts'
import { successorsOf } from './successors.ts'

/** See `Store.openModelVersion`. */
export async function openModelVersion(
  parts: StoreParts,
  { project, model, id, readOnly = false }: ModelVersionRequest,
): Promise<ModelVersionDraft> {
  const name = parseModelName(project, model)
  const of: ModelParts = { name, artifact: artifactOfModel(name) }
  if (id !== undefined) return openKnown(parts, of, { id, readOnly })
  if (readOnly) {
    throw new MlstoreError('INVALID_ARGUMENT', 'A new model version cannot be read-only.', {
      hint: `Name the one to look at: ${modelVersionId(name, 101)}.`,
    })
  }
  const run = await beginVersion(parts, of)
  const begin = sessionIn(parts, run)
  return new ModelVersionDraft(parts, {
    of,
    id: idOfRun(run),
    attributes: new Attributes(),
    begin,
  })
}

type Known = { readonly id: string; readonly readOnly: boolean }

async function openKnown(
  parts: StoreParts,
  of: ModelParts,
  { id, readOnly }: Known,
): Promise<ModelVersionDraft> {
  if (!readOnly) await endSealedSessions(parts, of, id)
  const successors = successorsOf(parts, of.artifact, id)
  const [head] = successors?.heads ?? []
  const own = ownSession(parts, of, id)
  if (successors === undefined || head === undefined)
    return openUnsealed(parts, of, { id, readOnly })
  const attributes = await attributesOf(parts, successors, head)
  if (own !== undefined) applyDraft(attributes, parts.catalog.runFiles.said(own.id))
  const beginAnother = async (): Promise<Run> => runIn(parts, await beginSuccessor(parts, of, id))
  const begin = own === undefined ? beginAnother : sessionIn(parts, own)
  return new ModelVersionDraft(parts, { of, id, attributes, begin: readOnly ? undefined : begin })
}

/** One that is being made, here or elsewhere. */
function openUnsealed(
  parts: StoreParts,
  of: ModelParts,
  { id, readOnly }: Known,
): ModelVersionDraft {
  const own = ownSession(parts, of, id)
  const session = own ?? sessionWithNumber(parts, of, id)
  if (session === undefined) throw unknownVersion(of, id)
  if (own === undefined && !readOnly) throw madeElsewhere(session, id)
  const attributes = new Attributes()
  applyDraft(attributes, parts.catalog.runFiles.said(session.id))
  const begin = readOnly ? undefined : sessionIn(parts, session)
  return new ModelVersionDraft(parts, { of, id: idOfRun(session), attributes, begin })
}

/** A process may have died after it made the version and before it ended the run. */
async function endSealedSessions(parts: StoreParts, of: ModelParts, id: string): Promise<void> {
  for (const session of sealedSessions(parts, of, id)) await runIn(parts, session).end('FINISHED')
}

function sessionIn(parts: StoreParts, session: RunRow): () => Promise<Run> {
  return () => Promise.resolve(runIn(parts, session))
}

function runIn(parts: StoreParts, session: RunRow): Run {
  return new Run(parts, session, { endsWithScope: false })
}

function unknownVersion({ artifact }: ModelParts, id: string): MlstoreError {
  return notFound(
    `There is no model version ${JSON.stringify(id)} of ${artifact} here.`,
    `\`mlstore log ${artifact}\` lists those there are; \`mlstore fetch\` learns of a remote's.`,
  )
}

function madeElsewhere({ by }: RunRow, id: string): MlstoreError {
  return new MlstoreError('REFUSED', `${id} is being made by ${by}, in another store.`, {
    hint: 'Add to it when it was sealed and pushed there.',
  })
}
