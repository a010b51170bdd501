/**
 * ModelSettings: which model version is meant, and with which token, from the environment. What
 * `ModelVersion` is made with.
 *
 * Each variable may have the product's own name, that of Onclusive's later releases, or Neptune's;
 * the first that is set counts.
 */

import { type Field, optionalText, secret, text } from '../../core/model-card/field.ts'
import type { Secret } from '../../core/secret.ts'
import { systemEnvironment } from '../../store/system-environment.ts'
import { type SettingsClass, type SettingsEnvironment, settingsOf } from './settings.ts'

export type ModelSettingsTable = {
  readonly project: Field<string>
  readonly model: Field<string>
  readonly token: Field<Secret | undefined>
  readonly withId: Field<string | undefined>
}

const modelSettingsFields: ModelSettingsTable = {
  project: text({
    variables: ['MLSTORE_PROJECT', 'ONCLUSIVEML_NEPTUNE_PROJECT', 'NEPTUNE_PROJECT'],
  }),
  model: text({ variables: ['MLSTORE_MODEL', 'ONCLUSIVEML_NEPTUNE_MODEL', 'NEPTUNE_MODEL_ID'] }),
  token: secret({
    variables: ['MLSTORE_TOKEN', 'ONCLUSIVEML_NEPTUNE_API_TOKEN', 'NEPTUNE_API_TOKEN'],
  }),
  withId: optionalText({
    variables: ['MLSTORE_WITH_ID', 'ONCLUSIVEML_NEPTUNE_WITH_ID', 'NEPTUNE_WITH_ID'],
  }),
}

const ModelSettingsFields: SettingsClass<ModelSettingsTable> = settingsOf(modelSettingsFields)

/**
 * `project` and `model` must be there. Printing, JSON, errors and clones do not have the token;
 * `settings.token?.reveal()` does.
 */
export class ModelSettings extends ModelSettingsFields {
  /** For templates and logs. */
  override toString(): string {
    return JSON.stringify(this)
  }
}

/**
 * Reads the settings from the environment alone.
 *
 * @param environment Default: that of the process.
 * @throws {MlstoreError} `INVALID_ARGUMENT`, with the names of all variables that are missing in
 * `details.missing`.
 */
export function modelSettings(
  environment: SettingsEnvironment = systemEnvironment(),
): ModelSettings {
  return new ModelSettings({}, environment)
}
