/**
 * What a model version is called: by the registry it comes from, and here.
 *
 * There it is number 101 of the model `TES-TEST` in the project `onclusive/test`: `TES-TEST-101`.
 * Here it is the version with that label of the artifact `model/onclusive/test/TES-TEST`. Each part
 * is a segment of its own, escaped where it holds what a segment cannot (foreign-names.ts), so that
 * different models never meet and every name can be read back.
 */

import { invalidArgument } from '../../errors.ts'
import { decodeForeignName, foreignArtifact, foreignKey, foreignLabel } from '../foreign-names.ts'
import { type ArtifactName, type Label, parseArtifactName } from '../names.ts'

export type ModelName = {
  readonly workspace: string
  readonly project: string
  /** `TES-TEST`. */
  readonly model: string
}

const type = 'model'

/**
 * Reads the pair a registry names a model by.
 *
 * @param project `workspace/project`.
 * @throws {MlstoreError} `INVALID_ARGUMENT` if a part is missing.
 */
export function parseModelName(project: string, model: string): ModelName {
  if (!isText(project)) throw invalidArgument('The project is missing.', 'Name it: onclusive/test.')
  if (!isText(model)) throw invalidArgument('The model is missing.', 'Name it: TES-TEST.')
  const slash = project.indexOf('/')
  const [workspace, name] = [project.slice(0, Math.max(slash, 0)), project.slice(slash + 1)]
  if (workspace === '' || name === '') {
    throw invalidArgument(
      `${JSON.stringify(project)} is no project.`,
      'Name it with its workspace: onclusive/test.',
    )
  }
  if (model === '') throw invalidArgument('The model has no name.', 'Name it: TES-TEST.')
  return { workspace, project: name, model }
}

/** Callers without types may leave out what is required. */
function isText(value: unknown): boolean {
  return typeof value === 'string'
}

export function artifactOfModel({ workspace, project, model }: ModelName): ArtifactName {
  const segments = [workspace, project, model].map((part) =>
    foreignArtifact(type, part, true).slice(type.length + 1),
  )
  return parseArtifactName([type, ...segments].join('/'))
}

/** The model of an artifact that `artifactOfModel` named; `undefined` for any other. */
export function modelOfArtifact(artifact: string): ModelName | undefined {
  const [first, workspace, project, model, ...more] = artifact.split('/')
  if (first !== type || more.length > 0) return undefined
  if (workspace === undefined || project === undefined || model === undefined) return undefined
  return {
    workspace: decodeForeignName(workspace),
    project: decodeForeignName(project),
    model: decodeForeignName(model),
  }
}

/** `TES-TEST-101`. */
export function modelVersionId({ model }: ModelName, number: number): string {
  return `${model}-${number}`
}

/** The number in an id or a label of the model; `undefined` where there is none. */
export function numberInId({ model }: ModelName, id: string): number | undefined {
  const digits = id.startsWith(`${model}-`) ? id.slice(model.length + 1) : ''
  if (!/^[1-9]\d{0,14}$/.test(digits)) return undefined
  return Number(digits)
}

/** The label of the version with this id. */
export function labelOfId(id: string): Label {
  return foreignLabel(id)
}

/** What the label of a version is the id of. */
export function idOfLabel(label: string): string {
  return decodeForeignName(label)
}

/** The series of a model's numbers, and the experiment of the runs that make its versions. */
export function seriesOfModel(artifact: ArtifactName): string {
  return foreignKey('series', artifact)
}
