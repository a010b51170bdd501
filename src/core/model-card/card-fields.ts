/**
 * The documented fields of a model card, of what it says about CI, and of an image.
 *
 * Names, order and fallbacks are those of Onclusive's `TrackedModelCard` and its companions, which
 * refuse what they do not know: a card that has only their fields is one that they read.
 */

import { githubVariables } from '../runs/ci-context.ts'
import {
  attributePath,
  choice,
  type Field,
  type FieldTable,
  group,
  type Group,
  optionalText,
  text,
} from './field.ts'
import { camelCase } from './field-names.ts'

/** Where every model version has its card. */
export const modelCardPath = 'model/model_card'

const modelTypes = ['base', 'trained', 'compiled'] as const
export type ModelType = (typeof modelTypes)[number]

export type ModelTestFilesTable = {
  readonly inputs: Field<string>
  readonly inferenceParams: Field<string>
  readonly predictions: Field<string>
}

export const modelTestFilesFields: ModelTestFilesTable = {
  inputs: attributePath({ fallback: 'model/test_files/inputs' }),
  inferenceParams: attributePath({ fallback: 'model/test_files/inference_params' }),
  predictions: attributePath({ fallback: 'model/test_files/predictions' }),
}

/** Those that are always there. */
const githubSpecs = [
  'github_repository',
  'github_actor',
  'github_env',
  'github_workflow',
  'github_job',
  'github_ref',
  'github_base_ref',
  'github_head_ref',
  'github_sha',
  'github_event_name',
  'github_run_id',
  'github_run_number',
  'runner_arch',
  'runner_name',
  'runner_os',
] as const

type CamelCase<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name

type GithubSpec = (typeof githubSpecs)[number]
type GithubExtra = Exclude<Lowercase<(typeof githubVariables)[number]>, GithubSpec>

/** Fifteen texts that are always there, and every other documented variable of GitHub. */
export type GithubActionsTable = {
  readonly [Name in GithubSpec as CamelCase<Name>]: Field<string>
} & {
  readonly [Name in GithubExtra as CamelCase<Name>]: Field<string | undefined>
}

/**
 * The fifteen have their own names as placeholders where CI does not set them. The others are there
 * where they are asked for (`GithubActionsSpecs.everything`), as Python would refuse a card with
 * them.
 */
export const githubActionsFields: GithubActionsTable = githubTable()

function githubTable(): GithubActionsTable {
  const specs = githubSpecs.map((name) => [camelCase(name), text({ fallback: name })] as const)
  const extras = githubVariables.map((variable) => {
    return [camelCase(variable.toLowerCase()), optionalText({ variables: [] })] as const
  })
  const table: FieldTable = Object.fromEntries([...specs, ...withoutAll(extras, specs)])
  if (isGithubTable(table)) return table
  throw new TypeError('the table of GitHub variables is not complete')
}

type Named = readonly [name: string, field: Field]

function withoutAll(extras: readonly Named[], specs: readonly Named[]): readonly Named[] {
  const known = new Set(specs.map(([name]) => name))
  return extras.filter(([name]) => !known.has(name))
}

/** A guard gives the table its type without a cast. */
function isGithubTable(table: FieldTable): table is GithubActionsTable {
  const names = [...githubSpecs, ...githubVariables]
  return names.every((name) => table[camelCase(name.toLowerCase())]?.kind === 'field')
}

export type ImageTable = {
  readonly dockerImageName: Field<string>
  readonly dockerImageTag: Field<string>
}

export const imageFields: ImageTable = {
  dockerImageName: text({ fallback: 'image_name' }),
  dockerImageTag: text({ fallback: 'image_tag' }),
}

export type ModelCardTable = {
  readonly modelType: Field<ModelType>
  readonly modelArtifactAttributePath: Field<string>
  readonly modelTestFiles: Group<ModelTestFilesTable>
  readonly trainingDataAttributePath: Field<string>
  readonly githubActionContext: Group<GithubActionsTable>
}

export const modelCardFields: ModelCardTable = {
  modelType: choice(modelTypes),
  modelArtifactAttributePath: attributePath({ fallback: 'model/model_artifacts' }),
  modelTestFiles: group(modelTestFilesFields),
  trainingDataAttributePath: attributePath({ fallback: 'data/train' }),
  githubActionContext: group(githubActionsFields),
}
