/**
 * ModelTrainers: how trainers of models, and transformers of their data, are kept and come back.
 *
 * A tracker cannot know the classes of a program. So a program registers each by the name that is
 * recorded with an experiment, with a function that writes what makes up such an object and one that
 * makes the object of it again.
 */

import type { JsonObject } from '../../core/canonical-json.ts'
import { invalidArgument, notFound } from '../../errors.ts'

/** What was kept of an object. */
export type SavedPart = {
  /** What `save` returned; `{}` if nothing is recorded. */
  readonly config: JsonObject
  /**
   * Folder with the files that `save` wrote, which is gone when `load` is done; `null`: it wrote
   * none, or another program kept the object elsewhere.
   */
  readonly folder: string | null
}

export type SavedTrainer = SavedPart & {
  /** The fitted model. */
  readonly model: unknown
  /** The restored transformer of its data; `null` if it has none. */
  readonly transformer: unknown
  /** A trainer like the one wanted, from the caller of `loadModel`. */
  readonly reference: unknown
  readonly pipelineConfig: JsonObject
}

export type TransformerFunctions<Transformer> = {
  /** Writes files into an empty folder, if it needs any, and returns the config. */
  save(transformer: Transformer, folder: string): JsonObject | Promise<JsonObject>
  load(saved: SavedPart): Transformer | Promise<Transformer>
}

export type TrainerFunctions<Trainer> = {
  /** Writes files into an empty folder, if it needs any, and returns the config. */
  save(trainer: Trainer, folder: string): JsonObject | Promise<JsonObject>
  load(saved: SavedTrainer): Trainer | Promise<Trainer>
}

export class ModelTrainers {
  readonly #trainers = new Map<string, TrainerFunctions<unknown>>()
  readonly #transformers = new Map<string, TransformerFunctions<unknown>>()

  /** @throws {MlstoreError} `INVALID_ARGUMENT` if the name is taken. */
  registerTrainer<Trainer>(name: string, functions: TrainerFunctions<Trainer>): this {
    add(this.#trainers, 'trainer', name, functions)
    return this
  }

  /** @throws {MlstoreError} `INVALID_ARGUMENT` if the name is taken. */
  registerTransformer<Transformer>(
    name: string,
    functions: TransformerFunctions<Transformer>,
  ): this {
    add(this.#transformers, 'transformer', name, functions)
    return this
  }

  /** @throws {MlstoreError} `NOT_FOUND` */
  trainer(name: string): TrainerFunctions<unknown> {
    return one(this.#trainers, 'trainer', name)
  }

  /** @throws {MlstoreError} `NOT_FOUND` */
  transformer(name: string): TransformerFunctions<unknown> {
    return one(this.#transformers, 'transformer', name)
  }
}

function add<Functions>(
  all: Map<string, Functions>,
  kind: string,
  name: string,
  functions: Functions,
): void {
  if (all.has(name)) throw invalidArgument(`A ${kind} ${JSON.stringify(name)} is registered.`)
  all.set(name, functions)
}

function one<Functions>(
  all: ReadonlyMap<string, Functions>,
  kind: string,
  name: string,
): Functions {
  const found = all.get(name)
  if (found !== undefined) return found
  const known = all.size === 0 ? 'none are' : `these are: ${[...all.keys()].join(', ')}`
  throw notFound(
    `No ${kind} ${JSON.stringify(name)} is registered; ${known}.`,
    'Register it with ModelTrainers, with functions to save and to load it.',
  )
}
