/**
 * GithubActionsSpecs: the job of CI that a model was made in, after Onclusive's
 * `TrackedGithubActionsSpecs`; and ImageSpecs, the image it ran in.
 *
 * A variable that CI does not set has its own name in lower case as a placeholder, so that a card
 * made elsewhere has the same fields.
 */

import {
  githubActionsFields,
  type GithubActionsTable,
  imageFields,
  type ImageTable,
} from '../../core/model-card/card-fields.ts'
import { githubContext } from '../../core/runs/ci-context.ts'
import { systemEnvironment } from '../../store/system-environment.ts'
import { type SettingsClass, type SettingsEnvironment, settingsOf } from './settings.ts'

const GithubActionsFields: SettingsClass<GithubActionsTable> = settingsOf(githubActionsFields)

/** Fifteen variables, as documented; further ones where they are given, or by `everything`. */
export class GithubActionsSpecs extends GithubActionsFields {
  /**
   * Every variable that GitHub documents, some forty of them.
   *
   * The Python class knows the fifteen alone and refuses a card with more.
   *
   * @param environment Default: that of the process.
   */
  static everything(environment: SettingsEnvironment = systemEnvironment()): GithubActionsSpecs {
    return GithubActionsSpecs.fromJson(lowerCaseNames(githubContext(environment.env)))
  }
}

const ImageFields: SettingsClass<ImageTable> = settingsOf(imageFields)

/** From `DOCKER_IMAGE_NAME` and `DOCKER_IMAGE_TAG`. */
export class ImageSpecs extends ImageFields {}

function lowerCaseNames(values: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(values)
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]))
}
