/**
 * What both layouts of MLflow say, put into the shape of `foreign-run.ts`.
 *
 * Tags that MLflow writes itself say more about a run than its own fields: the parent, the
 * program, the commit. They stay tags, too.
 */

import { type RunStatus, runStatuses } from '../../core/runs/run-status.ts'
import type {
  ForeignFile,
  ForeignGit,
  ForeignModel,
  ForeignRun,
  ForeignSeries,
  Texts,
} from '../foreign-run.ts'
import { distinct, localPath, movedPlaces, type PlaceRules, runFolders } from './places.ts'

/** Where the data sets of a run are listed: MLflow knows their names and not their bytes. */
const datasetsPath = 'mlflow/datasets.json'

/** A version that was deleted keeps its number, and nothing else. */
export const removedStage = 'Deleted_Internal'

const noteKey = 'mlflow.note.content'

export type DatasetInput = {
  readonly name: string | undefined
  readonly digest: string | undefined
  readonly sourceType: string | undefined
  readonly source: string | undefined
  readonly schema: string | undefined
  readonly profile: string | undefined
  readonly tags: Readonly<Record<string, string>>
}

export type RunFacts = {
  readonly id: string
  readonly experiment: string
  readonly name: string | undefined
  readonly status: RunStatus
  readonly startTime: number | undefined
  readonly endTime: number | undefined
  readonly user: string | undefined
  readonly isRemoved: boolean
  readonly place: string | undefined
  readonly params: Texts
  readonly tags: Texts
  readonly datasets: readonly DatasetInput[]
  readonly modelInputs: readonly string[]
  /** Folders that may hold the files if the place is gone. */
  readonly beside: readonly string[]
  readonly series: () => Iterable<ForeignSeries>
}

export function mlflowRun(facts: RunFacts, rules: PlaceRules): ForeignRun {
  const { id, experiment, tags, place, user } = facts
  const { params, isRemoved, status, series, modelInputs } = facts
  const named = [tags.get('mlflow.runName'), facts.name].find((name) => name)
  return {
    id,
    experiment,
    name: named ?? id.slice(0, 8),
    status,
    startedAt: facts.startTime ?? 0,
    endedAt: facts.endTime ?? null,
    parent: tags.get('mlflow.parentRunId'),
    source: tags.get('mlflow.source.name'),
    git: gitOf(tags),
    params,
    tags: user && !tags.has('mlflow.user') ? new Map([...tags, ['mlflow.user', user]]) : tags,
    isRemoved,
    folders: runFolders({ id, experiment, place }, rules, facts.beside),
    place,
    files: datasetFiles(facts.datasets),
    series,
    modelInputs,
  }
}

/** MLflow's file store numbers them, its database names them. */
export function statusOf(text: string | undefined): RunStatus {
  const numbered = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const
  const name = numbered[Number(text) - 1] ?? text
  return runStatuses.find((status) => status === name) ?? 'RUNNING'
}

export function modelStatusName(number: string | undefined): string | undefined {
  const names = ['UNSPECIFIED', 'PENDING', 'READY', 'FAILED']
  return number === undefined ? undefined : (names[Number(number)] ?? number)
}

function gitOf(tags: Texts): ForeignGit | undefined {
  const commit = tags.get('mlflow.source.git.commit')
  if (!commit) return undefined
  const branch = tags.get('mlflow.source.git.branch')
  return { commit, branch, remote: tags.get('mlflow.source.git.repoURL') }
}

function datasetFiles(datasets: readonly DatasetInput[]): ForeignFile[] {
  if (datasets.length === 0) return []
  return [{ path: datasetsPath, text: `${JSON.stringify(datasets, undefined, 2)}\n` }]
}

export type LoggedFacts = {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  readonly run: string | undefined
  readonly place: string
  readonly beside: readonly string[]
  readonly type: string | undefined
  readonly status: string | undefined
  readonly params: Texts
  readonly tags: Texts
  readonly metrics: ReadonlyMap<string, number>
}

/** A model that a run of MLflow 3 logged, registered or not. */
export function loggedModel(facts: LoggedFacts, rules: PlaceRules): ForeignModel {
  const { id, name, createdAt, run, place, tags, type, status } = facts
  const named = localPath(place, rules)
  return {
    id,
    kind: 'logged',
    name,
    createdAt,
    run,
    tags,
    place,
    paths: distinct([...(named === undefined ? [] : [named]), ...facts.beside]),
    facts: {
      mlflow: defined({ modelId: id, type, status }),
      params: Object.fromEntries(facts.params),
      metrics: Object.fromEntries(facts.metrics),
    },
  }
}

export type RegisteredFacts = {
  readonly name: string
  readonly number: number
  readonly createdAt: number
  readonly description: string | undefined
  readonly user: string | undefined
  readonly stage: string | undefined
  readonly source: string
  readonly storage: string | undefined
  readonly run: string | undefined
  readonly runLink: string | undefined
  readonly status: string | undefined
  readonly tags: Texts
  /** The logged model that it is. */
  readonly logged: ForeignModel | undefined
  readonly runFolder: (run: string) => Pick<ForeignRun, 'place' | 'folders'> | undefined
}

export function registeredModel(facts: RegisteredFacts, rules: PlaceRules): ForeignModel {
  const { name, number, createdAt, tags, source, logged, status, runLink, user } = facts
  const run = facts.run === '' ? undefined : facts.run
  const isStaged = facts.stage !== undefined && facts.stage !== '' && facts.stage !== 'None'
  return {
    id: `${name}/${number}`,
    kind: 'registered',
    name,
    number,
    createdAt,
    run,
    tags: modelNameTags(tags, facts.description),
    stage: isStaged ? facts.stage : undefined,
    place: source,
    paths: logged?.paths ?? registeredPaths(facts, rules),
    facts: {
      mlflow: defined({
        name,
        version: number,
        source,
        status,
        runLink,
        user,
        modelId: logged?.id,
      }),
    },
  }
}

/** The tags with the description, which MLflow keeps apart, among them. */
export function modelNameTags(tags: Texts, description: string | undefined): Texts {
  return description ? new Map([...tags, [noteKey, description]]) : tags
}

function registeredPaths(facts: RegisteredFacts, rules: PlaceRules): string[] {
  const { source, storage, run } = facts
  const places = [source, ...(storage === undefined ? [] : [storage])]
  const whole = run === undefined ? undefined : facts.runFolder(run)
  const named = places.flatMap((place) => {
    const [, inRun, path = ''] = /^runs:\/([^/]+)\/?(.*)$/.exec(place) ?? []
    if (inRun !== undefined) {
      return (facts.runFolder(inRun)?.folders ?? []).map((folder) => `${folder}/${path}`)
    }
    if (place.startsWith('models:')) return []
    return localPath(place, rules) ?? []
  })
  const moved = whole === undefined ? [] : places.flatMap((place) => movedPlaces(place, whole))
  return distinct([...named, ...moved])
}

function defined(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined && value !== ''),
  )
}
