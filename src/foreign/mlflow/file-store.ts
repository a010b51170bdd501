/**
 * MLflow's file store: a folder `mlruns` of YAML and text files.
 *
 *   EXPERIMENT/meta.yaml, tags/KEY
 *   EXPERIMENT/RUN/meta.yaml, params/KEY, metrics/KEY, tags/KEY, inputs/ID/meta.yaml, artifacts/
 *   EXPERIMENT/datasets/ID/meta.yaml, EXPERIMENT/models/m-ID/ as a run's folder
 *   .trash/EXPERIMENT: removed experiments; models/NAME: the registry
 *
 * Keys with slashes are folders. What cannot be read is told and passed over.
 */

import { join } from 'node:path'

import { isMlstoreError, notFound } from '../../errors.ts'
import { filesBelow, isFolder, namesIn, readTextIfThere } from '../files.ts'
import type {
  ForeignExperiment,
  ForeignModel,
  ForeignModelName,
  ForeignRun,
  ForeignSeries,
  ForeignStore,
  Texts,
} from '../foreign-run.ts'
import {
  isYamlObject,
  loadYaml,
  yamlNumber,
  type YamlObject,
  type YamlReader,
  yamlText,
} from '../yaml.ts'
import { readMetricFile } from './metric-lines.ts'
import {
  type DatasetInput,
  loggedModel,
  mlflowRun,
  modelNameTags,
  modelStatusName,
  registeredModel,
  removedStage,
  type RunFacts,
  statusOf,
} from './mlflow-model.ts'
import { distinct, type PlaceRules } from './places.ts'

const trash = '.trash'
/** Folders of a store and of an experiment that are no experiment and no run. */
const notRuns: ReadonlySet<string> = new Set(['tags', 'datasets', 'models', 'traces', trash])

/** What the folder seems to be by its content. */
export function isFileStore(folder: string): boolean {
  return experimentFolders(folder).length > 0 || namesIn(join(folder, 'models')).length > 0
}

/** @param artifacts What the server of `mlflow-artifacts:` keeps its files in. */
export async function openFileStore(folder: string, artifacts?: string): Promise<ForeignStore> {
  if (isFileStore(folder)) {
    return new FileStore(folder, await loadYaml(), { base: join(folder, '..'), artifacts })
  }
  throw notFound(
    `${folder} is no store of MLflow: no folder in it has a meta.yaml.`,
    'Name the folder `mlruns`, or the sqlite file of the tracking server.',
  )
}

class FileStore implements ForeignStore {
  readonly problems: string[] = []
  readonly #folder: string
  readonly #yaml: YamlReader
  readonly #rules: PlaceRules

  constructor(folder: string, yaml: YamlReader, rules: PlaceRules) {
    this.#folder = folder
    this.#yaml = yaml
    this.#rules = rules
  }

  *experiments(): Iterable<ForeignExperiment> {
    for (const { folder, name: id } of experimentFolders(this.#folder)) {
      const meta = this.#meta(folder)
      if (meta === undefined) continue
      yield {
        id,
        name: yamlText(meta['name']) ?? id,
        tags: textsIn(join(folder, 'tags')),
        isRemoved: yamlText(meta['lifecycle_stage']) === 'deleted',
      }
    }
  }

  *runs(): Iterable<ForeignRun> {
    for (const { folder, name: experiment } of experimentFolders(this.#folder)) {
      for (const name of namesIn(folder)) {
        if (notRuns.has(name) || !isFolder(join(folder, name))) continue
        const meta = this.#meta(join(folder, name))
        if (meta !== undefined) yield this.#run(join(folder, name), experiment, meta)
      }
    }
  }

  *models(): Iterable<ForeignModel> {
    const logged = new Map<string, ForeignModel>()
    for (const { folder } of experimentFolders(this.#folder)) {
      for (const name of namesIn(join(folder, 'models'))) {
        const model = this.#loggedModel(join(folder, 'models', name))
        if (model === undefined) continue
        logged.set(model.id, model)
        yield model
      }
    }
    for (const name of namesIn(join(this.#folder, 'models'))) {
      yield* this.#registered(join(this.#folder, 'models', name), logged)
    }
  }

  *modelNames(): Iterable<ForeignModelName> {
    for (const name of namesIn(join(this.#folder, 'models'))) {
      const folder = join(this.#folder, 'models', name)
      const meta = this.#meta(folder)
      if (meta === undefined) continue
      const tags = modelNameTags(textsIn(join(folder, 'tags')), yamlText(meta['description']))
      yield { name: yamlText(meta['name']) ?? name, tags, aliases: aliasesIn(folder, meta) }
    }
  }

  [Symbol.dispose](): void {
    // Nothing stays open.
  }

  #run(folder: string, experiment: string, meta: YamlObject): ForeignRun {
    const id = yamlText(meta['run_id']) ?? yamlText(meta['run_uuid']) ?? ''
    const inputs = this.#inputs(folder)
    const facts: RunFacts = {
      id,
      experiment,
      name: yamlText(meta['run_name']),
      status: statusOf(yamlText(meta['status'])),
      startTime: yamlNumber(meta['start_time']),
      endTime: yamlNumber(meta['end_time']),
      user: yamlText(meta['user_id']),
      isRemoved: yamlText(meta['lifecycle_stage']) === 'deleted',
      place: yamlText(meta['artifact_uri']),
      params: textsIn(join(folder, 'params')),
      tags: textsIn(join(folder, 'tags')),
      datasets: inputs.flatMap((input) => this.#dataset(join(folder, '..'), input) ?? []),
      modelInputs: inputs.flatMap((input) =>
        yamlText(input['source_type'])?.startsWith('MODEL') === true
          ? (yamlText(input['source_id']) ?? [])
          : [],
      ),
      beside: [join(folder, 'artifacts')],
      series: () => this.#series(join(folder, 'metrics')),
    }
    return mlflowRun(facts, this.#rules)
  }

  *#series(folder: string): Generator<ForeignSeries> {
    for (const key of filesBelow(folder)) {
      const batches = readMetricFile(join(folder, key), (why) => this.problems.push(why))
      for (const points of batches) yield { key, points }
    }
  }

  #inputs(folder: string): YamlObject[] {
    const inputs = join(folder, 'inputs')
    const found = namesIn(inputs).map((name) => this.#meta(join(inputs, name)))
    return found.filter((meta) => meta !== undefined)
  }

  #dataset(experiment: string, input: YamlObject): DatasetInput | undefined {
    const id = yamlText(input['source_id'])
    if (id === undefined || yamlText(input['source_type']) !== 'DATASET') return undefined
    const meta = this.#meta(join(experiment, 'datasets', id))
    if (meta === undefined) return undefined
    const text = (key: string): string | undefined => yamlText(meta[key])
    return {
      name: text('name'),
      digest: text('digest'),
      sourceType: text('source_type'),
      source: text('source'),
      schema: text('schema'),
      profile: text('profile'),
      tags: Object.fromEntries(textsOf(input['tags'])),
    }
  }

  #loggedModel(folder: string): ForeignModel | undefined {
    const meta = this.#meta(folder)
    const id = yamlText(meta?.['model_id'])
    if (meta === undefined || id === undefined) return undefined
    const status = yamlText(meta['status'])
    return loggedModel(
      {
        id,
        name: yamlText(meta['name']) ?? id,
        createdAt: yamlNumber(meta['creation_timestamp']) ?? 0,
        run: yamlText(meta['source_run_id']),
        place: yamlText(meta['artifact_location']) ?? '',
        beside: [join(folder, 'artifacts')],
        type: yamlText(meta['model_type']),
        status: modelStatusName(status),
        params: textsIn(join(folder, 'params')),
        tags: textsIn(join(folder, 'tags')),
        metrics: this.#lastValues(join(folder, 'metrics')),
      },
      this.#rules,
    )
  }

  /** The value that was logged last of each metric. */
  #lastValues(folder: string): Map<string, number> {
    const values = new Map<string, number>()
    for (const { key, points } of this.#series(folder)) {
      const last = points.at(-1)
      if (last !== undefined) values.set(key, last.value)
    }
    return values
  }

  *#registered(folder: string, logged: ReadonlyMap<string, ForeignModel>): Generator<ForeignModel> {
    const versions = namesIn(folder).flatMap((name) => {
      const number = Number(/^version-(\d+)$/.exec(name)?.[1])
      return Number.isSafeInteger(number) ? { number, path: join(folder, name) } : []
    })
    for (const { number, path } of versions.sort((a, b) => a.number - b.number)) {
      const meta = this.#meta(path)
      const name = yamlText(meta?.['name'])
      if (meta === undefined || name === undefined) continue
      if (yamlText(meta['current_stage']) === removedStage) continue
      const text = (key: string): string | undefined => yamlText(meta[key])
      const modelId = text('model_id')
      yield registeredModel(
        {
          name,
          number,
          createdAt: yamlNumber(meta['creation_timestamp']) ?? 0,
          description: text('description'),
          user: text('user_id'),
          stage: text('current_stage'),
          source: text('source') ?? '',
          storage: text('storage_location'),
          run: text('run_id'),
          runLink: text('run_link'),
          status: text('status'),
          tags: textsIn(join(path, 'tags')),
          logged: modelId === undefined ? undefined : logged.get(modelId),
          runFolder: (run) => this.#runPlace(run),
        },
        this.#rules,
      )
    }
  }

  /** Where the files of a run are. */
  #runPlace(run: string): Pick<ForeignRun, 'place' | 'folders'> | undefined {
    for (const { folder, name } of experimentFolders(this.#folder)) {
      const meta = this.#meta(join(folder, run))
      if (meta === undefined) continue
      return this.#run(join(folder, run), name, meta)
    }
    return undefined
  }

  #meta(folder: string): YamlObject | undefined {
    const path = join(folder, 'meta.yaml')
    const text = readTextIfThere(path)
    if (text === undefined) return undefined
    try {
      return this.#yaml(text, path)
    } catch (error) {
      if (!isMlstoreError(error, 'INVALID_ARGUMENT')) throw error
      if (!this.problems.includes(error.message)) this.problems.push(error.message)
      return undefined
    }
  }
}

/** Active experiments, then removed ones. */
function experimentFolders(store: string): { readonly folder: string; readonly name: string }[] {
  return [store, join(store, trash)].flatMap((parent) =>
    namesIn(parent)
      .filter((name) => !notRuns.has(name))
      .map((name) => ({ folder: join(parent, name), name }))
      .filter(({ folder }) => readTextIfThere(join(folder, 'meta.yaml')) !== undefined),
  )
}

/** A file a key; the text of the file is the value. */
function textsIn(folder: string): Texts {
  const read = (key: string): string => readTextIfThere(join(folder, key)) ?? ''
  return new Map(filesBelow(folder).map((key) => [key, read(key)]))
}

function textsOf(value: unknown): [string, string][] {
  if (!isYamlObject(value)) return []
  return Object.entries(value).flatMap(([key, each]) => {
    const text = yamlText(each)
    return text === undefined ? [] : [[key, text] as [string, string]]
  })
}

/** MLflow 2.3 and later keep them in files of their own too; these win. */
function aliasesIn(folder: string, meta: YamlObject): Map<string, number> {
  const listed = textsOf(meta['aliases'])
  const filed = [...textsIn(join(folder, 'aliases'))]
  const numbers = distinct([...listed, ...filed].map(([alias]) => alias)).map((alias) => {
    const text = new Map([...listed, ...filed]).get(alias) ?? ''
    return [alias, Number(text.trim())] as const
  })
  return new Map(numbers.filter(([, number]) => Number.isSafeInteger(number)))
}
