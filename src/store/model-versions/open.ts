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
  return draftOf(parts, of, { id: idOfRun(run), run, attributes: new Attributes() })
}

type Known = { readonly id: string; readonly readOnly: boolean }

async function openKnown(
  parts: StoreParts,
  of: ModelParts,
  { id, readOnly }: Known,
): Promise<ModelVersionDraft> {
  const successors = successorsOf(parts, of.artifact, id)
  const [head] = successors?.heads ?? []
  const own = ownSession(parts, of, id)
  const attributes =
    successors === undefined || head === undefined
      ? new Attributes()
      : await attributesOf(parts, successors, head)
  if (head !== undefined) {
    const session = own ?? (readOnly ? undefined : await beginSuccessor(parts, of, id))
    return draftOf(parts, of, { id, attributes, run: session, readOnly })
  }
  const session = own ?? sessionWithNumber(parts, of, id)
  if (session === undefined) throw unknownVersion(of, id)
  if (own === undefined && !readOnly) throw madeElsewhere(session, id)
  return draftOf(parts, of, { id: idOfRun(session), attributes, run: session, readOnly })
}

type Draft = {
  readonly id: string
  readonly attributes: Attributes
  readonly run: RunRow | undefined
  readonly readOnly?: boolean
}

function draftOf(
  parts: StoreParts,
  of: ModelParts,
  { id, attributes, run, readOnly = false }: Draft,
): ModelVersionDraft {
  if (run !== undefined) applyDraft(attributes, parts.catalog.runFiles.said(run.id))
  const writing =
    run === undefined || readOnly ? undefined : new Run(parts, run, { endsWithScope: false })
  return new ModelVersionDraft(parts, { of, id, attributes, run: writing })
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
