/**
 * Keeping the trainer of a model with its experiment, and restoring it.
 *
 * On the experiment stand the tags `model_trainer` and `feature_transformer` with the names, their
 * configs as metadata, and their files as artifacts of the same ids. lolpop's pipelines put names and
 * configs on the model version instead, with `winning_experiment_` before them: those come first.
 */

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { isJsonObject, type JsonObject } from '../../core/canonical-json.ts'
import { isMlstoreError, type MlstoreError, notFound } from '../../errors.ts'
import type { MetadataTracker, Resource, TrainerParts } from './metadata-tracker.ts'
import type { ModelTrainers, SavedPart } from './model-trainers.ts'

const trainerPart = 'model_trainer'
const transformerPart = 'feature_transformer'

type Part = typeof trainerPart | typeof transformerPart

type Tracker = Pick<
  MetadataTracker,
  'getArtifact' | 'getMetadata' | 'getTag' | 'logArtifact' | 'logMetadata' | 'logTag'
>

export type TrainerWork = { readonly tracker: Tracker; readonly trainers: ModelTrainers }

/** What comes with a model. */
export type ModelToLoad = {
  readonly model: unknown
  readonly reference: unknown
  readonly pipelineConfig: JsonObject
  readonly modelVersion: Resource
  /** That produced the model; `null`: nobody recorded it. */
  readonly experiment: Resource | null
}

/** Keeps both; nothing is logged if one of them is not registered. */
export async function saveTrainer(
  { tracker, trainers }: TrainerWork,
  experiment: Resource,
  name: string,
  { trainer, transformer }: TrainerParts,
): Promise<void> {
  const functions = trainers.trainer(name)
  const ofTransformer = transformer && trainers.transformer(transformer.name)
  await inScratchFolder(async (scratch) => {
    const keep = async (part: Part, named: string, save: Save): Promise<void> => {
      const folder = join(scratch, part)
      await mkdir(folder)
      const config = await save(folder)
      if ((await readdir(folder)).length > 0) await tracker.logArtifact(experiment, part, folder)
      await tracker.logMetadata(experiment, configOf(part), config)
      await tracker.logTag(experiment, part, named)
    }
    await keep(trainerPart, name, (folder) => functions.save(trainer, folder))
    if (transformer === undefined || ofTransformer === undefined) return
    await keep(transformerPart, transformer.name, (folder) =>
      ofTransformer.save(transformer.transformer, folder),
    )
  })
}

type Save = (folder: string) => JsonObject | Promise<JsonObject>

/** @throws {MlstoreError} `NOT_FOUND` if nobody recorded which trainer it was. */
export async function loadTrainer(work: TrainerWork, model: ModelToLoad): Promise<unknown> {
  const { trainers, tracker } = work
  const name = await nameOf(tracker, model, trainerPart)
  if (name === null) throw noTrainer(model.modelVersion)
  const functions = trainers.trainer(name)
  const transformerName = await nameOf(tracker, model, transformerPart)
  const ofTransformer = transformerName === null ? null : trainers.transformer(transformerName)
  return inScratchFolder(async (scratch) => {
    const saved = await savedPart(tracker, model, trainerPart, scratch)
    const transformer =
      ofTransformer === null
        ? null
        : await ofTransformer.load(await savedPart(tracker, model, transformerPart, scratch))
    const { model: fitted, reference, pipelineConfig } = model
    return functions.load({ ...saved, model: fitted, transformer, reference, pipelineConfig })
  })
}

async function nameOf(tracker: Tracker, model: ModelToLoad, part: Part): Promise<string | null> {
  const { modelVersion, experiment } = model
  const name =
    (await tracker.getTag(modelVersion, `winning_experiment_${part}`)) ??
    (experiment && (await tracker.getTag(experiment, part)))
  // Where the Python class had none to record, it wrote so.
  return typeof name === 'string' && name !== 'None' && name !== '' ? name : null
}

async function savedPart(
  tracker: Tracker,
  { modelVersion, experiment }: ModelToLoad,
  part: Part,
  scratch: string,
): Promise<SavedPart> {
  const config =
    (await tracker.getMetadata(modelVersion, `winning_experiment_${configOf(part)}`)) ??
    (experiment && (await tracker.getMetadata(experiment, configOf(part))))
  const folder = experiment && (await filesOf(tracker, experiment, part, scratch))
  return { config: isJsonObject(config) ? config : {}, folder }
}

async function filesOf(
  tracker: Tracker,
  experiment: Resource,
  part: Part,
  directory: string,
): Promise<string | null> {
  try {
    return await tracker.getArtifact(experiment, part, { directory })
  } catch (error) {
    if (isMlstoreError(error, 'NOT_FOUND')) return null
    throw error
  }
}

function configOf(part: Part): string {
  return `${part}_config`
}

async function inScratchFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'mlstore-trainer-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function noTrainer({ id }: Resource): MlstoreError {
  return notFound(
    `Nothing says which trainer made ${id}.`,
    'Keep it with saveModelTrainer, and log the tag winning_experiment_id of the model version.',
  )
}
