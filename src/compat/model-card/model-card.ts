/**
 * ModelCard: the identity card that every model version has at `model/model_card`, after
 * Onclusive's `TrackedModelCard`. Python reads what this writes, and the other way round.
 *
 * It says what kind of model this is, which job of CI made it, and where in the same version its
 * other parts are.
 */

import type { JsonObject } from '../../core/canonical-json.ts'
import {
  modelCardFields,
  modelCardPath,
  type ModelCardTable,
  modelTestFilesFields,
  type ModelTestFilesTable,
} from '../../core/model-card/card-fields.ts'
import { type CardReference, missingReferences } from '../../core/model-card/references.ts'
import { MlstoreError } from '../../errors.ts'
import { GithubActionsSpecs } from './github-actions-specs.ts'
import { type Constructor, type GroupClasses, type SettingsClass, settingsOf } from './settings.ts'

/** What of a `ModelVersion` a card needs. */
export type CardHolder = {
  uploadConfig(config: JsonObject, attributePath: string): Promise<unknown>
  downloadConfig(attributePath: string): Promise<unknown>
  listAttributes(): Promise<readonly { readonly path: string }[]>
}

export type UploadCardOptions = {
  /** Refuses a card that refers to what the model version does not have. Default: false. */
  readonly requireReferences?: boolean | undefined
}

export type UploadedCard = {
  readonly path: string
  /** References that lead nowhere yet: upload what they mean before `stop`. */
  readonly missing: readonly CardReference[]
}

const ModelTestFilesFields: SettingsClass<ModelTestFilesTable> = settingsOf(modelTestFilesFields)

/** Where a model version has the inputs, parameters and outputs to test it with. */
export class ModelTestFiles extends ModelTestFilesFields {}

const ModelCardFields: SettingsClass<ModelCardTable> = settingsOf(modelCardFields)

export class ModelCard extends ModelCardFields {
  declare modelTestFiles: ModelTestFiles
  declare githubActionContext: GithubActionsSpecs

  static override readonly groups: GroupClasses = {
    modelTestFiles: ModelTestFiles,
    githubActionContext: GithubActionsSpecs,
  }

  /**
   * Reads the card of a model version.
   *
   * @throws {MlstoreError} `NOT_FOUND` if it has none, `INVALID_ARGUMENT` if it is not valid.
   */
  static async download<Card extends ModelCard>(
    this: Constructor<Card> & Pick<typeof ModelCard, 'fromJson'>,
    modelVersion: Pick<CardHolder, 'downloadConfig'>,
  ): Promise<Card> {
    return this.fromJson(await modelVersion.downloadConfig(modelCardPath))
  }

  /** Every field that names another attribute of the model version. */
  references(): CardReference[] {
    return this.referencesIn()
  }

  /** Those of which the model version has neither the attribute nor anything below it. */
  async missingReferences(
    modelVersion: Pick<CardHolder, 'listAttributes'>,
  ): Promise<CardReference[]> {
    const attributes = await modelVersion.listAttributes()
    return missingReferences(
      this.references(),
      attributes.map(({ path }) => path),
    )
  }

  /**
   * Puts the card where it belongs, at `model/model_card`.
   *
   * @throws {MlstoreError} `REFUSED` with `requireReferences`, the references in `details.missing`.
   */
  async upload(
    modelVersion: CardHolder,
    { requireReferences = false }: UploadCardOptions = {},
  ): Promise<UploadedCard> {
    const missing = await this.missingReferences(modelVersion)
    if (requireReferences && missing.length > 0) throw nowhere(missing)
    await modelVersion.uploadConfig(this.toJson(), modelCardPath)
    return { path: modelCardPath, missing }
  }
}

function nowhere(missing: readonly CardReference[]): MlstoreError {
  const list = missing.map(({ field, path }) => `${field} is ${path}`).join(', ')
  return new MlstoreError('REFUSED', `The card refers to what is not there: ${list}.`, {
    hint: 'Upload those first, or give the card their right paths.',
    details: { missing },
  })
}
